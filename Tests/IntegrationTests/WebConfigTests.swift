import Foundation
import TestSupport
import Testing

/// Passwords and TLS, met by curl, openssl and Prometheus.
@Suite(.serialized) struct WebConfigTests {
    /// A line of `basic_auth_users` for a password, by Apache's own program.
    private static func user(_ name: String, _ password: String, cost: Int = 5) throws -> String {
        let line = try Command.run(["htpasswd", "-nbBC", "\(cost)", name, password]).output
        return line.trimmingCharacters(in: .newlines).replacingOccurrences(of: ":", with: ": ")
    }

    private static let tls = "tls_server_config: {cert_file: server.pem, key_file: server.key"

    @Test func passwordsAreAskedForEverywhere() throws {
        let folder = try TemporaryFolder()
        let web = try folder.write("basic_auth_users:\n  \(try Self.user("anna", "geheim"))\n", to: "web.yaml")
        let probe = try ConfiguredProbe(folder, ["--web.config.file", web])
        let root = "http://\(probe.address)"
        for url in [probe.metricsURL, probe.healthURL, "\(root)/", "\(root)/health", "\(root)/nothing"] {
            for words in [[], ["-u", "anna:falsch"], ["-u", "bert:geheim"], ["-u", "anna:"], ["-u", ":geheim"]] {
                #expect(try ConfiguredProbe.curl(words + [url]).status == 401, "\(words) \(url)")
            }
        }
        for header in ["Basic", "Basic ?", "Bearer YW5uYTpnZWhlaW0=", "Basic YW5uYQ==", "Basic /w=="] {
            #expect(try ConfiguredProbe.curl(["-H", "Authorization: \(header)", probe.metricsURL]).status == 401)
        }
        let answer = try Command.run(["curl", "-si", probe.metricsURL]).output.lowercased()
        #expect(answer.contains("www-authenticate: basic realm=\"cardlink-probe\""))
        #expect(try Command.run(["curl", "-sI", probe.metricsURL]).output.hasPrefix("HTTP/1.1 401"))
        for _ in 0..<3 { #expect(try ConfiguredProbe.curl(["-u", "anna:geheim", probe.metricsURL]).status == 200) }
        #expect(try ConfiguredProbe.curl(["-u", "anna:geheim", "\(probe.healthURL)/live"]).status == 200)
        #expect(try ConfiguredProbe.curl(["-u", "anna:geheim", "\(root)/nothing"]).status == 404)
    }

    /// A dear hash is computed beside the event loops: who has shown a password before is answered at once.
    @Test func guessersHoldUpNobody() throws {
        let folder = try TemporaryFolder()
        let web = try folder.write(
            "basic_auth_users:\n  \(try Self.user("anna", "geheim", cost: 12))\n", to: "web.yaml")
        let probe = try ConfiguredProbe(folder, ["--web.config.file", web])
        #expect(try ConfiguredProbe.curl(["-u", "anna:geheim", probe.metricsURL]).status == 200)
        let guesses = try (0..<40).map { guess in
            try RunningCommand(
                ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-u", "anna:\(guess)", probe.metricsURL])
        }
        let start = ContinuousClock.now
        #expect(try ConfiguredProbe.curl(["-u", "anna:geheim", "-o", "/dev/null", probe.metricsURL]).status == 200)
        // One such hash takes 0.2 s and more; behind sixteen of them it would take seconds.
        #expect(ContinuousClock.now - start < .seconds(1.5))
        let statuses = try guesses.map { try $0.end(within: 60).output }
        #expect(Set(statuses).isSubset(of: ["401", "503"]))
        #expect(statuses.contains("401"))
    }

    @Test func aChangedFileCountsAndABrokenOneClosesTheDoor() throws {
        let folder = try TemporaryFolder()
        let anna = "  \(try Self.user("anna", "geheim"))\n"
        let web = try folder.write("basic_auth_users:\n\(anna)", to: "web.yaml")
        let probe = try ConfiguredProbe(folder, ["--web.config.file", web])
        func status(_ user: String) throws -> Int { try ConfiguredProbe.curl(["-u", user, probe.metricsURL]).status }
        #expect(try status("anna:geheim") == 200)
        try folder.write("basic_auth_users:\n  \(try Self.user("bert", "anders"))\n", to: "web.yaml")
        #expect(try status("bert:anders") == 200)
        #expect(try status("anna:geheim") == 401)
        #expect(probe.running.errorsSoFar.contains("\(web) has changed, and counts from now on"))
        try folder.write("basic_auth_user:\n\(anna)", to: "web.yaml")
        #expect(try status("bert:anders") == 500)
        #expect(try status("anna:geheim") == 500)
        let fault = "\(web):1: basic_auth_user is no key; did you mean basic_auth_users?"
        #expect(probe.running.errorsSoFar.components(separatedBy: fault).count == 2)
        try folder.write("basic_auth_users:\n\(anna)", to: "web.yaml")
        #expect(try status("anna:geheim") == 200)
        try folder.write("", to: "web.yaml")
        #expect(try ConfiguredProbe.curl([probe.metricsURL]).status == 200)
        try FileManager.default.removeItem(atPath: web)
        #expect(try ConfiguredProbe.curl([probe.metricsURL]).status == 500)
    }

    @Test func metricsAndHealthBehindTLS() throws {
        let folder = try TemporaryFolder()
        let certificates = try Certificates(in: folder)
        try certificates.make("server")
        let web = try folder.write("\(Self.tls)}\n", to: "web.yaml")
        let probe = try ConfiguredProbe(folder, ["--web.config.file", web])
        let authority = ["--cacert", folder.file("ca.pem")]
        #expect(probe.metricsURL.hasPrefix("https://127.0.0.1:"))
        #expect(try ConfiguredProbe.curl(authority + [probe.metricsURL]).status == 200)
        #expect(try ConfiguredProbe.curl(authority + ["--compressed", probe.metricsURL]).body.contains("cardlink_"))
        #expect(try ConfiguredProbe.curl(authority + ["\(probe.healthURL)/live"]).status == 200)
        #expect(try ConfiguredProbe.curl([probe.metricsURL]).status == 0)
        #expect(try ConfiguredProbe.curl(["http://\(probe.address)/metrics"]).status == 0)
        // The next connection has the certificate that was put there since.
        let first = try Self.serial(probe.address)
        try certificates.make("server")
        #expect(try Self.serial(probe.address) != first)
        #expect(try ConfiguredProbe.curl(authority + [probe.metricsURL]).status == 200)
        // TLS is not switched off by a file, and a key that is not the certificate's closes the door.
        try folder.write("", to: "web.yaml")
        #expect(try ConfiguredProbe.curl(authority + [probe.metricsURL]).status == 500)
        #expect(probe.running.errorsSoFar.contains("switched on and off only when the probe is started again"))
        try folder.write("\(Self.tls)}\n", to: "web.yaml")
        #expect(try ConfiguredProbe.curl(authority + [probe.metricsURL]).status == 200)
    }

    private static func serial(_ address: String) throws -> String {
        let shown = try Command.run(["openssl", "s_client", "-connect", address]).output
        return try Command.run(["openssl", "x509", "-noout", "-serial"], input: shown).output
    }

    @Test(arguments: [
        ("", ["-tls1_2"], true), ("", ["-tls1_3"], true), (", min_version: TLS13", ["-tls1_2"], false),
        (", min_version: TLS13", ["-tls1_3"], true), (", max_version: TLS12", ["-tls1_3"], false),
        (", max_version: TLS12", ["-tls1_2"], true),
        ("", ["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"], false),
        (", min_version: TLS10", ["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"], true),
    ])
    func versionsAreBounded(keys: String, words: [String], isMet: Bool) throws {
        let folder = try TemporaryFolder()
        try Certificates(in: folder).make("server")
        let web = try folder.write("\(Self.tls)\(keys)}\n", to: "web.yaml")
        let probe = try ConfiguredProbe(folder, ["--web.config.file", web])
        let met = try Command.run(
            ["openssl", "s_client", "-CAfile", folder.file("ca.pem"), "-connect", probe.address] + words)
        #expect(met.output.contains("Cipher is (NONE)") != isMet)
        #expect(!isMet || met.output.contains("Verify return code: 0 (ok)"))
    }

    @Test(arguments: [("RequireAndVerifyClientCert", false), ("VerifyClientCertIfGiven", true)])
    func clientsAreVerified(type: String, mayHaveNone: Bool) throws {
        let folder = try TemporaryFolder()
        let certificates = try Certificates(in: folder)
        try certificates.make("server")
        try certificates.make("client")
        let strangers = try TemporaryFolder()
        try Certificates(in: strangers).make("client")
        let web = try folder.write("\(Self.tls), client_ca_file: ca.pem, client_auth_type: \(type)}\n", to: "web.yaml")
        let probe = try ConfiguredProbe(folder, ["--web.config.file", web])
        func status(_ client: TemporaryFolder?) throws -> Int {
            let own = client.map { ["--cert", $0.file("client.pem"), "--key", $0.file("client.key")] } ?? []
            return try ConfiguredProbe.curl(["--cacert", folder.file("ca.pem")] + own + [probe.metricsURL]).status
        }
        #expect(try status(folder) == 200)
        #expect(try status(strangers) == 0)
        #expect(try status(nil) == (mayHaveNone ? 200 : 0))
    }

    @Test(arguments: [
        ("IP:10.1.2.3", "10.1.2.3", true), ("DNS:bench.example,email:a@b.example", "a@b.example", true),
        ("URI:urn:bench:3", "urn:bench:3", true), ("DNS:bench.example", "bench", false),
        ("IP:::1", "::1", true), ("DNS:10.1.2.3", "10.1.2.4", false),
    ])
    func onlyNamedClientsAreLetIn(names: String, allowed: String, isLetIn: Bool) throws {
        let folder = try TemporaryFolder()
        let certificates = try Certificates(in: folder)
        try certificates.make("server")
        try certificates.make("client", names: names)
        let web = try folder.write(
            "\(Self.tls), client_ca_file: ca.pem, client_auth_type: RequireAndVerifyClientCert, "
                + "client_allowed_sans: [other.example, '\(allowed)']}\n", to: "web.yaml")
        let probe = try ConfiguredProbe(folder, ["--web.config.file", web])
        let words = ["--cacert", "ca.pem", "--cert", "client.pem", "--key", "client.key"].map {
            $0.hasPrefix("--") ? $0 : folder.file($0)
        }
        #expect(try ConfiguredProbe.curl(words + [probe.metricsURL]).status == (isLetIn ? 200 : 0))
        #expect(probe.running.isRunning)
    }

    /// Certificate, key and authority in the file itself.
    @Test func certificatesMayStandInTheFile() throws {
        let folder = try TemporaryFolder()
        let certificates = try Certificates(in: folder)
        for name in ["server", "client"] { try certificates.make(name) }
        let keys = [("cert", "server.pem"), ("key", "server.key"), ("client_ca", "ca.pem")].map { key, file in
            "  \(key): |\n" + folder.read(file).split(separator: "\n").map { "    \($0)\n" }.joined()
        }
        let web = try folder.write(
            "tls_server_config:\n  client_auth_type: RequireAndVerifyClientCert\n" + keys.joined(), to: "web.yaml")
        let probe = try ConfiguredProbe(folder, ["--web.config.file", web])
        let authority = ["--cacert", folder.file("ca.pem")]
        let client = ["--cert", folder.file("client.pem"), "--key", folder.file("client.key")]
        #expect(try ConfiguredProbe.curl(authority + client + [probe.metricsURL]).status == 200)
        #expect(try ConfiguredProbe.curl(authority + [probe.metricsURL]).status == 0)
        let health = try ConfiguredProbe.curl(authority + client + ["\(probe.healthURL)"])
        #expect(health.body.contains("it asks for a certificate, so that it was not looked behind"))
    }

    @Test(arguments: [
        ("cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384]", ["-tls1_2"], "ECDHE-ECDSA-AES256-GCM-SHA384"),
        (
            "cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384]",
            ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"], "(NONE)"
        ),
        ("cipher_suites: [TLS_AES_128_GCM_SHA256]", ["-tls1_2"], "(NONE)"),
        ("cipher_suites: [TLS_AES_128_GCM_SHA256]", ["-tls1_3"], "TLS_AES_"),
        ("curve_preferences: [CurveP384]", ["-groups", "P-384"], "Server Temp Key: ECDH, secp384r1"),
        ("curve_preferences: [CurveP384]", ["-groups", "X25519"], "(NONE)"),
        ("curve_preferences: [X25519, CurveP256]", ["-groups", "X25519:P-256"], "Server Temp Key: X25519"),
    ])
    func suitesAndCurvesAreThose(keys: String, words: [String], shown: String) throws {
        let folder = try TemporaryFolder()
        try Certificates(in: folder).make("server")
        let web = try folder.write("\(Self.tls), \(keys)}\n", to: "web.yaml")
        let probe = try ConfiguredProbe(folder, ["--web.config.file", web])
        let met = try Command.run(
            ["openssl", "s_client", "-CAfile", folder.file("ca.pem"), "-connect", probe.address] + words)
        #expect(met.output.contains(shown), "\(met.output)")
    }

    @Test func everyAnswerHasTheHeaders() throws {
        let folder = try TemporaryFolder()
        let web = try folder.write(
            """
            http_server_config:
              http2: true
              headers:
                Strict-Transport-Security: max-age=31536000
                X-Frame-Options: deny
                X-Content-Type-Options: nosniff
                X-XSS-Protection: "1; mode=block"
                Content-Security-Policy: "default-src 'self'"
            """, to: "web.yaml")
        #expect(try Command.run(["promtool", "check", "web-config", web]).ending == .exited(0))
        let probe = try ConfiguredProbe(folder, ["--web.config.file", web])
        #expect(probe.running.errorsSoFar.contains("has http2: true; HTTP/1.1 is spoken here, and no HTTP/2"))
        let root = "http://\(probe.address)"
        for words in [
            ["-i", probe.metricsURL], ["-I", "\(root)/"], ["-i", "\(root)/nothing"], ["-i", probe.healthURL],
        ] {
            let answer = try Command.run(["curl", "-s"] + words).output.lowercased()
            for line in [
                "strict-transport-security: max-age=31536000", "x-frame-options: deny",
                "x-content-type-options: nosniff",
                "x-xss-protection: 1; mode=block", "content-security-policy: default-src 'self'",
            ] { #expect(answer.components(separatedBy: "\r\n").filter { $0 == line }.count == 1, "\(words) \(line)") }
        }
    }

    @Test func requestsAreLimited() throws {
        let folder = try TemporaryFolder()
        let web = try folder.write("rate_limit: {interval: 500ms, burst: 3}\n", to: "web.yaml")
        let probe = try ConfiguredProbe(folder, ["--web.config.file", web])
        let statuses = try Command.run(
            ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code} "] + Array(repeating: probe.metricsURL, count: 6)
                + ["-o", "/dev/null", "-o", "/dev/null", "-o", "/dev/null", "-o", "/dev/null", "-o", "/dev/null"]
        ).output
        #expect(statuses == "200 200 200 429 429 429 ")
        let refused = try Command.run(["curl", "-si", probe.healthURL]).output
        #expect(refused.hasPrefix("HTTP/1.1 429"))
        #expect(refused.lowercased().contains("retry-after: 1\r\n"))
        #expect(refused.hasSuffix("too many requests: the web config file has a rate_limit\n"))
        #expect(try eventually(within: 3) { try ConfiguredProbe.curl([probe.metricsURL]).status == 200 })
    }

    @Test func prometheusScrapesWithPasswordAndTLS() throws {
        let folder = try TemporaryFolder()
        let certificates = try Certificates(in: folder)
        for name in ["server", "client"] { try certificates.make(name) }
        let web = try folder.write(
            """
            \(Self.tls), client_ca_file: ca.pem, client_auth_type: RequireAndVerifyClientCert}
            basic_auth_users:
              \(try Self.user("prometheus", "geheim", cost: 10))
            """, to: "web.yaml")
        let accepted = try Command.run(["promtool", "check", "web-config", web])
        #expect(accepted.ending == .exited(0), "\(accepted.errors)")
        let probe = try ConfiguredProbe(folder, ["--web.config.file", web])
        let configuration = try folder.write(
            """
            global: {scrape_interval: 500ms, scrape_timeout: 400ms}
            scrape_configs:
              - job_name: cardlink
                scheme: https
                basic_auth: {username: prometheus, password: geheim}
                tls_config: {ca_file: ca.pem, cert_file: client.pem, key_file: client.key}
                static_configs: [{targets: ["\(probe.address)"]}]
              - job_name: stranger
                scheme: https
                tls_config: {ca_file: ca.pem, cert_file: client.pem, key_file: client.key}
                static_configs: [{targets: ["\(probe.address)"]}]
            """, to: "prometheus.yml")
        let prometheus = try PrometheusServer(configuration: configuration, data: folder.file("data"))
        func up(_ job: String) throws -> Double? { try prometheus.ask("up{job=\"\(job)\"}").values.values.first }
        #expect(try eventually(within: 30) { try up("cardlink") == 1 })
        #expect(try eventually(within: 30) { try up("stranger") == 0 })
    }
}
