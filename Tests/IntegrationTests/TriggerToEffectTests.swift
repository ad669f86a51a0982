import Foundation
import TestSupport
import Testing

/// A session over the air from trigger to effect: a card in a reader, a tester that says when it sent the trigger, and
/// openssl on both sides of the relay; then the same with taps that are missing.
@Suite(.serialized) struct TriggerToEffectTests {
    private static let identity = "89490200001234567890/A000000151000000"
    private static let key = "0102030405060708090a0b0c0d0e0f10"
    private static let legs = [
        "trigger_to_envelope", "envelope_to_open_channel", "open_channel", "bearer_to_tls", "tls_handshake",
        "tls_to_first_command", "script", "to_close",
    ]

    private let folder: TemporaryFolder
    private let session: String
    private let options: [String]
    private let port: Int

    init() throws {
        folder = try TemporaryFolder()
        port = try freePort()
        let server = try freePort()
        let keys = try folder.write("\(Self.identity):\(Self.key)\n", to: "keys")
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: keys)
        options = ["--psk-tls.tap", "ota=127.0.0.1:\(port)/127.0.0.1:\(server)", "--psk-tls.keys", keys]
        session = try folder.write(
            """
            #!/bin/sh
            exec \(Files.python) \(Files.client("ota_session.py")) \(Self.identity) \(Self.key) --option=-tls1_2 \
            --option=-cipher --option=PSK-AES128-CBC-SHA256 --server \(server) --once \(port)
            """, to: "session")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: session)
    }

    /// Bytes of the connection, which the card's channel has as well: as a session alone has them.
    private func connectionBytes() throws -> (fromCard: Int, toCard: Int) {
        let probe = try ServingProbe(
            sockets: folder.file("alone"), options: options + ["--events.recording", folder.file("alone.ndjson")],
            environment: ["XDG_STATE_HOME": folder.file("alone-state")])
        #expect(try Command.run([session]).status == 0)
        try probe.stop()
        let line = try #require(
            folder.read("alone.ndjson").split(separator: "\n").first { $0.contains("\"event\":\"tls_closed\"") })
        let closed = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] ?? [:]
        return (closed["received_bytes"] as? Int ?? 0, closed["sent_bytes"] as? Int ?? 0)
    }

    /// A card that at the trigger opens a channel, says and hears so many bytes, and closes it.
    private func card(fromCard: Int, toCard: Int) -> String {
        func parts(_ bytes: Int, _ command: String) -> [String] {
            stride(from: 0, to: bytes, by: 200).map { "      - \(command): { length: \(min(200, bytes - $0)) }" }
        }
        let steps =
            ["      - openChannel: { bearer: \"02 00 00 00 00 00 02\", buffer: 1400, transport: tcp, port: \(port) }"]
            + parts(fromCard, "sendData") + parts(toCard, "receiveData") + ["      - closeChannel: {}"]
        return """
            receipts:
              - { status: ok }
            proactive:
              - on: { match: 80 C2 00 00 ?? D1 }
                steps:
            \(steps.joined(separator: "\n"))
            """
    }

    private func play(on bench: LiveBench) throws {
        let tell = """
            import cardlink_probe as probe
            sender = probe.Sender("tester")
            sender.send(probe.event("trigger_seen", device="Virtual PCD 00 00", interface="pcsc", session=0, trigger="sms"))
            sender.close()
            """
        let told = try Command.run(
            [Files.python, "-c", tell],
            environment: [
                "CARDLINK_EVENTS": "\(bench.sockets)/events.sock", "PYTHONPATH": "\(Files.package)/examples/python",
            ])
        #expect(told.status == 0, "\(told.errors)")
        let end = try bench.run([Files.python, Files.client("terminal.py"), "run=\(session)"])
        #expect(end.status == 0, "\(end.errors)")
    }

    private func rows(_ words: [String] = []) throws -> [[String: Any]] {
        let end = try Command.run(
            [Files.metrics, "history", "ota", "--json"] + words, environment: ["XDG_STATE_HOME": folder.file("state")])
        return try JSONSerialization.jsonObject(with: Data(end.output.utf8)) as? [[String: Any]] ?? []
    }

    private func steps(_ row: [String: Any]) -> [[String: Any]] { row["steps"] as? [[String: Any]] ?? [] }

    @Test func everyLegIsSeenAndTheirSumIsTheWhole() throws {
        let bytes = try connectionBytes()
        let sink = try TraceSink()
        let bench = try LiveBench(script: card(fromCard: bytes.fromCard, toCard: bytes.toCard))
        try bench.startDaemon(
            options: options,
            environment: ["XDG_STATE_HOME": folder.file("state"), "OTEL_EXPORTER_OTLP_ENDPOINT": sink.endpoint])
        try play(on: bench)

        #expect(try eventually(within: 10) { try rows().count == 2 })
        let row = try #require(try rows().first { $0["kind"] as? String == "scp81" })
        #expect(row["device"] as? String == "Virtual PCD 00 00" && row["tap"] as? String == "ota")
        #expect(row["status"] as? String == "completed" && row["port"] as? Int == port)
        #expect(steps(row).map { $0["name"] as? String } == Self.legs)
        #expect(steps(row).allSatisfy { $0["state"] as? String == "seen" }, "\(row)")
        let sum = steps(row).compactMap { $0["duration_nanoseconds"] as? Int }.reduce(0, +)
        #expect(abs(sum - (row["duration_nanoseconds"] as? Int ?? 0)) < 1_000_000)
        // The message that began it is a packet of its own.
        let packet = try #require(try rows().first { $0["kind"] as? String == "scp80" })
        #expect(steps(packet).map { $0["name"] as? String } == ["trigger_to_envelope", "packet"])
        #expect(steps(packet).map { $0["result"] as? String } == [nil, "ok"])
        #expect(try rows(["--errors"]).isEmpty)

        for leg in Self.legs {
            #expect(try bench.sum("cardlink_ota_leg_duration_seconds_count", "\"\(leg)\"") == 1, "\(leg)")
        }
        let total = try bench.sum("cardlink_ota_leg_duration_seconds_sum")
        #expect(abs(total - Double(sum) / 1e9) < 0.001)
        #expect(try bench.sum("cardlink_triggers_sent_total") == 1)
        let shown = try Command.run(
            [Files.metrics, "history", "ota"], environment: ["XDG_STATE_HOME": folder.file("state")]
        ).output
        #expect(shown.contains("scp81 Virtual PCD 00 00 · ota") && shown.contains("tls handshake "), "\(shown)")
        #expect(shown.split(separator: "\n").allSatisfy { $0.count <= 80 })
        let status = try JSONSerialization.jsonObject(with: Data(try bench.get("/api/v1/status").body.utf8))
        let ota = (status as? [String: Any])?["ota"] as? [[String: Any]] ?? []
        #expect(ota.map { $0["state"] as? String } == ["completed", "completed"])

        #expect(try bench.stopDaemon()?.status == 0)
        let spans = try sink.spans
        let whole = try #require(spans.first { $0.name == "trigger to effect" })
        #expect(spans.filter { $0.parent_span_id == whole.span_id }.map(\.name) == Self.legs)
        // The packet is such a session, too.
        let parts = ["BIP channel", "TLS connection", "OTA session"].compactMap { name in
            spans.last { $0.name == name && $0.attributes["cardlink.session.protocol"] != .text("scp80") }?.span_id
        }
        #expect(parts.count == 3 && Set(whole.links.map(\.span_id)) == Set(parts))
    }

    /// The card's bytes are others than the connection's: they belong to two sessions, and no leg is guessed.
    @Test func aConnectionOfAnotherCard() throws {
        let bytes = try connectionBytes()
        let bench = try LiveBench(script: card(fromCard: bytes.fromCard - 1, toCard: bytes.toCard))
        try bench.startDaemon(options: options, environment: ["XDG_STATE_HOME": folder.file("state")])
        try play(on: bench)
        #expect(try eventually(within: 10) { try rows().count == 3 })
        let kinds = Dictionary(uniqueKeysWithValues: try rows().map { ($0["kind"] as? String ?? "", steps($0)) })
        let states = kinds.mapValues { $0.map { $0["state"] as? String ?? "" } }
        let (seen, unknown) = ("seen", "unknown")
        #expect(states["channel"] == [seen, seen, seen, unknown, unknown, unknown, unknown, unknown])
        #expect(states["scp81"] == [unknown, unknown, unknown, unknown, seen, seen, seen, seen])
        #expect(try bench.stopDaemon()?.status == 0)
    }
}
