import Foundation
import TestSupport
import Testing

/// Cards and a server over TLS with `serve` between them.
@Suite struct PSKTLSServeTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func serve(
        _ options: [String], _ environment: [String: String] = [:]
    ) throws -> (ServingProbe, port: String) {
        let probe = try ServingProbe(
            sockets: folder.file("sockets"), options: options,
            environment: environment.merging(["XDG_STATE_HOME": folder.path]) { $1 })
        let port = probe.errors.firstMatch(of: /relay ota on 127.0.0.1:([0-9]+)/).map { String($0.1) }
        return (probe, try #require(port))
    }

    @Test func aSessionIsCounted() throws {
        let sides = try AdministrationSides()
        defer { sides.kill() }
        let keys = try AdministrationSides.keys(in: folder)
        let (probe, port) = try serve(
            [
                "--psk-tls.tap", "ota=127.0.0.1:0/127.0.0.1:\(sides.serverPort)", "--psk-tls.keys", keys,
                "--logging.level",
                "trace",
            ])
        for _ in 1...3 {
            #expect(try sides.talk(at: port))
        }
        #expect(try eventually { try probe.sum("cardlink_session_duration_seconds_count", "ota") == 3 })
        let suite = "cipher_suite=\"TLS_PSK_WITH_AES_128_CBC_SHA256\""
        let metrics = try probe.metrics()
        #expect(metrics["cardlink_tls_handshakes_total{\(suite),result=\"success\"}"] == 3)
        #expect(metrics["cardlink_tls_handshake_duration_seconds_count{\(suite)}"] == 3)
        #expect(metrics["cardlink_tls_connections_active"] == 0)
        #expect(try probe.sum("cardlink_tls_errors_total") == 0)
        #expect(metrics["cardlink_sessions_total{session_type=\"ota\",protocol=\"scp81\"}"] == 3)
        #expect(metrics["cardlink_active_sessions{session_type=\"ota\"}"] == 0)
        for command in ["SELECT", "GET STATUS", "VERIFY", "GET DATA"] {
            #expect(
                metrics["cardlink_apdu_commands_total{command=\"\(command)\",interface=\"psk_tls\"}"] == 3, "\(command)"
            )
        }
        #expect(metrics["cardlink_apdu_responses_total{status_word=\"63CX\",success=\"false\"}"] == 3)
        // They are told when what belongs to the sessions must have been heard.
        #expect(try eventually { try probe.sum("cardlink_ota_leg_duration_seconds_count") == 12 })
        for leg in ["tls_handshake", "tls_to_first_command", "script", "to_close"] {
            #expect(try probe.sum("cardlink_ota_leg_duration_seconds_count", "\"\(leg)\"") == 3, "\(leg)")
        }
        #expect(try probe.get("/health").body.contains(/"psk_tls" : \{[^}]*"status" : "healthy"/))
        let said = try probe.get("/metrics").body + probe.errors
        for secret in ["8949020", "89049032", AdministrationSides.key, "313233343536"] {
            #expect(!said.contains(secret))
        }
    }

    /// A daemon that a tester started is part of the tester's trace, and so is what it sees between others.
    @Test func connectionsAreInTheCallersTrace() throws {
        let sink = try TraceSink()
        let sides = try AdministrationSides()
        defer { sides.kill() }
        let (probe, port) = try serve(
            ["--psk-tls.tap", "ota=127.0.0.1:0/127.0.0.1:\(sides.serverPort)"],
            ["OTEL_EXPORTER_OTLP_ENDPOINT": sink.endpoint, "TRACEPARENT": TraceTests.caller])
        for _ in 1...2 {
            #expect(try sides.talk(at: port))
        }
        #expect(try probe.stop().ending == .exited(0))
        let spans = try sink.spans
        #expect(Set(spans.map(\.trace_id)) == ["4bf92f3577b34da6a3ce929d0e0e4736"])
        let connections = spans.filter { $0.name == "TLS connection" }
        #expect(connections.count == 2 && connections.allSatisfy { $0.parent_span_id == "00f067aa0ba902b7" })
        let handshakes = spans.filter { $0.name == "TLS handshake" }
        #expect(Set(handshakes.map(\.parent_span_id)) == Set(connections.map(\.span_id)))
    }

    @Test func keysThatOthersMayRead() throws {
        let keys = try folder.write("a:00\n", to: "keys")
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: keys)
        let end = try Command.run([
            Files.probe, "serve", "--web.listen-address", "127.0.0.1:0", "--runtime-dir", folder.file("sockets"),
            "--psk-tls.tap", "ota=127.0.0.1:0/127.0.0.1:1", "--psk-tls.keys", keys,
        ])
        #expect(
            end.ending == .exited(69)
                && end.errors.hasSuffix(
                    "the file of keys \(keys) can be read by others; run: chmod 600 \(keys), as its owner\n"),
            "\(end)")
    }

    @Test func aServerThatIsNotThereIsToldByHealth() throws {
        let (probe, port) = try serve(["--psk-tls.tap", "ota=127.0.0.1:0/127.0.0.1:1"])
        _ = try Command.run(["openssl", "s_client", "-connect", "127.0.0.1:\(port)", "-psk", AdministrationSides.key])
        #expect(
            try eventually {
                try probe.get("/health").body.contains(
                    "ota: the server at 127.0.0.1:1 cannot be reached: Connection refused")
            })
    }
}
