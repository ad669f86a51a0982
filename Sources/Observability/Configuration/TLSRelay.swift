/// A relay between cards and a server over TLS: where it listens, and where it hands on to.
package struct TLSRelay: Sendable, Hashable {
    /// Its name in metrics and events.
    package var name: String
    /// Where cards connect to.
    package var listen: ListenAddress
    /// The server.
    package var target: ListenAddress
    /// The version of the PROXY header that the server is given; nil for none.
    package var proxyHeader: String?

    var text: String {
        "\(name)=\(listen)/\(target)" + (proxyHeader.map { "/\($0)" } ?? "")
    }
}

extension SettingType where Value == [TLSRelay] {
    /// Relays, each with a name.
    static var tlsRelays: Self {
        let allowed = "NAME=LISTEN/SERVER, each HOST:PORT, LISTEN also :PORT, with /v1 or /v2 behind for a PROXY header"
        return Self(allowed: allowed, text: \.text) { text throws(SettingRefusal) in
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let ends = (parts.last ?? "").split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty, parts[0].utf8.count <= 64,
                parts[0].utf8.allSatisfy(ListenAddress.isInName), (2...3).contains(ends.count),
                ends.count == 2 || ["v1", "v2"].contains(ends[2])
            else { throw SettingRefusal("'\(text)' is not \(allowed)") }
            do throws(ListenAddressError) {
                let listen = try ListenAddress(parsing: String(ends[0]))
                let target = try ListenAddress(parsing: String(ends[1]))
                guard !target.host.isEmpty, target.port > 0 else { throw .noPort(String(ends[1])) }
                return TLSRelay(
                    name: String(parts[0]), listen: listen, target: target,
                    proxyHeader: ends.count == 3 ? String(ends[2]) : nil)
            } catch {
                throw SettingRefusal("'\(text)' is not \(allowed)")
            }
        }
    }
}
