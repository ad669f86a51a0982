import Foundation
import ProbeEvents
import TestSupport
import Testing

/// Calls that are legal or wrong, but common: the program sees what it would see without the probe.
@Suite struct StrangeCallTests {
    private static let lines = ["establish", "connect", "strange", "disconnect", "release"]

    private func withoutProbe() throws -> String {
        let workshop = try Workshop.shared
        return try Command.run(
            [workshop.client.path], environment: ["LD_LIBRARY_PATH": workshop.stub.deletingLastPathComponent().path],
            input: Self.lines.joined(separator: "\n")
        ).output
    }

    @Test func areAnsweredAsWithoutProbeAndTold() throws {
        let bench = try ShimBench()
        #expect(try bench.client(Self.lines) == withoutProbe())
        bench.stop()
        let told = bench.sink.exchanges.map { exchange in
            let result = String(exchange.resultCode, radix: 16)
            return "\(exchange.command.bytes.count) \(exchange.response.bytes.count) \(result)"
        }
        #expect(
            told == [
                "0 0 80100008",  // room for more than the library takes
                "7 2 0",  // no receive PCI
                "0 0 80100004", "0 0 80100004", "0 0 80100004", "0 0 80100004",  // a pointer is missing
                "0 2 0",  // an empty command
                "7 0 80100008",  // no room: the card was asked
                "0 0 80100008", "0 0 80100008",  // lengths of -1
                "7 2 0",  // the response over its command
                "0 0 80100003",  // no such handle
                "4 2 0",
            ])
        #expect(bench.sink.exchanges[10].command.bytes == [0x00, 0xA4, 0x00, 0x04, 0x02, 0x3F, 0x00])
        #expect(bench.sink.exchanges[10].response.bytes == [0x90, 0x00])
        #expect(bench.sink.cards.map(\.atr.bytes) == [[0x3B, 0x02, 0x14, 0x50]])
        #expect(bench.sink.droppedInAll == 0)
    }

    @Test(arguments: [
        "/nowhere/at/all", "relative", "/tmp", "/etc/passwd", "/" + String(repeating: "x", count: 200), "",
    ])
    func receiverThatIsNone(path: String) throws {
        let bench = try ShimBench(isListening: false)
        #expect(try bench.client(Self.lines, ["CARDLINK_RECEIVER": path]) == withoutProbe())
    }

    @Test func libraryThatIsMissing() throws {
        let bench = try ShimBench()
        let missing = ["CARDLINK_PCSC_LIBRARY": "/nowhere/libpcsclite.so.1"]
        // The system's own is taken, and no pcscd answers there.
        let answer = try bench.client(["establish"], missing.merging(["PCSCLITE_CSOCK_NAME": "/nowhere"]) { $1 })
        #expect(answer == "establish result=8010001D\n")
        bench.stop()
        #expect(bench.sink.operations.map(\.resultCode) == [0x8010_001D])
        #expect(bench.sink.attached.first?.library.contains("libpcsclite") == true)
    }
}
