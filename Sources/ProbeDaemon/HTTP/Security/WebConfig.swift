internal import NIOSSL
internal import Observability

/// Passwords and TLS, as the web config file of Prometheus exporters has them.
struct WebConfig: Sendable {
    /// Certificate, key and what is asked of clients.
    struct TLS: Sendable {
        var certificateFile: String
        var keyFile: String
        var clientAuthorityFile: String?
        /// How clients are verified; nil when they need no certificate.
        var verification: CertificateVerification?
        var minimum = TLSVersion.tlsv12
        var maximum: TLSVersion?

        /// The files that it is made of.
        var files: [String] { [certificateFile, keyFile] + (clientAuthorityFile.map { [$0] } ?? []) }
    }

    /// bcrypt hashes by user; empty when no password is asked for.
    var users: [String: String] = [:]
    /// Nil for plain HTTP.
    var tls: TLS?

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

/// Reads a document into a configuration, and notes what is wrong with it.
private struct WebConfigParser {
    let path: String
    var faults: [ConfigFault] = []

    // What other exporters know and this one does not: silence would let somebody believe in a protection.
    private static let unsupported = [
        "http_server_config", "rate_limit", "cert", "key", "client_ca", "client_allowed_sans", "cipher_suites",
        "curve_preferences", "prefer_server_cipher_suites",
    ]
    private static let versions: [String: TLSVersion] = [
        "TLS10": .tlsv1, "TLS11": .tlsv11, "TLS12": .tlsv12, "TLS13": .tlsv13,
    ]
    private static let verifications: [String: CertificateVerification?] = [
        "NoClientCert": nil, "VerifyClientCertIfGiven": .optionalVerification,
        "RequireAndVerifyClientCert": .noHostnameVerification,
    ]

    mutating func config(of root: YAMLTree) -> WebConfig {
        var config = WebConfig()
        for entry in entries(of: root, as: "the file") {
            switch entry.key {
            case "basic_auth_users": config.users = users(entry.value)
            case "tls_server_config": config.tls = tls(entry)
            default: refuse(entry, under: "", known: ["basic_auth_users", "tls_server_config"])
            }
        }
        return config
    }

    private mutating func users(_ value: YAMLTree) -> [String: String] {
        var users: [String: String] = [:]
        for entry in entries(of: value, as: "basic_auth_users") {
            let name = "basic_auth_users.\(entry.key)"
            if entry.key.isEmpty || entry.key.contains(":") {
                add(entry.line, "\(name) is no user name: it is empty or has a colon")
            }
            guard case .scalar(let hash, _) = entry.value, let cost = PasswordHash.cost(of: hash) else {
                // The hash itself is not shown.
                add(entry.line, "\(name) has no bcrypt hash, as in $2y$10$…; make one with: htpasswd -nB \(entry.key)")
                continue
            }
            if !PasswordHash.costs.contains(cost) {
                let range = "\(PasswordHash.costs.lowerBound) to \(PasswordHash.costs.upperBound)"
                add(entry.line, "\(name) has a bcrypt hash of cost \(cost); allowed: \(range)")
            }
            users[entry.key] = hash
        }
        return users
    }

    private mutating func tls(_ section: YAMLTree.Entry) -> WebConfig.TLS? {
        var tls = WebConfig.TLS(certificateFile: "", keyFile: "")
        let known = ["cert_file", "key_file", "client_ca_file", "client_auth_type", "min_version", "max_version"]
        for entry in entries(of: section.value, as: section.key) {
            switch entry.key {
            case "cert_file": tls.certificateFile = file(entry) ?? ""
            case "key_file": tls.keyFile = file(entry) ?? ""
            case "client_ca_file": tls.clientAuthorityFile = file(entry)
            case "client_auth_type": tls.verification = word(entry, of: Self.verifications) ?? nil
            case "min_version": tls.minimum = word(entry, of: Self.versions) ?? .tlsv12
            case "max_version": tls.maximum = word(entry, of: Self.versions)
            default: refuse(entry, under: "tls_server_config.", known: known)
            }
        }
        for (key, value) in [("cert_file", tls.certificateFile), ("key_file", tls.keyFile)] where value.isEmpty {
            add(section.line, "tls_server_config has no \(key)")
        }
        if tls.verification != nil, tls.clientAuthorityFile == nil {
            add(section.line, "tls_server_config has a client_auth_type and no client_ca_file to check clients with")
        }
        if tls.verification == nil, tls.clientAuthorityFile != nil {
            add(
                section.line,
                "tls_server_config has a client_ca_file that is not used; "
                    + "add client_auth_type: RequireAndVerifyClientCert")
        }
        if let maximum = tls.maximum, Self.rank(maximum) < Self.rank(tls.minimum) {
            add(section.line, "tls_server_config has a max_version below its min_version")
        }
        return tls
    }

    private static func rank(_ version: TLSVersion) -> Int {
        switch version {
        case .tlsv1: 0
        case .tlsv11: 1
        case .tlsv12: 2
        case .tlsv13: 3
        }
    }

    // MARK: Values

    private mutating func entries(of value: YAMLTree, as name: String) -> [YAMLTree.Entry] {
        switch value {
        case .map(let entries, _): return entries
        case .nothing: return []
        case .scalar(_, let line), .list(_, let line):
            add(line, "\(name) has no keys where some are needed")
            return []
        }
    }

    private mutating func file(_ entry: YAMLTree.Entry) -> String? {
        guard case .scalar(let name, _) = entry.value, !name.isEmpty else {
            add(entry.line, "tls_server_config.\(entry.key) is no path of a file")
            return nil
        }
        guard !name.hasPrefix("/"), let slash = path.lastIndex(of: "/") else { return name }
        return path[...slash] + name
    }

    private mutating func word<Value>(_ entry: YAMLTree.Entry, of words: [String: Value]) -> Value? {
        if case .scalar(let word, _) = entry.value, let value = words[word] { return value }
        let allowed = words.keys.sorted().joined(separator: ", ")
        let found = if case .scalar(let word, _) = entry.value { "'\(word)'" } else { "no word" }
        add(entry.line, "tls_server_config.\(entry.key) is \(found); allowed: \(allowed)")
        return nil
    }

    private mutating func refuse(_ entry: YAMLTree.Entry, under prefix: String, known: [String]) {
        let name = prefix + entry.key
        guard !Self.unsupported.contains(entry.key) else {
            let list = known.joined(separator: ", ")
            return add(entry.line, "\(name) is not supported by this exporter; there is: \(list)")
        }
        let nearest = NearestName.of(entry.key, among: known).map { "; did you mean \(prefix)\($0)?" } ?? ""
        add(entry.line, "\(name) is no key\(nearest)")
    }

    private mutating func add(_ line: Int, _ reason: String) {
        faults.append(ConfigFault(file: path, line: line, reason: reason))
    }
}
