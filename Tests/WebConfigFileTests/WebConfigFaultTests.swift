import Observability
import TestSupport
import Testing

@testable import WebConfigFile

/// Web config files, and what a person is told of faults in them.
struct WebConfigFaultTests {
    private static let hash = "$2y$10$" + String(repeating: "a", count: 53)
    private static let noHash = "has no bcrypt hash, as in $2y$10$…; make one with: htpasswd -nB"
    private static let tls = "cert_file: a, key_file: b"
    private static let required = "client_ca_file: c, client_auth_type: RequireAndVerifyClientCert"

    @Test(
        arguments: [
            ("", []), ("basic_auth_users:\n", []), ("basic_auth_users: {anna: \(hash)}", []),
            ("tls_server_config: {\(tls)}", []),
            ("tls_server_config: {\(tls), client_auth_type: NoClientCert, min_version: TLS13, max_version: TLS13}", []),
            ("basic_auth_user: {}", ["1: basic_auth_user is no key; did you mean basic_auth_users?"]),
            ("basic_auth_users: {anna: geheim}", ["1: basic_auth_users.anna \(noHash) anna"]),
            ("basic_auth_users:\n  anna: [a]\n", ["2: basic_auth_users.anna \(noHash) anna"]),
            (
                "basic_auth_users:\n  anna:\n  bert:\n",
                [
                    "2: basic_auth_users.anna \(noHash) anna", "3: basic_auth_users.bert \(noHash) bert",
                ]
            ),
            (
                "basic_auth_users: {anna: $2y$15$\(hash.dropFirst(7))}",
                [
                    "1: basic_auth_users.anna has a bcrypt hash of cost 15; allowed: 4 to 14"
                ]
            ),
            (
                "basic_auth_users: {'a:b': \(hash)}",
                [
                    "1: basic_auth_users.a:b is no user name: it is empty or has a colon"
                ]
            ),
            ("basic_auth_users: anna", ["1: basic_auth_users has no keys where some are needed"]),
            ("- a", ["1: the file has no keys where some are needed"]),
            (
                "tls_server_config: {}",
                ["1: tls_server_config has no cert_file", "1: tls_server_config has no key_file"]
            ),
            (
                "tls_server_config: {\(tls), cert_fil: c}",
                [
                    "1: tls_server_config.cert_fil is no key; did you mean tls_server_config.cert_file?"
                ]
            ),
            (
                "tls_server_config: {\(tls), min_version: TLS14}",
                [
                    "1: tls_server_config.min_version is 'TLS14'; allowed: TLS10, TLS11, TLS12, TLS13"
                ]
            ),
            (
                "tls_server_config: {\(tls), min_version: TLS13, max_version: TLS12}",
                [
                    "1: tls_server_config has a max_version below its min_version, or below what its cipher_suites need"
                ]
            ),
            (
                "tls_server_config: {\(tls), client_auth_type: RequireAnyClientCert}",
                [
                    "1: tls_server_config.client_auth_type is 'RequireAnyClientCert', which lets anybody in who has some "
                        + "certificate; allowed: NoClientCert, RequireAndVerifyClientCert, VerifyClientCertIfGiven"
                ]
            ),
            (
                "tls_server_config: {\(tls), client_auth_type: RequireAndVerifyClientCert}",
                [
                    "1: tls_server_config has a client_auth_type and no client_ca_file to check clients with"
                ]
            ),
            (
                "tls_server_config: {\(tls), client_ca_file: c}",
                [
                    "1: tls_server_config has a client_ca_file that is not used; "
                        + "add client_auth_type: RequireAndVerifyClientCert"
                ]
            ),
            (
                "tls_server_config: {\(tls), client_auth_type: RequestClientCert}",
                [
                    "1: tls_server_config.client_auth_type is 'RequestClientCert', which verifies nobody; allowed: "
                        + "NoClientCert, RequireAndVerifyClientCert, VerifyClientCertIfGiven"
                ]
            ),
            ("tls_server_config: {\(tls), \(required), client_allowed_sans: [a, b]}", []),
            (
                "tls_server_config: {\(tls), client_allowed_sans: [a]}",
                [
                    "1: tls_server_config has client_allowed_sans, for which client_auth_type must be "
                        + "RequireAndVerifyClientCert"
                ]
            ),
            (
                "tls_server_config: {\(tls), \(required), client_allowed_sans: []}",
                ["1: tls_server_config.client_allowed_sans is no list of words"]
            ),
            ("tls_server_config: {cert: a, key: b}", []),
            (
                "tls_server_config: {\(tls), cert: a}",
                ["1: tls_server_config has both cert and cert_file where one is allowed"]
            ),
            (
                "tls_server_config: {cert: , key_file: a}",
                ["1: tls_server_config.cert is no text in PEM", "1: tls_server_config has no cert_file"]
            ),
            (
                "tls_server_config:\n  \(tls.replacing(", ", with: "\n  "))\n  cipher_suites: [TLS_RSA_WITH_RC4_128_SHA]\n",
                [
                    "4: tls_server_config.cipher_suites has 'TLS_RSA_WITH_RC4_128_SHA'; allowed: "
                        + WebTLSNames.cipherSuites.map(\.name).joined(separator: ", ")
                ]
            ),
            (
                "tls_server_config: {\(tls), max_version: TLS12, cipher_suites: [TLS_AES_128_GCM_SHA256]}",
                [
                    "1: tls_server_config has a max_version below its min_version, or below what its cipher_suites need"
                ]
            ),
            (
                "tls_server_config: {\(tls), curve_preferences: [P256]}",
                [
                    "1: tls_server_config.curve_preferences has 'P256'; allowed: CurveP256, CurveP384, CurveP521, X25519"
                ]
            ),
            ("tls_server_config: {\(tls), prefer_server_cipher_suites: false}", []),
            (
                "tls_server_config: {\(tls), prefer_server_cipher_suites: 1}",
                ["1: tls_server_config.prefer_server_cipher_suites is '1'; allowed: false, true"]
            ),
            ("http_server_config: {http2: true}", []), ("http_server_config: {http2: false, headers: }", []),
            ("http_server_config: {http2: yes}", ["1: http_server_config.http2 is 'yes'; allowed: false, true"]),
            (
                "http_server_config: {http3: true}",
                ["1: http_server_config.http3 is no key; did you mean http_server_config.http2?"]
            ),
            (
                "http_server_config: {headers: {X-Frame-Options: deny, X-XSS-Protection: '1', X-Content-Type-Options: }}",
                []
            ),
            (
                "http_server_config: {headers: {X-Frame-Options: all}}",
                ["1: http_server_config.headers.X-Frame-Options cannot be that; allowed: deny, sameorigin"]
            ),
            (
                "http_server_config: {headers: {Content-Security-Policy: \"a\\nb\"}}",
                ["1: http_server_config.headers.Content-Security-Policy cannot be that; allowed: one line of text"]
            ),
            (
                "http_server_config: {headers: {Server: a}}",
                ["1: http_server_config.headers.Server is no key"]
            ),
            ("rate_limit: {interval: 1s, burst: 20}", []), ("rate_limit: {interval: 0, burst: 1}", []),
            ("rate_limit: {burst: 1}", []),
            (
                "rate_limit: {interval: 1s}",
                ["1: rate_limit has an interval and no burst, and would answer nothing; add burst: 1 or more"]
            ),
            (
                "rate_limit: {interval: 5, burst: -1}",
                [
                    "1: rate_limit.interval '5' is no time, as in 1s, 500ms or 1m30s; 0 is no limit",
                    "1: rate_limit.burst '-1' is not a whole number from 0 to 1000000",
                ]
            ),
            ("rate_limit: {rate: 1}", ["1: rate_limit.rate is no key"]),
        ] as [(String, [String])])
    func aPersonIsTold(text: String, expected: [String]) throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(text, to: "web.yaml")
        var lines: [String] = []
        do throws(ConfigError) {
            _ = try WebConfig.read(file)
        } catch {
            lines = error.faults.map(\.line)
        }
        #expect(lines == expected.map { "\(file):\($0)" })
    }

    @Test(arguments: [
        ("missing.pem", "server.key", "missing.pem cannot be read: No such file or directory"),
        ("web.yaml", "server.key", "web.yaml has no certificate in PEM"),
        ("server.pem", "web.yaml", "web.yaml has no private key in PEM, or one with a passphrase"),
        ("server.pem", "other.key", "other.key is not the key of the certificate in FOLDER/server.pem"),
    ])
    func filesThatDoNotFitAreNamed(certificate: String, key: String, reason: String) throws {
        let folder = try TemporaryFolder()
        for name in ["server", "other"] {
            let made = try Command.run([
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                "/CN=a", "-keyout", folder.file("\(name).key"), "-out", folder.file("\(name).pem"),
            ])
            #expect(made.ending == .exited(0))
        }
        let web = try folder.write("tls_server_config: {cert_file: \(certificate), key_file: \(key)}", to: "web.yaml")
        let error = #expect(throws: ConfigError.self) { try WebConfig.check(web) }
        let told = reason.replacing("FOLDER", with: folder.path)
        #expect(error?.explanation == "\(web): \(folder.path)/\(told)")
    }
}
