internal import Glibc

/// Where a gRPC server listens: what scheme, host and port of a URL say.
struct GRPCEndpoint: Sendable, Hashable {
    /// A name to be looked up, or an address.
    enum Host: Sendable, Hashable {
        case name(String), ipv4(String), ipv6(String)
    }

    var isSecure: Bool
    var host: Host
    var port: Int

    /// Reads `https://host:port`; nil for what is none.
    ///
    /// Without a port it is OTLP's own, but 443 with TLS, as servers on the internet have it.
    init?(_ url: String) {
        guard let scheme = url.firstRange(of: "://"), ["http", "https"].contains(url[..<scheme.lowerBound]) else {
            return nil
        }
        isSecure = url[..<scheme.lowerBound] == "https"
        let place = url[scheme.upperBound...].prefix { !"/?#".contains($0) }
        guard !place.contains("@") else { return nil }
        let colon = place.lastIndex(of: ":").flatMap { place[$0...].contains("]") ? nil : $0 }
        let name = place[..<(colon ?? place.endIndex)]
        let digits = colon.map { place[place.index(after: $0)...] } ?? (isSecure ? "443" : "4317")
        guard let port = UInt16(digits), port > 0, let host = Host(name) else { return nil }
        (self.host, self.port) = (host, Int(port))
    }
}

extension GRPCEndpoint.Host {
    /// IPv6 stands in brackets.
    fileprivate init?(_ text: Substring) {
        var address = in6_addr()
        if text.hasPrefix("["), text.hasSuffix("]") {
            let inner = String(text.dropFirst().dropLast())
            guard inet_pton(AF_INET6, inner, &address) == 1 else { return nil }
            self = .ipv6(inner)
        } else if inet_pton(AF_INET, String(text), &address) == 1 {
            self = .ipv4(String(text))
        } else {
            guard !text.isEmpty, !text.contains(":") else { return nil }
            self = .name(String(text))
        }
    }
}
