internal import NIOCore
internal import Observability

/// A server-sent event as it goes over the wire (HTML, 9.2); viewers share its bytes.
struct LiveFrame: Sendable {
    /// What its place in a viewer's buffer is.
    enum Kind: Sendable {
        /// So many exchanges, each of which counts when it is dropped.
        case exchanges(Int)
        /// The latest alone is of use.
        case status
        /// Says that there is nothing to say.
        case keepAlive
    }

    let kind: Kind
    let bytes: ByteBuffer

    static let keepAlive = LiveFrame(kind: .keepAlive, bytes: ByteBuffer(string: ": \n\n"))

    /// Exchanges, the last of which names the event; nil when there is nothing to write.
    init?(_ exchanges: [LiveExchange]) {
        guard let last = exchanges.last, let json = try? LiveExchange.json(exchanges) else { return nil }
        kind = .exchanges(exchanges.count)
        bytes = Self.event("apdu", id: last.id, ByteBuffer(bytes: json))
    }

    init(status json: ByteBuffer) {
        kind = .status
        bytes = Self.event("status", json)
    }

    init(kind: Kind, bytes: ByteBuffer) { (self.kind, self.bytes) = (kind, bytes) }

    /// Tells a viewer that it missed exchanges.
    static func gap(_ dropped: UInt64) -> ByteBuffer {
        event("gap", ByteBuffer(string: "{\"dropped\":\(dropped)}"))
    }

    private static func event(_ name: String, id: UInt64? = nil, _ json: ByteBuffer) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(json.readableBytes + 64)
        if let id { buffer.writeString("id: \(id)\n") }
        buffer.writeString("event: \(name)\ndata: ")
        buffer.writeImmutableBuffer(json)
        buffer.writeString("\n\n")
        return buffer
    }
}
