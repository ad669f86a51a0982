package import NIOSSL
package import Observability

extension WebConfig.TLS {
    /// Reads what the web config file at this path names; throws what is wrong with the first that does not do.
    package func context(for path: String) throws(ConfigError) -> NIOSSLContext {
        let chain = try certificates(certificate, path)
        guard let privateKey = try? NIOSSLPrivateKey(bytes: try Self.bytes(key, path), format: .pem) else {
            throw Self.fault(path, key, "has no private key in PEM, or one with a passphrase")
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(privateKey))
        configuration.minimumTLSVersion = minimum
        configuration.maximumTLSVersion = maximum
        configuration.applicationProtocols = ["http/1.1"]
        if let cipherSuites { configuration.cipherSuiteValues = cipherSuites }
        if let curves { configuration.curves = curves }
        if let clientAuthority, let verification {
            configuration.trustRoots = .certificates(try certificates(clientAuthority, path))
            configuration.certificateVerification = verification
        }
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw Self.fault(path, key, "is not the key of the certificate in \(certificate.place)")
        }
    }

    private func certificates(_ pem: WebConfig.PEM, _ path: String) throws(ConfigError) -> [NIOSSLCertificate] {
        let bytes = try Self.bytes(pem, path)
        guard let certificates = try? NIOSSLCertificate.fromPEMBytes(bytes), !certificates.isEmpty else {
            throw Self.fault(path, pem, "has no certificate in PEM")
        }
        return certificates
    }

    private static func bytes(_ pem: WebConfig.PEM, _ path: String) throws(ConfigError) -> [UInt8] {
        switch pem {
        case .inline(let text, _): return Array(text.utf8)
        case .file(let file):
            do throws(BoundedFile.Failure) {
                return Array(try BoundedFile.text(file).utf8)
            } catch {
                throw fault(path, pem, error.reason)
            }
        }
    }

    private static func fault(_ path: String, _ pem: WebConfig.PEM, _ reason: String) -> ConfigError {
        ConfigError([ConfigFault(file: path, line: nil, reason: "\(pem.place) \(reason)")])
    }
}
