import Foundation
import ProbeEvents
import TestSupport
import Testing

/// Programs that nobody here wrote, on a real pcscd: the card's own log is what must have been told.
@Suite(.serialized) struct RealClientTests {
    static let programs: [[String]] = [
        ["opensc-tool", "--atr"],
        ["opensc-tool", "--send-apdu", "00A40004023F00", "--send-apdu", "00:B0:00:00:08"],
        ["scriptor"],
        [Files.python, Files.client("select_loop.py"), "3"],
        ["java", Files.client("Card.java")],
        [
            Files.python, "-c",
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
        let virtual = try Bench()
        let bench = try ShimBench()
        let script = "00 A4 00 04 02 3F 00\n00 B0 00 00 10\n"
        let bare = try Command.run(program, environment: virtual.environment, input: script)
        let seenBare = virtual.cardLog.lines
        let environment = try bench.environment(virtual.environment, library: .system)
        let outcome = try Command.run(program, environment: environment, input: script)
        #expect(outcome.ending == bare.ending && outcome.output == bare.output && outcome.errors == bare.errors)
        bench.stop()
        let seen = virtual.cardLog.lines.dropFirst(seenBare.count).map(\.command)
        #expect(seen == seenBare.map(\.command))
        let told = bench.sink.exchanges.map { Array($0.command.bytes.prefix(5)) }
        #expect(told.map { $0.map { String(format: "%02X", $0) }.joined() } == seen.map { String($0.prefix(10)) })
        #expect(bench.sink.operations.count { $0.operation == .establishContext } >= 1)
        #expect(bench.sink.droppedInAll == 0)
        #expect(bench.sink.attached.allSatisfy { $0.isWaitExact && $0.library.contains("libpcsclite.so.1.") })
        #expect(bench.sink.opened.count == bench.sink.closed.count)
        #expect(bench.sink.ended.allSatisfy { $0.isOrderly && $0.openSessions == 0 })
    }

    /// A pyscard program that has said its first word.
    private func pyscard(_ steps: [String], _ environment: [String: String]) throws -> RunningCommand {
        let program = try RunningCommand(
            [Files.python, Files.client("transaction.py")] + steps, environment: environment, input: .kept)
        try #require(try program.readLine() == "here")
        return program
    }

    @Test func waitForAnotherProgramsTransaction() throws {
        let virtual = try Bench(script: "delay: 40\n")
        let bench = try ShimBench()
        let sender = try pyscard(["line", "send:2"], bench.environment(virtual.environment, library: .system))
        let holder = try pyscard(["hold:500"], virtual.environment)
        try #require(try holder.readLine() == "held")
        try sender.say("")
        #expect(try sender.end().ending == .exited(0))
        #expect(try holder.end().ending == .exited(0))
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
