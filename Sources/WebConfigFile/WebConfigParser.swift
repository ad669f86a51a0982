internal import HTTPTypes
internal import Observability

/// Reads a document into a configuration, and notes what is wrong with it. A key is never ignored: somebody would believe
/// in a protection.
struct WebConfigParser {
    let path: String
    private(set) var faults: [ConfigFault] = []

    private static let sections = ["basic_auth_users", "http_server_config", "rate_limit", "tls_server_config"]
    /// The headers that the format has, each with the values that it may have; none for any.
    private static let headers: [(name: String, values: [String])] = [
        ("Content-Security-Policy", []), ("Strict-Transport-Security", []), ("X-Content-Type-Options", ["nosniff"]),
        ("X-Frame-Options", ["deny", "sameorigin"]), ("X-XSS-Protection", []),
    ]

    init(path: String) { self.path = path }

    mutating func config(of root: YAMLTree) -> WebConfig {
        var config = WebConfig()
        for entry in entries(of: root, as: "the file") {
            switch entry.key {
            case "basic_auth_users": config.users = users(entry.value)
            case "http_server_config": readHTTP(entry, into: &config)
            case "rate_limit": config.rateLimit = rateLimit(entry)
            case "tls_server_config": config.tls = tls(entry)
            default: refuse(entry, known: Self.sections)
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
            guard case .scalar(let hash, _) = entry.value, let cost = BcryptHash.cost(of: hash) else {
                // The hash itself is not shown.
                add(entry.line, "\(name) has no bcrypt hash, as in $2y$10$…; make one with: htpasswd -nB \(entry.key)")
                continue
            }
            if !BcryptHash.costs.contains(cost) {
                let range = "\(BcryptHash.costs.lowerBound) to \(BcryptHash.costs.upperBound)"
                add(entry.line, "\(name) has a bcrypt hash of cost \(cost); allowed: \(range)")
            }
            users[entry.key] = hash
        }
        return users
    }

    // MARK: http_server_config

    private mutating func readHTTP(_ section: YAMLTree.Entry, into config: inout WebConfig) {
        for entry in entries(of: section.value, as: section.key) {
            switch entry.key {
            case "http2":
                config.asksForHTTP2 = word(entry, in: section.key, of: ["true": true, "false": false]) ?? false
            case "headers": config.headers = headers(entry, in: section.key)
            default: refuse(entry, in: section.key, known: ["headers", "http2"])
            }
        }
    }

    private mutating func headers(_ section: YAMLTree.Entry, in parent: String) -> HTTPFields {
        var fields = HTTPFields()
        let prefix = "\(parent).\(section.key)"
        for entry in entries(of: section.value, as: prefix) {
            guard let header = Self.headers.first(where: { $0.name == entry.key }), let name = HTTPField.Name(entry.key)
            else {
                refuse(entry, in: prefix, known: Self.headers.map(\.name))
                continue
            }
            switch entry.value {
            case .nothing, .scalar("", _): continue
            case .scalar(let value, _) where header.values.isEmpty && HTTPField.isValidValue(value),
                .scalar(let value, _) where header.values.contains(value):
                fields[name] = value
            case .scalar, .list, .map:
                let allowed = header.values.isEmpty ? "one line of text" : header.values.joined(separator: ", ")
                add(entry.line, "\(prefix).\(entry.key) cannot be that; allowed: \(allowed)")
            }
        }
        return fields
    }

    // MARK: rate_limit

    private mutating func rateLimit(_ section: YAMLTree.Entry) -> WebConfig.RateLimit? {
        var limit = WebConfig.RateLimit(interval: .zero, burst: 0)
        for entry in entries(of: section.value, as: section.key) {
            let text = if case .scalar(let text, _) = entry.value { text } else { "" }
            switch entry.key {
            case "interval":
                guard let interval = text == "0" ? .zero : DurationText.duration(text) else {
                    add(entry.line, "rate_limit.interval '\(text)' is no time, as in 1s, 500ms or 1m30s; 0 is no limit")
                    continue
                }
                limit.interval = interval
            case "burst":
                guard let burst = Int(text), (0...1_000_000).contains(burst) else {
                    add(entry.line, "rate_limit.burst '\(text)' is not a whole number from 0 to 1000000")
                    continue
                }
                limit.burst = burst
            default: refuse(entry, in: section.key, known: ["burst", "interval"])
            }
        }
        guard limit.interval > .zero else { return nil }
        if limit.burst == 0, faults.isEmpty {
            add(section.line, "rate_limit has an interval and no burst, and would answer nothing; add burst: 1 or more")
        }
        return limit
    }

    // MARK: Values

    mutating func entries(of value: YAMLTree, as name: String) -> [YAMLTree.Entry] {
        switch value {
        case .map(let entries, _): return entries
        case .nothing: return []
        case .scalar(_, let line), .list(_, let line):
            add(line, "\(name) has no keys where some are needed")
            return []
        }
    }

    mutating func word<Value>(
        _ entry: YAMLTree.Entry, in section: String, of words: [String: Value], reasons: [String: String] = [:]
    ) -> Value? {
        let word = if case .scalar(let word, _) = entry.value { word } else { String?.none }
        if let word, let value = words[word] { return value }
        let reason = word.flatMap { reasons[$0] }.map { ", which \($0)" } ?? ""
        let found = word.map { "'\($0)'" } ?? "no word"
        let allowed = words.keys.sorted().joined(separator: ", ")
        add(entry.line, "\(section).\(entry.key) is \(found)\(reason); allowed: \(allowed)")
        return nil
    }

    /// The texts of a list, or of the one value in its place.
    mutating func texts(_ entry: YAMLTree.Entry, in section: String) -> [String] {
        let values = if case .list(let values, _) = entry.value { values } else { [entry.value] }
        let texts = values.compactMap {
            if case .scalar(let text, _) = $0, !text.isEmpty { text } else { String?.none }
        }
        if texts.count != values.count || texts.isEmpty {
            add(entry.line, "\(section).\(entry.key) is no list of words")
        }
        return texts
    }

    mutating func refuse(_ entry: YAMLTree.Entry, in section: String = "", known: [String]) {
        let prefix = section.isEmpty ? "" : section + "."
        let nearest = NearestName.of(entry.key, among: known).map { "; did you mean \(prefix)\($0)?" } ?? ""
        add(entry.line, "\(prefix)\(entry.key) is no key\(nearest)")
    }

    mutating func add(_ line: Int, _ reason: String) {
        faults.append(ConfigFault(file: path, line: line, reason: reason))
    }
}
