import Foundation
import ProbeEvents
import SmartCard
import TestSupport
import Testing

/// What one SCardTransmit may cost, and what its time is made of.
@Suite struct HotPathTests {
    /// More than the 256 records after which the shim looks at its receiver.
    private static let script = "establish\nconnect\ntransmit 10 0\nhot 1000\n"

    @Test(arguments: ["", "commands", "files"])
    func noSystemCallAndNoAllocation(capture: String) throws {
        let bench = try ShimBench()
        let trace = bench.folder.file("trace")
        var environment = try bench.environment()
        environment["CARDLINK_CAPTURE"] = capture
        environment["STUB_LOG"] = nil
        let settings = environment.flatMap { ["-E", "\($0)=\($1)"] }
        let outcome = try Command.run(
            ["strace", "-f", "-o", trace] + settings + [Workshop.shared.client.path], input: Self.script)
        #expect(outcome.output.contains("hot heap=0\n"), "\(outcome.output) \(outcome.errors)")
        let calls = bench.folder.read("trace").split(separator: "\n")
        let marks = calls.indices.filter { calls[$0].contains("getppid(") }
        try #require(marks.count == 2)
        #expect(calls[(marks[0] + 1)..<marks[1]].map(String.init) == [])
        bench.stop()
        #expect(bench.sink.exchanges.count == 1_010)
    }

    @Test func sleepsOfTheLibraryAreNoTimeOfTheCard() throws {
        let bench = try ShimBench()
        // 300 ms as the library sleeps between repeats, then 20 ms as a card.
        try bench.client(["establish", "connect", "hex 00E21E14", "hex 00E20014"])
        bench.stop()
        try #require(bench.sink.exchanges.count == 2)
        let (waited, straight) = (bench.sink.exchanges[0], bench.sink.exchanges[1])
        #expect(bench.sink.attached.map(\.isWaitExact) == [true])
        #expect(waited.isWaitExact && straight.isWaitExact)
        #expect((300_000_000..<400_000_000).contains(waited.waitNanoseconds))
        #expect((20_000_000..<120_000_000).contains(waited.cardNanoseconds))
        #expect(straight.waitNanoseconds == 0)
        #expect((20_000_000..<120_000_000).contains(straight.cardNanoseconds))
    }

    @Test func lengthsAreTrueWhereBytesAreNot() throws {
        let bench = try ShimBench()
        try bench.client(["establish", "connect", "hex 00E30010", "hex 00200001083132333435363738", "hex 00E4"])
        bench.stop()
        try #require(bench.sink.exchanges.count == 3)
        let (unknown, verify, short) = (bench.sink.exchanges[0], bench.sink.exchanges[1], bench.sink.exchanges[2])
        #expect(unknown.response.bytes == Array(repeating: 0, count: 16) + [0x90, 0x00])
        #expect(verify.command.bytes == [0x00, 0x20, 0x00, 0x01, 0x08, 0, 0, 0, 0, 0, 0, 0, 0])
        #expect(verify.name.description == "VERIFY")
        #expect(verify.isCut && unknown.isCut)
        #expect(short.resultCode == 0x8010_0068)
        #expect(short.command.bytes == [0, 0])
    }
}
