internal import NIOSSL
internal import Observability

extension WebConfigParser {
    private static let section = "tls_server_config"
    private static let keys = [
        "cert", "cert_file", "cipher_suites", "client_allowed_sans", "client_auth_type", "client_ca", "client_ca_file",
        "curve_preferences", "key", "key_file", "max_version", "min_version", "prefer_server_cipher_suites",
    ]
    private static let versions: [String: TLSVersion] = [
        "TLS10": .tlsv1, "TLS11": .tlsv11, "TLS12": .tlsv12, "TLS13": .tlsv13,
    ]
    private static let verifications: [String: CertificateVerification?] = [
        "NoClientCert": nil, "VerifyClientCertIfGiven": .optionalVerification,
        "RequireAndVerifyClientCert": .noHostnameVerification,
    ]
    private static let weakVerifications = [
        "RequestClientCert": "verifies nobody", "RequireAnyClientCert": "lets anybody in who has some certificate",
        "RequireClientCert": "lets anybody in who has some certificate",
    ]

    /// What a section says of TLS.
    mutating func tls(_ section: YAMLTree.Entry) -> WebConfig.TLS? {
        var pems: [String: WebConfig.PEM] = [:]
        var tls = WebConfig.TLS(certificate: .file(""), key: .file(""))
        for entry in entries(of: section.value, as: section.key) {
            switch entry.key {
            case "cert", "cert_file", "key", "key_file", "client_ca", "client_ca_file": pems[entry.key] = pem(entry)
            case "client_auth_type":
                tls.verification =
                    word(entry, in: Self.section, of: Self.verifications, reasons: Self.weakVerifications) ?? nil
            case "client_allowed_sans": tls.clientNames = Set(texts(entry, in: Self.section))
            case "min_version": tls.minimum = word(entry, in: Self.section, of: Self.versions) ?? .tlsv12
            case "max_version": tls.maximum = word(entry, in: Self.section, of: Self.versions)
            case "cipher_suites": tls.cipherSuites = values(entry, of: WebTLSNames.cipherSuites)
            case "curve_preferences": tls.curves = values(entry, of: WebTLSNames.curves)
            // Taken and without effect, as in other exporters since Go 1.17.
            case "prefer_server_cipher_suites":
                _ = word(entry, in: Self.section, of: ["true": true, "false": false])
            default: refuse(entry, in: Self.section, known: Self.keys)
            }
        }
        if let certificate = one(of: ("cert", "cert_file"), in: pems, isNeeded: true, section.line) {
            tls.certificate = certificate
        }
        if let key = one(of: ("key", "key_file"), in: pems, isNeeded: true, section.line) { tls.key = key }
        tls.clientAuthority = one(of: ("client_ca", "client_ca_file"), in: pems, isNeeded: false, section.line)
        checkClients(tls, section.line)
        checkVersions(&tls, section.line)
        return tls
    }

    private mutating func pem(_ entry: YAMLTree.Entry) -> WebConfig.PEM? {
        let isFile = entry.key.hasSuffix("_file")
        guard case .scalar(let text, _) = entry.value, !text.isEmpty else {
            add(entry.line, "\(Self.section).\(entry.key) is no \(isFile ? "path of a file" : "text in PEM")")
            return nil
        }
        guard isFile else { return .inline(text, key: "\(Self.section).\(entry.key)") }
        guard !text.hasPrefix("/"), let slash = path.lastIndex(of: "/") else { return .file(text) }
        return .file(path[...slash] + text)
    }

    private mutating func one(
        of keys: (String, String), in pems: [String: WebConfig.PEM], isNeeded: Bool, _ line: Int
    ) -> WebConfig.PEM? {
        if pems[keys.0] != nil, pems[keys.1] != nil {
            add(line, "\(Self.section) has both \(keys.0) and \(keys.1) where one is allowed")
        }
        let found = pems[keys.0] ?? pems[keys.1]
        if isNeeded, found == nil { add(line, "\(Self.section) has no \(keys.1)") }
        return found
    }

    private mutating func values<Value>(_ entry: YAMLTree.Entry, of names: [(name: String, value: Value)]) -> [Value] {
        texts(entry, in: Self.section).compactMap { text in
            if let found = names.first(where: { $0.name == text }) { return found.value }
            let allowed = names.map(\.name).joined(separator: ", ")
            add(entry.line, "\(Self.section).\(entry.key) has '\(text)'; allowed: \(allowed)")
            return nil
        }
    }

    private mutating func checkClients(_ tls: WebConfig.TLS, _ line: Int) {
        if tls.verification != nil, tls.clientAuthority == nil {
            add(line, "\(Self.section) has a client_auth_type and no client_ca_file to check clients with")
        }
        if tls.verification == nil, tls.clientAuthority != nil {
            add(
                line,
                "\(Self.section) has a client_ca_file that is not used; "
                    + "add client_auth_type: RequireAndVerifyClientCert")
        }
        if tls.clientNames != nil, tls.verification != .noHostnameVerification {
            add(
                line,
                "\(Self.section) has client_allowed_sans, for which client_auth_type must be RequireAndVerifyClientCert"
            )
        }
    }

    private mutating func checkVersions(_ tls: inout WebConfig.TLS, _ line: Int) {
        // The suites of TLS 1.3 are always all there; a list with no other leaves nothing for the versions below.
        if let suites = tls.cipherSuites, !suites.isEmpty {
            tls.cipherSuites = suites.filter { !WebTLSNames.isOfTLS13($0) }
            if tls.cipherSuites?.isEmpty == true {
                tls.cipherSuites = nil
                tls.minimum = .tlsv13
            }
        }
        if let maximum = tls.maximum, Self.rank(maximum) < Self.rank(tls.minimum) {
            add(line, "\(Self.section) has a max_version below its min_version, or below what its cipher_suites need")
        }
    }

    private static func rank(_ version: TLSVersion) -> Int {
        switch version {
        case .tlsv1: 0
        case .tlsv11: 1
        case .tlsv12: 2
        case .tlsv13: 3
        }
    }
}
