internal import HTTPTypes
internal import NIOSSL
internal import Observability

/// What the web config file of Prometheus exporters says: passwords, TLS, headers, a limit of requests.
struct WebConfig: Sendable {
    /// Certificates or a key in PEM.
    enum PEM: Sendable, Hashable {
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
    struct TLS: Sendable {
        var certificate: PEM
        var key: PEM
        var clientAuthority: PEM?
        /// How clients are verified; nil when they need no certificate.
        var verification: CertificateVerification?
        /// Names of which a client's certificate must have one; nil when any will do.
        var clientNames: Set<String>?
        var minimum = TLSVersion.tlsv12
        var maximum: TLSVersion?
        /// Suites up to TLS 1.2, in order; nil for those of the library.
        var cipherSuites: [NIOTLSCipher]?
        /// Curves, in order; nil for those of the library.
        var curves: [NIOTLSCurve]?

        /// The files that it is made of.
        var files: [String] { [certificate.file, key.file, clientAuthority?.file].compactMap(\.self) }
    }

    /// A limit of requests: one each interval, and so many at once after a pause.
    struct RateLimit: Sendable, Hashable {
        var interval: Duration
        var burst: Int
    }

    /// bcrypt hashes by user; empty when no password is asked for.
    var users: [String: String] = [:]
    /// Nil for plain HTTP.
    var tls: TLS?
    /// What every answer has.
    var headers = HTTPFields()
    /// Nil for none.
    var rateLimit: RateLimit?
    /// Whether HTTP/2 is asked for by name, which this exporter does not speak.
    var asksForHTTP2 = false

    /// Reads a file; throws all that is wrong with it.
    static func read(_ path: String) throws(ConfigError) -> WebConfig {
        let root: YAMLTree
        do {
            root = try YAMLTree.parse(try BoundedFile.text(path))
        } catch let failure as BoundedFile.Failure {
            throw ConfigError([ConfigFault(file: path, line: nil, reason: failure.reason)])
        } catch let fault as YAMLTree.Fault {
            throw ConfigError([ConfigFault(file: path, line: fault.line, reason: fault.reason)])
        } catch {
            throw ConfigError([ConfigFault(file: path, line: nil, reason: "cannot be read")])
        }
        var parser = WebConfigParser(path: path)
        let config = parser.config(of: root)
        guard parser.faults.isEmpty else { throw ConfigError(parser.faults) }
        return config
    }
}
