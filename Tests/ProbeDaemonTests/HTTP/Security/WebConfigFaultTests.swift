import Observability
import TestSupport
import Testing

@testable import ProbeDaemon

/// Web config files, and what a person is told of faults in them.
struct WebConfigFaultTests {
    private static let hash = "$2y$10$" + String(repeating: "a", count: 53)
    private static let noHash = "has no bcrypt hash, as in $2y$10$…; make one with: htpasswd -nB"
    private static let tls = "cert_file: a, key_file: b"
    private static let known = "cert_file, key_file, client_ca_file, client_auth_type, min_version, max_version"

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
                    "1: tls_server_config has a max_version below its min_version"
                ]
            ),
            (
                "tls_server_config: {\(tls), client_auth_type: RequireAnyClientCert}",
                [
                    "1: tls_server_config.client_auth_type is 'RequireAnyClientCert'; allowed: NoClientCert, "
                        + "RequireAndVerifyClientCert, VerifyClientCertIfGiven"
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
                "tls_server_config: {\(tls), client_allowed_sans: [a]}",
                [
                    "1: tls_server_config.client_allowed_sans is not supported by this exporter; there is: \(known)"
                ]
            ),
            (
                "http_server_config: {http2: true}",
                [
                    "1: http_server_config is not supported by this exporter; there is: basic_auth_users, tls_server_config"
                ]
            ),
            (
                "rate_limit: {burst: 1}",
                [
                    "1: rate_limit is not supported by this exporter; there is: basic_auth_users, tls_server_config"
                ]
            ),
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
        let error = #expect(throws: ConfigError.self) { try WebSecurity(file: web) { _ in } }
        let told = reason.replacing("FOLDER", with: folder.path)
        #expect(error?.explanation == "\(web): \(folder.path)/\(told)")
    }
}
