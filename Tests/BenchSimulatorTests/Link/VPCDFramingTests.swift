import TestSupport
import Testing

@testable import BenchSimulator

@Suite struct VPCDFramingTests {
    static let streams: [(String, [VPCDMessage])] = [
        ("", []), ("00", []), ("0001", []), ("000100", [.powerOff]), ("000101 000102", [.powerOn, .reset]),
        ("000104", [.askATR]), ("000103", [.unknown]), ("0000", [.unknown]), ("0000 000104", [.unknown, .askATR]),
        ("0004 00A40000", [.command([0x00, 0xA4, 0x00, 0x00])]), ("0004 00A400", []),
        ("0002 0102 0001", [.command([1, 2])]),
    ]

    @Test(arguments: streams) func messages(_ stream: String, _ expected: [VPCDMessage]) {
        let stream = bytes(hexadecimal: stream) ?? []
        var whole = VPCDFraming()
        #expect(whole.received(stream) == expected)
        var single = VPCDFraming()
        #expect(stream.flatMap { single.received([$0]) } == expected)
    }

    @Test(arguments: [(0, "0000"), (1, "000101"), (256, "0100")])
    func frames(_ count: Int, _ start: String) {
        let frame = VPCDFraming.frame([UInt8](repeating: 1, count: count))
        #expect(frame.count == count + 2 && hexadecimal(frame).hasPrefix(start))
    }

    @Test func aFrameIsNeverLongerThanItsLengthSays() {
        #expect(VPCDFraming.frame([UInt8](repeating: 1, count: 70_000)).count == 65_537)
    }

    @Test func noByteOfAnyStreamIsLost() {
        var generator = SeededGenerator(seed: 2)
        for _ in 0..<randomRounds {
            let payloads = (0..<3).map { _ in generator.bytes(0...40) }
            let stream = payloads.flatMap { VPCDFraming.frame($0) }
            let cut = Int.random(in: 0...stream.count, using: &generator)
            var framing = VPCDFraming()
            let messages = framing.received(stream[..<cut]) + framing.received(stream[cut...])
            #expect(messages.count == 3)
            for case (let payload, .command(let command)) in zip(payloads, messages) { #expect(payload == command) }
            // and what is no stream at all does no harm
            _ = framing.received(generator.bytes(0...300))
        }
    }
}
