internal import ProbeEvents

/// Where a server listens: `:7816` (every address), `127.0.0.1:7816`, `[::1]:7816` or `bench.example:7816`.
package struct ListenAddress: Sendable, Hashable, CustomStringConvertible {
    /// Name or address without brackets; empty for every address of the machine.
    package var host: String
    /// TCP port; 0 lets the system choose.
    package var port: UInt16

    /// An address from its parts.
    package init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Reads `HOST:PORT`, `[IPv6]:PORT` or `:PORT`.
    package init(parsing text: String) throws(ListenAddressError) {
        guard let colon = text.lastIndex(of: ":") else {
            throw UInt16(text) == nil ? .noPort(text) : .onlyPort(text)
        }
        guard let port = Self.port(text[text.index(after: colon)...]) else { throw .badPort(text) }
        var host = text[..<colon]
        if host.hasPrefix("[") && host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
            guard host.contains(":"), host.utf8.allSatisfy(Self.isInIPv6) else { throw .badHost(text) }
        } else {
            guard !host.contains(":") else { throw .noBrackets(text) }
            guard host.utf8.allSatisfy(Self.isInName) else { throw .badHost(text) }
        }
        self.init(host: String(host), port: port)
    }

    /// Reads `HOST:PORT` or `[IPv6]:PORT` of somebody else, who has both.
    package init(sendingTo text: String) throws(ListenAddressError) {
        try self.init(parsing: text)
        guard !host.isEmpty else { throw .badHost(text) }
        guard port > 0 else { throw .noPort(text) }
    }

    /// As it is typed: brackets around IPv6.
    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// What a browser on this machine can open; every address is shown as loopback.
    package func localURL(isSecure: Bool = false) -> String {
        let scheme = isSecure ? "https" : "http"
        return switch host {
        case "", "0.0.0.0": "\(scheme)://127.0.0.1:\(port)/"
        case "::": "\(scheme)://[::1]:\(port)/"
        default: "\(scheme)://\(description)/"
        }
    }

    // `UInt16` alone would take "+1" as well.
    private static func port(_ text: Substring) -> UInt16? {
        text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? UInt16(text) : nil
    }

    static func isInName(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"): true
        default: false
        }
    }

    // Behind the percent sign stands the interface of a link-local address.
    private static func isInIPv6(_ byte: UInt8) -> Bool {
        isInName(byte) || byte == UInt8(ascii: ":") || byte == UInt8(ascii: "%")
    }
}

/// Why a text is no address to listen on.
package enum ListenAddressError: ExplainedError, Hashable {
    /// There is no colon.
    case noPort(String)
    /// A number alone.
    case onlyPort(String)
    /// What follows the last colon is no port.
    case badPort(String)
    /// An IPv6 address without brackets.
    case noBrackets(String)
    /// The host has a character that no name or address has.
    case badHost(String)

    /// One line: what is wrong and what is allowed.
    package var explanation: String {
        switch self {
        case .noPort(let text): "'\(text)' has no port; write HOST:PORT, as in 127.0.0.1:7816"
        case .onlyPort(let text): "'\(text)' has no host; write :\(text) for every address, or 127.0.0.1:\(text)"
        case .badPort(let text): "'\(text)' has no port from 0 to 65535 behind its last colon"
        case .noBrackets(let text): "'\(text)' is not clear; write an IPv6 address in brackets, as in [::1]:7816"
        case .badHost(let text): "'\(text)' has no valid host name or address; write HOST:PORT, as in 127.0.0.1:7816"
        }
    }
}
