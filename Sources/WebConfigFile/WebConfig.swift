package import HTTPTypes
package import NIOSSL
package import Observability

/// What the web config file of Prometheus exporters says: passwords, TLS, headers, a limit of requests.
package struct WebConfig: Sendable {
    /// Certificates or a key in PEM.
    package enum PEM: Sendable, Hashable {
        /// In a file of its own.
        case file(String)
        /// In the web config file, under this key.
        case inline(String, key: String)

        /// Where it stands, as a person is told.
        var place: String {
            switch self {
            case .file(let path): path
            case .inline(_, let key): key
            }
        }

        /// The file that it is read from; nil for the web config file.
        var file: String? { if case .file(let path) = self { path } else { nil } }
    }

    /// Certificate, key and what is asked of clients.
    package struct TLS: Sendable {
        package var certificate: PEM
        package var key: PEM
        package var clientAuthority: PEM?
        /// How clients are verified; nil when they need no certificate.
        package var verification: CertificateVerification?
        /// Names of which a client's certificate must have one; nil when any will do.
        package var clientNames: Set<String>?
        package var minimum = TLSVersion.tlsv12
        package var maximum: TLSVersion?
        /// Suites up to TLS 1.2, in order; nil for those of the library.
        package var cipherSuites: [NIOTLSCipher]?
        /// Curves, in order; nil for those of the library.
        package var curves: [NIOTLSCurve]?

        /// The files that it is made of.
        package var files: [String] { [certificate.file, key.file, clientAuthority?.file].compactMap(\.self) }
    }

    /// A limit of requests: one each interval, and so many at once after a pause.
    package struct RateLimit: Sendable, Hashable {
        package var interval: Duration
        package var burst: Int
    }

    /// bcrypt hashes by user; empty when no password is asked for.
    package var users: [String: String] = [:]
    /// Nil for plain HTTP.
    package var tls: TLS?
    /// What every answer has.
    package var headers = HTTPFields()
    /// Nil for none.
    package var rateLimit: RateLimit?
    /// Whether HTTP/2 is asked for by name, which this exporter does not speak.
    package var asksForHTTP2 = false

    /// Reads a file; throws all that is wrong with what it says.
    package static func read(_ path: String) throws(ConfigError) -> WebConfig {
        let root = try YAMLTree(file: path)
        var parser = WebConfigParser(path: path)
        let config = parser.config(of: root)
        guard parser.faults.isEmpty else { throw ConfigError(parser.faults) }
        return config
    }

    /// Reads a file, and the files that it names; throws all that would keep a server from starting with it.
    package static func check(_ path: String) throws(ConfigError) { _ = try read(path).tls?.context(for: path) }
}
