import Foundation
import TestSupport
import Testing

/// `serve --config`: what a person is told, and SIGHUP.
@Suite(.serialized) struct ConfigurationTests {
    @Test func aFaultyFileEndsWith78AndALineAFault() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("metrics:\n  prot: 1\n  path: x\n", to: "config.yaml")
        let end = try Command.run(
            [Files.probe, "serve", "--config", file], environment: ["CARDLINK_HEALTH_PORT": "x"])
        #expect(end.ending == .exited(78))
        #expect(
            end.errors == """
                cardlink-probe: \(file):2: metrics.prot is no key; did you mean metrics.port?
                cardlink-probe: \(file):3: metrics.path 'x' is no free path; it begins with /, is none of /, \
                /health, /health/live, /health/ready, and not below /api/ or /live/
                cardlink-probe: CARDLINK_HEALTH_PORT: health.port 'x' is not a whole number from 0 to 65535

                """)
    }

    @Test func aFaultyOptionIsWrongUsage() throws {
        let end = try Command.run([Files.probe, "serve", "--metrics.port", "x"])
        #expect(end.ending == .exited(64))
        #expect(
            end.errors == "cardlink-probe: --metrics.port 'x' is not a whole number from 0 to 65535; "
                + "see: cardlink-probe serve --help\n")
        let unknown = try Command.run([Files.probe, "serve", "--web.listen-adress", ":1"])
        #expect(unknown.ending == .exited(64))
        #expect(unknown.errors.contains("Did you mean '--web.listen-address'?"))
    }

    @Test func aFaultyWebConfigFileEndsWith78() throws {
        let folder = try TemporaryFolder()
        let web = try folder.write("basic_auth_users: {anna: geheim}\ntls: {}\n", to: "web.yaml")
        let end = try Command.run([Files.probe, "serve", "--web.config.file", web])
        #expect(end.ending == .exited(78))
        #expect(
            end.errors == """
                cardlink-probe: \(web):1: basic_auth_users.anna has no bcrypt hash, as in $2y$10$…; make one with: \
                htpasswd -nB anna
                cardlink-probe: \(web):2: tls is no key; did you mean tls_server_config?

                """)
    }

    @Test func anExpectedReaderIsMissedByName() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("readers: {expected: ['ACS, 00 00', Old]}\n", to: "config.yaml")
        let probe = try ConfiguredProbe(
            folder, ["--config", file], environment: ["PCSCLITE_CSOCK_NAME": folder.file("no-pcscd")])
        func lines() throws -> [String] {
            try ConfiguredProbe.curl([probe.metricsURL]).body.split(separator: "\n").map(String.init).filter {
                $0.hasPrefix("cardlink_device_expected{") || $0.hasPrefix("cardlink_device_up{")
            }.sorted()
        }
        #expect(
            try lines() == [
                #"cardlink_device_expected{device_type="reader",device="ACS, 00 00"} 1"#,
                #"cardlink_device_expected{device_type="reader",device="Old"} 1"#,
                #"cardlink_device_up{device_type="reader",device="ACS, 00 00"} 0"#,
                #"cardlink_device_up{device_type="reader",device="Old"} 0"#,
            ])
        try folder.write("readers: {expected: 'ACS, 00 00'}\n", to: "config.yaml")
        probe.running.signal(SIGHUP)
        #expect(
            try eventually(within: 5) {
                try lines().filter { $0.hasPrefix("cardlink_device_expected") }
                    == [#"cardlink_device_expected{device_type="reader",device="ACS, 00 00"} 1"#]
            })
    }

    @Test func aHangupReadsTheFileAgain() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("metrics: {enabled: true}\n", to: "config.yaml")
        let probe = try ConfiguredProbe(folder, ["--config", file], environment: ["CARDLINK_METRIC": "1"])
        #expect(
            probe.running.errorsSoFar.contains("the environment variable CARDLINK_METRIC is not known; did you mean"))
        #expect(try ConfiguredProbe.curl([probe.metricsURL]).status == 200)
        func reload(_ text: String, until line: String) throws -> Bool {
            try folder.write(text, to: "config.yaml")
            probe.running.signal(SIGHUP)
            return eventually(within: 5) { probe.running.errorsSoFar.contains(line) }
        }
        let change = "metrics.path changes to /m only when the probe is started again"
        #expect(try reload("metrics: {enabled: false, path: /m}\n", until: change))
        #expect(probe.running.errorsSoFar.contains("metrics.enabled is now false"))
        let off = try ConfiguredProbe.curl([probe.metricsURL])
        #expect(off.status == 503)
        #expect(off.body == "metrics are switched off: metrics.enabled is false\n")
        #expect(try ConfiguredProbe.curl(["\(probe.healthURL)/live"]).status == 200)
        #expect(try reload("metrics: {enabled: 5}\n", until: "the configuration stays as it was"))
        #expect(probe.running.errorsSoFar.contains("\(file):1: metrics.enabled '5' is neither true nor false"))
        #expect(try ConfiguredProbe.curl([probe.metricsURL]).status == 503)
        #expect(try reload("", until: "metrics.enabled is now true"))
        #expect(try ConfiguredProbe.curl([probe.metricsURL]).status == 200)
        #expect(try reload("", until: "the configuration has not changed"))
    }

    @Test func theFileSaysWhereAndHow() throws {
        let folder = try TemporaryFolder()
        let sockets = folder.file("sockets")
        let file = try folder.write(
            """
            metrics: {listen_address: '127.0.0.1:0', path: /probe, max_requests: 3, series_limit: 2}
            runtime: {directory: \(sockets)}
            """, to: "config.yaml")
        let running = try RunningCommand([Files.probe, "serve", "--config", file])
        defer {
            running.signal(SIGTERM)
            _ = try? running.end(within: 10)
        }
        #expect(eventually(within: 20) { running.errorsSoFar.contains("sockets in \(sockets)") })
        let line = running.errorsSoFar.split(separator: "\n").first { $0.contains("metrics on ") } ?? ""
        let url = line.components(separatedBy: "metrics on ").last ?? ""
        #expect(url.hasSuffix("/probe"))
        #expect(try ConfiguredProbe.curl([url]).status == 200)
        #expect(!running.errorsSoFar.contains("health on"))
    }
}
