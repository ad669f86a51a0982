package import ProbeEvents

/// A modem's port, and what it is called.
package struct ModemPort: Sendable, Hashable {
    /// The name that a person gave it, or the path of a relay's link; empty for none.
    package var name: String
    /// The path of the port, or ``auto``.
    package var port: String
    /// Whose modem it is; nil where that is found out.
    package var vendor: ModemVendor?

    /// Stands for every modem on USB.
    package static let auto = ModemPort(name: "", port: "auto")

    /// A port from its parts.
    package init(name: String = "", port: String, vendor: ModemVendor? = nil) {
        self.name = name
        self.port = port
        self.vendor = vendor
    }

    /// Its name in metrics and events: the last part of whatever it is called.
    package var modem: String {
        (name.isEmpty ? port : name).split(separator: "/").last.map(String.init) ?? port
    }

    var text: String {
        let place = vendor.map { "\($0.name):\(port)" } ?? port
        return name.isEmpty ? place : "\(name)=\(place)"
    }
}

extension SettingType where Value == [ModemPort] {
    /// Ports of modems, each with a name or without.
    static var modemPorts: Self {
        let allowed = "auto, PORT or NAME=PORT, with a port's path that begins with /"
        return Self(allowed: allowed, text: \.text) { text throws(SettingRefusal) in
            if text == ModemPort.auto.port { return .auto }
            // What begins as a path is one, with whatever it holds.
            if text.hasPrefix("/") { return ModemPort(port: text) }
            return try port(text, allowed) { !$0.contains("/") }
        }
    }

    /// Ports of modems, each with the name that a tester finds it by.
    static var modemTaps: Self {
        let makers = ModemVendor.allCases.filter { $0 != .unknown }.map(\.name).joined(separator: ", ")
        let allowed =
            "NAME=PORT, with a name or a path that begins with /, and a port's path that begins with /, behind a maker "
            + "and a colon or without (\(makers))"
        return Self(allowed: allowed, text: \.text) { text throws(SettingRefusal) in
            let (rest, vendor) = try withoutMaker(text, allowed)
            guard
                var tap = try? port(
                    rest, allowed, isName: { $0.hasPrefix("/") ? !$0.hasSuffix("/") : !$0.contains("/") })
            else { throw SettingRefusal("'\(text)' is not \(allowed)") }
            tap.vendor = vendor
            return tap
        }
    }

    /// `NAME=telit:/dev/ttyUSB2` as `NAME=/dev/ttyUSB2` and the maker: a port's path, which may hold a colon, begins with a
    /// slash.
    private static func withoutMaker(
        _ text: String, _ allowed: String
    ) throws(SettingRefusal) -> (String, ModemVendor?) {
        guard let equals = text.firstIndex(of: "="), let colon = text[equals...].firstIndex(of: ":"),
            text[equals...].dropFirst().first != "/"
        else { return (text, nil) }
        let maker = String(text[text.index(after: equals)..<colon])
        guard let vendor = ModemVendor(name: maker), vendor != .unknown else {
            throw SettingRefusal("'\(text)' is not \(allowed)")
        }
        return (String(text[...equals] + text[text.index(after: colon)...]), vendor)
    }

    private static func port(
        _ text: String, _ allowed: String, isName: (Substring) -> Bool
    ) throws(SettingRefusal) -> ModemPort {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, parts[1].hasPrefix("/"), isName(parts[0]), parts[0] != ".",
            parts[0] != ".."
        else { throw SettingRefusal("'\(text)' is not \(allowed)") }
        return ModemPort(name: String(parts[0]), port: String(parts[1]))
    }
}
