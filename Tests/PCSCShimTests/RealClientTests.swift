import Foundation
import ProbeEvents
import Testing

/// Programs that nobody here wrote, on a real pcscd: the card's own log is what must have been told.
@Suite(.serialized) struct RealClientTests {
    static let programs: [[String]] = [
        ["opensc-tool", "--atr"],
        ["opensc-tool", "--send-apdu", "00A40004023F00", "--send-apdu", "00:B0:00:00:08"],
        ["scriptor"],
        ["/usr/bin/python3", Workshop.programs.appending(path: "reader.py").path],
        ["java", Workshop.programs.appending(path: "Reader.java").path],
        [
            "/usr/bin/python3", "-c",
            """
            import ctypes, subprocess
            cached = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True).stdout.splitlines()
            path = next(line.split()[-1] for line in cached if "libpcsclite.so.1 " in line)
            library, context = ctypes.CDLL(path), ctypes.c_long()
            print(path, library.SCardEstablishContext(0, None, None, ctypes.byref(context)))
            """,
        ],
    ]

    @Test(arguments: programs)
    func tellsWhatTheCardSaw(program: [String]) throws {
        let pcscd = try PrivatePCSCD()
        let bench = try ShimBench()
        let script = "00 A4 00 04 02 3F 00\n00 B0 00 00 10\n"
        let name = try #require(program.first)
        let bare = try run(name, Array(program.dropFirst()), environment: pcscd.environment, input: script)
        let seenBare = try pcscd.commands
        try Data().write(to: pcscd.cardLog)
        var environment = try bench.environment(pcscd.environment)
        environment["CARDLINK_PCSC_LIBRARY"] = nil
        let outcome = try run(name, Array(program.dropFirst()), environment: environment, input: script)
        #expect(outcome.status == bare.status && outcome.text == bare.text)
        bench.stop()
        let seen = try pcscd.commands
        #expect(seen == seenBare)
        let told = bench.sink.exchanges.map { Array($0.command.bytes.prefix(5)) }
        #expect(told.map { $0.map { String(format: "%02X", $0) }.joined() } == seen.map { String($0.prefix(10)) })
        #expect(bench.sink.operations.count { $0.operation == .establishContext } >= 1)
        #expect(bench.sink.droppedInAll == 0)
        #expect(bench.sink.attached.allSatisfy { $0.isWaitExact && $0.library.contains("libpcsclite.so.1.") })
        #expect(bench.sink.opened.count == bench.sink.closed.count)
        #expect(bench.sink.ended.allSatisfy { $0.isOrderly && $0.openSessions == 0 })
    }

    /// A pyscard program that has said its first word.
    private func reader(_ how: String, _ word: String, _ environment: [String: String]) throws -> (Process, Pipe) {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/python3")
        process.arguments = [Workshop.programs.appending(path: "reader.py").path, how]
        process.environment = environment
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        try #require(output.fileHandleForReading.read(upToCount: word.utf8.count) == Data(word.utf8))
        return (process, input)
    }

    @Test func waitForAnotherProgramsTransaction() throws {
        let pcscd = try PrivatePCSCD()
        let bench = try ShimBench()
        var environment = try bench.environment(pcscd.environment)
        environment["CARDLINK_PCSC_LIBRARY"] = nil
        let (slow, line) = try reader("slow", "here", environment)
        let (holder, _) = try reader("hold", "held", pcscd.environment)
        try line.fileHandleForWriting.write(contentsOf: Data("\n".utf8))
        slow.waitUntilExit()
        holder.waitUntilExit()
        bench.stop()
        try #require(bench.sink.exchanges.count == 2)
        let (first, second) = (bench.sink.exchanges[0], bench.sink.exchanges[1])
        // What is left of the half second, up to the end of a repeat's 100 ms.
        #expect((300_000_000..<700_000_000).contains(first.waitNanoseconds))
        #expect(second.waitNanoseconds == 0)
        for exchange in [first, second] {
            #expect(exchange.isWaitExact)
            #expect((40_000_000..<200_000_000).contains(exchange.cardNanoseconds))
        }
    }
}
