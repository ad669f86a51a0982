internal import Glibc

/// Decides by the Host header whether a request meant this machine.
///
/// A web page of a stranger can make its own name point here (DNS rebinding), and the browser then reads the answers
/// as that page's own. Such a request bears the stranger's name, so only names of this machine are answered. An
/// address is always answered, since no one can make it point elsewhere.
package struct HostGuard: Sendable {
    private let names: Set<String>

    /// Takes the machine's own names, and further ones that it is known by.
    package init(names: some Sequence<String>) {
        self.names = Set(names.map { $0.lowercased() })
    }

    /// Whether a Host header (`NAME`, `NAME:PORT`, `[IPv6]:PORT`) means this machine; none at all is HTTP/1.0.
    package func allows(_ authority: String?) -> Bool {
        guard let authority else { return true }
        guard var host = Self.host(of: authority[...]) else { return false }
        if host.hasSuffix(".") { host.removeLast() }
        let name = host.lowercased()
        return name == "localhost" || name.hasSuffix(".localhost") || names.contains(name) || Self.isAddress(name)
    }

    /// The names by which other machines on the same network usually know this one.
    ///
    /// They are the host's name, that name with `.local` (multicast DNS) and with each search domain of the
    /// resolver's file, all of which the owner of the machine or of its network has chosen.
    package static func ownNames(resolverFile: String) -> [String] {
        guard let hostName = hostName() else { return [] }
        var names = [hostName]
        guard let short = hostName.split(separator: ".").first.map(String.init) else { return names }
        names.append(short)
        names.append(short + ".local")
        for line in resolverFile.split(separator: "\n") {
            let words = line.split(whereSeparator: \.isWhitespace)
            guard let key = words.first, key == "search" || key == "domain" else { continue }
            names += words.dropFirst().filter { $0 != "." }.map { "\(short).\($0)" }
        }
        return names
    }

    private static func hostName() -> String? {
        var bytes = [CChar](repeating: 0, count: 256)
        let isKnown = gethostname(&bytes, bytes.count - 1) == 0
        let name = String(decoding: bytes.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return isKnown && !name.isEmpty ? name : nil
    }

    private static func host(of authority: Substring) -> String? {
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            let rest = authority[authority.index(after: end)...]
            guard rest.isEmpty || rest.hasPrefix(":") else { return nil }
            return String(authority[authority.index(after: authority.startIndex)..<end])
        }
        let parts = authority.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2, let name = parts.first else { return nil }
        return String(name)
    }

    private static func isAddress(_ name: String) -> Bool {
        var address = in6_addr()
        return inet_pton(AF_INET, name, &address) == 1 || inet_pton(AF_INET6, name, &address) == 1
    }
}
