internal import NIOSSL
internal import Observability

/// All that it takes to ask one probe.
package struct ProbeConnection: Sendable {
    /// Where it answers.
    package var address: ProbeAddress
    /// Who asks; nil for nobody in particular.
    package var credentials: ProbeCredentials?
    /// What secures an `https` address.
    package var tls: ClientTLS
    /// How long an answer may take, its last byte included.
    package var timeout: Duration

    /// A connection from its parts.
    package init(
        address: ProbeAddress = .local, credentials: ProbeCredentials? = nil, tls: ClientTLS = ClientTLS(),
        timeout: Duration = .seconds(5)
    ) {
        self.address = address
        self.credentials = credentials
        self.tls = tls
        self.timeout = timeout
    }
}

/// A user and a password, for HTTP's Basic authentication.
package struct ProbeCredentials: Sendable, Hashable {
    package let user: String
    package let password: String

    /// Credentials from their parts.
    package init(user: String, password: String) {
        self.user = user
        self.password = password
    }
}

/// Whom a client trusts, and who it is.
package struct ClientTLS: Sendable, Hashable {
    /// A file with whoever may have signed the probe's certificate; nil for those whom the system trusts.
    package var authority: String?
    /// A file with our own certificate.
    package var certificate: String?
    /// A file with its key.
    package var key: String?
    /// Whether anybody may answer.
    package var isUnchecked: Bool

    /// A client's side from its parts.
    package init(
        authority: String? = nil, certificate: String? = nil, key: String? = nil, isUnchecked: Bool = false
    ) {
        self.authority = authority
        self.certificate = certificate
        self.key = key
        self.isUnchecked = isUnchecked
    }

    /// A system's list of all whom it trusts is near 256 KiB.
    private static let mostBytes = 4 * 1024 * 1024

    /// What NIO makes of the files.
    func configuration() throws(ProbeError.Reason) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        if isUnchecked { configuration.certificateVerification = .none }
        if let authority {
            configuration.trustRoots = .certificates(try Self.certificates(authority))
        }
        if let certificate, let key {
            configuration.certificateChain = try Self.certificates(certificate).map { .certificate($0) }
            let bytes = try Self.read(key)
            guard let key = try? NIOSSLPrivateKey(bytes: bytes, format: .pem) else {
                throw .badFile("\(key) has no key in PEM that needs no password")
            }
            configuration.privateKey = .privateKey(key)
        }
        return configuration
    }

    private static func certificates(_ file: String) throws(ProbeError.Reason) -> [NIOSSLCertificate] {
        let bytes = try read(file)
        guard let found = try? NIOSSLCertificate.fromPEMBytes(bytes), !found.isEmpty else {
            throw .badFile("\(file) has no certificate in PEM")
        }
        return found
    }

    private static func read(_ file: String) throws(ProbeError.Reason) -> [UInt8] {
        do throws(BoundedFile.Failure) {
            return Array(try BoundedFile.text(file, mostBytes: mostBytes).utf8)
        } catch {
            throw .badFile("\(file) \(error.reason)")
        }
    }
}
