/// A relay before an adb server: where it listens, and where it hands on to.
package struct ADBRelay: Sendable, Hashable {
    /// Where clients connect to.
    package var listen: ListenAddress
    /// The server; nil for that of `phones.server`.
    package var target: ListenAddress?

    var text: String { "\(listen)" + (target.map { "/\($0)" } ?? "") }
}

extension SettingType where Value == [ADBRelay] {
    /// Relays before adb servers.
    static var adbRelays: Self {
        let allowed = "LISTEN or LISTEN/SERVER, each HOST:PORT, LISTEN also :PORT"
        return Self(allowed: allowed, text: \.text) { text throws(SettingRefusal) in
            let ends = text.split(separator: "/", omittingEmptySubsequences: false)
            guard (1...2).contains(ends.count) else { throw SettingRefusal("'\(text)' is not \(allowed)") }
            do throws(ListenAddressError) {
                let listen = try ListenAddress(parsing: String(ends[0]))
                let target = ends.count == 2 ? try ListenAddress(parsing: String(ends[1])) : nil
                if let target { guard !target.host.isEmpty, target.port > 0 else { throw .noPort(text) } }
                return ADBRelay(listen: listen, target: target)
            } catch {
                throw SettingRefusal("'\(text)' is not \(allowed)")
            }
        }
    }
}

extension SettingType where Value == ListenAddress {
    /// Where an adb server listens; with `tcp:` before it, as adb itself writes it.
    static var adbServer: Self {
        let allowed = "HOST:PORT or tcp:HOST:PORT"
        return Self(allowed: allowed, texts: { [$0.description] }) { text throws(SettingRefusal) in
            let address = try? ListenAddress(parsing: text.hasPrefix("tcp:") ? String(text.dropFirst(4)) : text)
            guard let address, !address.host.isEmpty, address.port > 0 else {
                throw SettingRefusal("'\(text)' is not \(allowed)")
            }
            return address
        }
    }
}
