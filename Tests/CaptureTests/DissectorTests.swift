import Capture
import Foundation
import ProbeEvents
import SmartCard
import TestSupport
import Testing

/// tshark over commands of every class and instruction, as a capture has them: cut, refused, without an answer.
///
/// The dissectors of tshark 4.0 read on behind the end of AUTHENTICATE with less than a RAND of 16 bytes, and of FETCH,
/// TERMINAL RESPONSE and ENVELOPE that are no TLV; the file cannot help that.
@Suite struct DissectorTests {
    private static let faults =
        "(_ws.malformed || _ws.expert.severity >= 0x400000) && !(gsm_sim.apdu.ins in {0x12,0x14,0x88,0xC2})"
    private static let data: [UInt8] = [0x3F, 0x00, 0x11, 0x22]

    /// Every case, short and extended; the answer, where there is one, fits the case.
    private static let forms: [(lengths: [UInt8], answer: [UInt8])] = [
        ([], []), ([0x00], [1, 2, 3]), ([0x09], []), ([0x04] + data, []), ([0x04] + data + [0x00], [1, 2, 3]),
        ([0x00, 0x01, 0x00], [1, 2, 3]), ([0x00, 0x00, 0x04] + data, []), ([0x00, 0x00, 0x04] + data + [0, 0], [5]),
        ([0x08, 1, 2], []),
    ]

    private static func exchanges(_ cla: UInt8, level: Redaction.Level) -> [APDUExchange] {
        var exchanges: [APDUExchange] = []
        for ins in UInt8.min...UInt8.max {
            for (index, form) in forms.enumerated() {
                let command = [cla, ins, 0x00, 0x00] + form.lengths
                let statusWord: [UInt8] = (index + Int(ins)) % 3 == 0 ? [0x6A, 0x82] : [0x90, 0x00]
                let isRefused = statusWord[0] == 0x6A
                let response = (index + Int(ins)) % 7 == 0 ? [] : (isRefused ? [] : form.answer) + statusWord
                let kept = Redaction.kept(command: command, response: response, level: level)
                exchanges.append(exchange(hex(kept.command), hex(kept.response)))
            }
        }
        return exchanges
    }

    @Test(arguments: [0x00, 0x41, 0x80, 0x84, 0x90, 0xA0, 0xFF] as [UInt8])
    func noneIsMalformed(cla: UInt8) throws {
        let exchanges = Redaction.Level.allCases.flatMap { Self.exchanges(cla, level: $0) }
        let folder = try TemporaryFolder()
        try Data(capture(exchanges)).write(to: URL(filePath: folder.file("all.pcapng")))
        let shark = try Command.run([
            "tshark", "-r", folder.file("all.pcapng"), "-Y", Self.faults, "-T",
            "fields",
            "-e", "frame.number", "-e", "_ws.col.Info", "-e", "frame.comment",
        ])
        #expect(shark.ending == .exited(0), "\(shark.errors)")
        #expect(shark.output == "")
        let counted = try Command.run([
            "tshark", "-r", folder.file("all.pcapng"), "-Y", "!(frame.comment contains \"synthetic\")", "-T", "fields",
            "-e",
            "frame.number",
        ])
        #expect(counted.output.split(separator: "\n").count == exchanges.count)
    }
}
