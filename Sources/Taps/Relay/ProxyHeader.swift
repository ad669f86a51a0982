package import NIOCore

/// What goes before a connection's bytes, so that a server behind a relay knows its client (HAProxy's PROXY protocol).
package enum ProxyHeader: String, Sendable, CaseIterable {
    /// A line of text.
    case v1
    /// Bytes.
    case v2

    private static let signature: [UInt8] = [
        0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A,
    ]

    /// The header for a connection between these; one of which nothing is known says so.
    package func bytes(from client: SocketAddress?, to listener: SocketAddress?) -> [UInt8] {
        let ends = Ends(client, listener)
        return switch self {
        case .v1: Self.line(ends)
        case .v2: Self.block(ends)
        }
    }

    private static func line(_ ends: Ends?) -> [UInt8] {
        guard let ends else { return Array("PROXY UNKNOWN\r\n".utf8) }
        let family = ends.isIPv6 ? "TCP6" : "TCP4"
        return Array(
            "PROXY \(family) \(ends.client.text) \(ends.listener.text) \(ends.client.port) \(ends.listener.port)\r\n"
                .utf8)
    }

    /// Version 2; PROXY, or LOCAL without addresses.
    private static func block(_ ends: Ends?) -> [UInt8] {
        guard let ends else { return signature + [0x20, 0x00, 0x00, 0x00] }
        let ports = [ends.client.port, ends.listener.port].flatMap { [UInt8($0 >> 8 & 0xFF), UInt8($0 & 0xFF)] }
        let body = ends.client.bytes + ends.listener.bytes + ports
        return signature + [0x21, ends.isIPv6 ? 0x21 : 0x11, 0x00, UInt8(truncatingIfNeeded: body.count)] + body
    }

    /// Both ends, of one family.
    private struct Ends {
        struct End {
            var text: String
            var bytes: [UInt8]
            var port: Int

            init?(_ address: SocketAddress?) {
                guard let address, let text = address.ipAddress, let port = address.port else { return nil }
                (self.text, self.port, bytes) = (text, port, address.ipBytes)
            }
        }

        var client: End
        var listener: End
        var isIPv6: Bool { client.bytes.count == 16 }

        init?(_ client: SocketAddress?, _ listener: SocketAddress?) {
            guard let client = End(client), let listener = End(listener), client.bytes.count == listener.bytes.count
            else { return nil }
            (self.client, self.listener) = (client, listener)
        }
    }
}
