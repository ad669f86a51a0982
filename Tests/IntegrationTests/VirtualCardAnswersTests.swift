import Foundation
import TestSupport
import Testing

/// Example cards with real clients under `run`: what it tells is what stands in the card's own log.
@Suite(.serialized) struct VirtualCardAnswersTests {
    private static func example(_ name: String) throws -> String {
        try String(contentsOfFile: "\(Files.package)/examples/cards/\(name)", encoding: .utf8)
    }

    /// Statuses of the receipts in a log, by their numbers; each stands behind the header of its user data.
    private static func receipts(_ log: CardLog) -> [String: Int] {
        log.lines.compactMap { line in
            line.response.range(of: "027100").map { String(line.response[$0.upperBound...].dropFirst(24).prefix(2)) }
        }.reduce(into: [:]) { $0[$1, default: 0] += 1 }
    }

    /// As the answer, behind GET RESPONSE of either class, as a message, for a packet in two parts, and none.
    @Test func securedPackets() throws {
        var gsm = SMSPacket(counter: 6)
        gsm.cla = "A0"
        let first = [SMSPacket(counter: 1), SMSPacket(counter: 1), SMSPacket(counter: 2)]
        let second = [SMSPacket(application: "B20100", counter: 1), SMSPacket(counter: 3, security: 0x1021)]
        let silent = SMSPacket(counter: 4, security: 0x1002)
        // With Le, so that opensc-tool fetches what waits.
        let commands =
            (first + second).map { $0.envelope + "00" } + ["801200002B", "801400000C810301130082028281830100"]
            + [silent.envelope] + SMSPacket(counter: 5).envelopes(reference: 1).map { $0 + "00" }
            + [gsm.envelope, "A0C0000013"]
        let run = try BenchRun(
            ["opensc-tool"] + commands.flatMap { ["-s", $0] }, script: try Self.example("secured-packets.yaml"),
            options: ["--summary"])
        #expect(run.command.ending == .exited(0), "\(run.command.errors)")
        run.expectEqualToOracles()
        #expect(Self.receipts(run.cardLog) == ["00": 4, "01": 1, "02": 1, "09": 1])
        let packets = try #require(run.report["secured_packets"] as? [String: Any])
        #expect(packets["packet_count"] as? Int == 8)
        #expect(
            packets["receipts"] as? [String: Int]
                == ["ok": 4, "checksum_failed": 1, "counter_low": 1, "application_unknown": 1])
        #expect(packets["receipt_p50_nanoseconds"] as? Int ?? 0 > 0)
        let line = " packets  8 over SMS   ok ×4   application unknown ×1   checksum failed ×1"
        #expect(run.command.errors.contains(line))
    }

    /// All that lpac said to the card, again, over pcscd.
    @Test func lpac() throws {
        let session = try captures("lpac.hex", separator: "|")
        let run = try BenchRun(
            ["scriptor"], script: try Self.example("euicc.yaml"), input: session.map { $0[1] + "\n" }.joined())
        #expect(run.command.ending == .exited(0), "\(run.command.errors)")
        #expect(run.cardLog.exchanges == session.map { "\($0[1]) -> \($0[2])" })
        run.expectEqualToOracles()
        #expect(run.report["command_count"] as? Int == session.count && session.count == 289)
    }
}
