@testable import Observability
@testable import WebConfigFile

/// libFuzzer: whatever a web config file says, it is one without a fault or has faults in its lines, and none shows a hash
/// of a password or a key.
///
/// An input: the file.
@_cdecl("LLVMFuzzerTestOneInput")
public func takeWebConfig(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    guard let text = String(validating: UnsafeBufferPointer(start: start, count: count), as: UTF8.self),
        let tree = try? YAMLTree.parse(text)
    else { return 0 }
    let lines = text.utf8.count { $0 == 0x0A || $0 == 0x0D } + text.unicodeScalars.count { $0.value > 0x7F } + 2
    var parser = WebConfigParser(path: "F")
    let config = parser.config(of: tree)
    for fault in parser.faults {
        precondition(fault.lineNumber.map { (1...lines).contains($0) } ?? false)
        // What is a key as well is shown as one.
        for secret in tree.secrets where text.ranges(of: secret).count == 1 {
            precondition(!fault.line.contains(secret))
        }
    }
    guard parser.faults.isEmpty else { return 0 }
    precondition(config.users.allSatisfy { BcryptHash.cost(of: $0.value).map(BcryptHash.costs.contains) ?? false })
    precondition(config.users.keys.allSatisfy { !$0.isEmpty && !$0.contains(":") })
    if let limit = config.rateLimit { precondition(limit.interval >= .zero && limit.burst >= 0) }
    if let tls = config.tls {
        precondition(tls.verification == nil || tls.clientAuthority != nil)
        precondition(tls.clientNames == nil || tls.verification != nil)
    }
    return 0
}

extension YAMLTree {
    /// What stands where secrets do, and looks like one.
    fileprivate var secrets: [String] {
        guard case .map(let entries, _) = self else { return [] }
        return entries.flatMap { entry -> [String] in
            switch (entry.key, entry.value) {
            case ("basic_auth_users", .map(let users, _)):
                users.compactMap {
                    if case .scalar(let hash, _) = $0.value, hash.hasPrefix("$2"), hash != $0.key { hash } else { nil }
                }
            case ("tls_server_config", .map(let keys, _)):
                keys.compactMap {
                    if $0.key == "key", case .scalar(let key, _) = $0.value, key.hasPrefix("-----") { key } else { nil }
                }
            default: []
            }
        }.filter { $0.utf8.count > 5 }
    }
}
