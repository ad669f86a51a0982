import Foundation
import TestSupport
import Testing

/// A session over the air from trigger to effect: a card in a reader or in a modem, a tester that says when it sent the
/// trigger, and openssl on both sides of the relay; then the same with taps that are missing.
@Suite(.serialized) struct TriggerToEffectTests {
    private static let identity = "89490200001234567890/A000000151000000"
    private static let key = "0102030405060708090a0b0c0d0e0f10"
    private static let legs = [
        "trigger_to_envelope", "envelope_to_open_channel", "open_channel", "bearer_to_tls", "tls_handshake",
        "tls_to_first_command", "script", "to_close",
    ]

    /// Who is the card's terminal.
    enum Terminal: String, CaseIterable {
        /// A program at a reader.
        case atReader
        /// A program at a modem's port, in the commands of the modem's maker.
        case atModem
        /// The same with nothing but +CSIM.
        case byCSIM

        var device: String { self == .atReader ? "Virtual PCD 00 00" : "tester" }
    }

    private let folder: TemporaryFolder
    private let session: String
    private let options: [String]
    private let port: Int
    private let server: Int

    init() throws {
        folder = try TemporaryFolder()
        port = try freePort()
        server = try freePort()
        let keys = try folder.write("\(Self.identity):\(Self.key)\n", to: "keys")
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: keys)
        options = ["--psk-tls.tap", "ota=127.0.0.1:\(port)/127.0.0.1:\(server)", "--psk-tls.keys", keys]
        session = try folder.write(
            """
            #!/bin/sh
            exec \(Files.python) \(Files.client("ota_session.py")) \(Self.identity) \(Self.key) --option=-tls1_2 \
            --option=-cipher --option=PSK-AES128-CBC-SHA256 --server \(server) --once ${1:-\(port)} \
            --log \(folder.file("server.log"))
            """, to: "session")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: session)
    }

    /// Bytes of a connection, which the card's channel has as well.
    private struct Bytes: Equatable {
        var fromCard: Int
        var toCard: Int
    }

    /// As a session has them that the probe does not see.
    private func connectionBytes() throws -> Bytes {
        #expect(try Command.run([session, "\(server)"]).status == 0)
        return serverBytes()
    }

    /// As the server's own log has them: `<<< TLS 1.2, RecordHeader [length 0005]`, below it the header with its length.
    private func serverBytes() -> Bytes {
        // Before it a connection was tried, which the server ends with an alert.
        let lines = folder.read("server.log").split(separator: "\n").drop { !$0.hasPrefix("<") }
        var bytes = Bytes(fromCard: 0, toCard: 0)
        for (line, header) in zip(lines, lines.dropFirst()) where line.contains("RecordHeader") {
            let length = hex(String(header)).suffix(2).reduce(0) { $0 << 8 | Int($1) } + 5
            if line.hasPrefix("<") { bytes.fromCard += length } else { bytes.toCard += length }
        }
        return bytes
    }

    /// A card that at the trigger opens a channel, says and hears so many bytes, and closes it.
    private func card(_ bytes: Bytes) -> String {
        func parts(_ bytes: Int, _ command: String) -> [String] {
            stride(from: 0, to: bytes, by: 200).map { "      - \(command): { length: \(min(200, bytes - $0)) }" }
        }
        let steps =
            ["      - openChannel: { bearer: \"02 00 00 00 00 00 02\", buffer: 1400, transport: tcp, port: \(port) }"]
            + parts(bytes.fromCard, "sendData") + parts(bytes.toCard, "receiveData") + ["      - closeChannel: {}"]
        return """
            receipts:
              - { status: ok }
            proactive:
              - on: { match: 80 C2 00 00 ?? D1 }
                steps:
            \(steps.joined(separator: "\n"))
            """
    }

    /// A card and its terminal, with the probe beside them.
    private struct Stage {
        let probe: ServingProbe
        /// What card or modem wrote down.
        let log: () -> String
        let play: () throws -> Command
    }

    private func stage(
        _ terminal: Terminal, _ bytes: Bytes, environment: [String: String] = [:]
    ) throws -> Stage {
        let sockets = folder.file("sockets")
        let recorded = options + ["--events.recording", folder.file("events.ndjson")]
        let own = environment.merging(["XDG_STATE_HOME": folder.file("state")]) { $1 }
        guard terminal != .atReader else {
            let bench = try Bench(script: card(bytes))
            let probe = try ServingProbe(
                sockets: sockets, options: recorded, environment: own.merging(bench.environment) { $1 })
            let words = [Files.python, Files.client("terminal.py"), "run=\(session)"]
            return Stage(probe: probe, log: { bench.folder.read("card.log") }) {
                try Command.run(
                    [Files.probe, "run", "--runtime-dir", sockets, "--"] + words, environment: bench.environment)
            }
        }
        try folder.write(card(bytes), to: "card.yaml")
        let script = try folder.write(
            "profile: mediatek\ncard: card.yaml\n"
                + (terminal == .atModem ? "toolkit: { on: AT+CFUN=1 }\n" : ""), to: "modem.yaml")
        let link = folder.file("modem")
        let modem = try RunningCommand([
            Files.probe, "simulate", "modem", "--link", link, "--log", folder.file("modem.log"), "--script", script,
        ])
        guard eventually(within: 20, { modem.errorsSoFar.contains("the modem ") }) else {
            throw TestFailure("no modem: \(modem.errorsSoFar)")
        }
        let probe = try ServingProbe(
            sockets: sockets, options: recorded + ["--modem.tap", "tester=\(link)"], environment: own)
        let tap = "\(sockets)/modems/tester"
        guard eventually(within: 20, { access(tap, F_OK) == 0 }) else {
            throw TestFailure("no relay: \(probe.errors)")
        }
        let envelope = SMSPacket(counter: 1).envelope
        let words =
            terminal == .atModem
            ? ["modem_terminal.py", tap, "AT+CSIM=\(envelope.count),\"\(envelope)\""]
            : ["terminal.py", "modem=\(tap)"]
        return Stage(probe: probe, log: { [folder] in folder.read("modem.log") }) {
            defer { modem.kill() }
            return try Command.run(
                [Files.python, Files.client(words[0])] + words.dropFirst() + ["run=\(session)"], within: 60)
        }
    }

    /// Has a tester tell that it sends a trigger, and the terminal bring it to the card; what the terminal did.
    private func play(_ stage: Stage, _ terminal: Terminal) throws -> [String: Any] {
        let interface = terminal == .atReader ? "pcsc" : "at"
        let tell = """
            import cardlink_probe as probe
            sender = probe.Sender("tester")
            sender.send(probe.event(
                "trigger_seen", device="\(terminal.device)", interface="\(interface)", session=0, trigger="sms"))
            sender.close()
            """
        let told = try Command.run(
            [Files.python, "-c", tell],
            environment: [
                "CARDLINK_EVENTS": "\(stage.probe.sockets)/events.sock",
                "PYTHONPATH": "\(Files.package)/examples/python",
            ])
        #expect(told.status == 0, "\(told.errors)")
        let end = try stage.play()
        #expect(end.status == 0, "\(end.errors)")
        return try JSONSerialization.jsonObject(with: Data(end.output.utf8)) as? [String: Any] ?? [:]
    }

    private func rows(_ words: [String] = []) throws -> [[String: Any]] {
        let end = try Command.run(
            [Files.metrics, "history", "ota", "--json"] + words, environment: ["XDG_STATE_HOME": folder.file("state")])
        return try JSONSerialization.jsonObject(with: Data(end.output.utf8)) as? [[String: Any]] ?? []
    }

    private func steps(_ row: [String: Any]) -> [[String: Any]] { row["steps"] as? [[String: Any]] ?? [] }

    /// What the recorded events of a kind say of the card's bytes: a channel's are the card's own, a connection's the
    /// server's.
    private func told(_ event: String) throws -> [Bytes] {
        try folder.read("events.ndjson").split(separator: "\n").filter { $0.contains("\"event\":\"\(event)\"") }.map {
            let line = try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] ?? [:]
            let (sent, received) = (line["sent_bytes"] as? Int ?? 0, line["received_bytes"] as? Int ?? 0)
            return event == "tls_closed"
                ? Bytes(fromCard: received, toCard: sent) : Bytes(fromCard: sent, toCard: received)
        }
    }

    /// From the message's coming to the card's last answer, as card or modem wrote it down: each line begins with
    /// nanoseconds of CLOCK_MONOTONIC.
    private func logged(_ stage: Stage, _ terminal: Terminal) -> Int {
        let lines = stage.log().split(separator: "\n")
        func time(_ line: Substring?) -> Int { line.flatMap { Int($0.prefix { $0.isNumber }) } ?? 0 }
        let answering = terminal == .atModem ? "command AT+STKTR=" : "80140000"
        return time(lines.last { $0.contains(answering) }) - time(lines.first { $0.contains("80C20000") })
    }

    @Test(arguments: Terminal.allCases) func everyLegIsSeenAndTheirSumIsTheWhole(terminal: Terminal) throws {
        let bytes = try connectionBytes()
        let sink = try TraceSink()
        let stage = try stage(terminal, bytes, environment: ["OTEL_EXPORTER_OTLP_ENDPOINT": sink.endpoint])
        let did = try play(stage, terminal)
        #expect(Bytes(fromCard: did["sent"] as? Int ?? 0, toCard: did["received"] as? Int ?? 0) == bytes)
        #expect(serverBytes() == bytes)

        #expect(try eventually(within: 10) { try rows().count == 2 })
        let row = try #require(try rows().first { $0["kind"] as? String == "scp81" })
        #expect(row["device"] as? String == terminal.device && row["tap"] as? String == "ota")
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
            #expect(try stage.probe.sum("cardlink_ota_leg_duration_seconds_count", "\"\(leg)\"") == 1, "\(leg)")
        }
        let total = try stage.probe.sum("cardlink_ota_leg_duration_seconds_sum")
        #expect(abs(total - Double(sum) / 1e9) < 0.001)
        let atCard = steps(row).dropFirst().compactMap { $0["duration_nanoseconds"] as? Int }.reduce(0, +)
        #expect(abs(atCard - logged(stage, terminal)) < 150_000_000, "\(atCard) \(logged(stage, terminal))")
        #expect(try stage.probe.sum("cardlink_triggers_sent_total") == 1)
        let shown = try Command.run(
            [Files.metrics, "history", "ota"], environment: ["XDG_STATE_HOME": folder.file("state")]
        ).output
        #expect(shown.contains("scp81 \(terminal.device) · ota") && shown.contains("tls handshake "), "\(shown)")
        #expect(shown.split(separator: "\n").allSatisfy { $0.count <= 80 })
        let status = try JSONSerialization.jsonObject(with: Data(try stage.probe.get("/api/v1/status").body.utf8))
        let ota = (status as? [String: Any])?["ota"] as? [[String: Any]] ?? []
        #expect(ota.map { $0["state"] as? String } == ["completed", "completed"])

        let bench = try Command.run([Files.metrics, "status", "--url", "http://127.0.0.1:\(stage.probe.port)"]).output
        #expect(bench.contains(try Regex("scp81 +\(terminal.device) .*completed ")), "\(bench)")

        #expect(try stage.probe.stop().status == 0)
        #expect(try told("bip_closed") == [bytes] && told("tls_closed") == [bytes])
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
        let other = Bytes(fromCard: bytes.fromCard - 1, toCard: bytes.toCard)
        let stage = try stage(.atReader, other)
        _ = try play(stage, .atReader)
        #expect(try eventually(within: 10) { try rows().count == 3 })
        let kinds = Dictionary(uniqueKeysWithValues: try rows().map { ($0["kind"] as? String ?? "", steps($0)) })
        let states = kinds.mapValues { $0.map { $0["state"] as? String ?? "" } }
        let (seen, unknown) = ("seen", "unknown")
        #expect(states["channel"] == [seen, seen, seen, unknown, unknown, unknown, unknown, unknown])
        #expect(states["scp81"] == [unknown, unknown, unknown, unknown, seen, seen, seen, seen])
        #expect(try stage.probe.stop().status == 0)
    }
}
