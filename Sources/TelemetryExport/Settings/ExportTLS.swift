internal import NIOSSL
internal import Observability

/// Certificates and a key for TLS, in PEM as they stood in their files.
package struct ExportTLS: Sendable, Hashable {
    /// Who may have signed the server's certificate; nil for whom the system trusts.
    var authorities: [UInt8]?
    /// Our own certificate with those that lead to its root, and its key.
    var identity: Identity?

    /// Who we are.
    struct Identity: Sendable, Hashable {
        var certificates: [UInt8]
        var key: [UInt8]
    }

    /// A reason why files cannot be used.
    struct Unusable: Error {
        let reason: String
    }

    /// Nothing of our own.
    init() {}

    /// Reads the files of these names; nil stands for none.
    init(authorities: String?, certificate: String?, key: String?) throws(Unusable) {
        self.authorities = try authorities.map { file throws(Unusable) in try Self.read(file) }
        switch (certificate, key) {
        case (let certificate?, let key?):
            identity = Identity(certificates: try Self.read(certificate), key: try Self.read(key))
        case (nil, nil): break
        default: throw Unusable(reason: "a client certificate and its key go together")
        }
        guard self != ExportTLS() else { return }
        do {
            _ = try NIOSSLContext(configuration: configuration())
        } catch {
            throw Unusable(reason: "certificates or key are no PEM, or do not belong together")
        }
    }

    /// What a client needs.
    func configuration() throws -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        if let authorities { configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(authorities)) }
        if let identity {
            let chain = try NIOSSLCertificate.fromPEMBytes(identity.certificates)
            configuration.certificateChain = chain.map { .certificate($0) }
            configuration.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: identity.key, format: .pem))
        }
        return configuration
    }

    private static func read(_ file: String) throws(Unusable) -> [UInt8] {
        do throws(BoundedFile.Failure) {
            return Array(try BoundedFile.text(file, mostBytes: mostBytes).utf8)
        } catch {
            throw Unusable(reason: "\(file) \(error.reason)")
        }
    }

    /// A system's list of all whom it trusts is near 256 KiB.
    private static let mostBytes = 4 * 1024 * 1024
}
