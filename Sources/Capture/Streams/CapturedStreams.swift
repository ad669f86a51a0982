package import ProbeEvents

/// A packet of a connection.
package struct StreamPacket: Sendable, Hashable {
    /// From its IP header on.
    package var bytes: [UInt8]
    /// Whether the client sent it.
    package var isFromClient: Bool
    /// What of it is no wire's; empty for most.
    package var comment: String
}

/// The connections that are open, as packets.
package struct CapturedStreams {
    /// Connections that are followed; the oldest goes for a new one, and nothing more is told of it.
    private static let limit = 4_096

    private var streams: [TLSLink: TCPStream] = [:]
    private var order: [TLSLink] = []

    /// None yet.
    package init() {}

    /// The packets of a deed.
    package mutating func packets(of sight: StreamSight) -> [StreamPacket] {
        if case .opened(let client, let server) = sight.deed { begin(sight.link, client, server) }
        guard var stream = streams[sight.link] else { return [] }
        // Held once, so that nothing is copied.
        streams[sight.link] = nil
        let packets: [TCPStream.Packet] =
            switch sight.deed {
            case .opened: stream.begin()
            case .sent(let bytes): stream.sent(bytes, by: sight.peer)
            case .closed: stream.closed(by: sight.peer)
            case .reset: stream.reset(by: sight.peer)
            case .over: []
            }
        if sight.deed == .over { order.removeAll { $0 == sight.link } } else { streams[sight.link] = stream }
        let comment = comment(of: sight)
        return packets.map { packet in
            StreamPacket(
                bytes: packet.bytes, isFromClient: packet.peer == .client, comment: packet.isDeed ? comment : "")
        }
    }

    private mutating func begin(_ link: TLSLink, _ client: StreamEnd, _ server: StreamEnd) {
        if order.count >= Self.limit { streams[order.removeFirst()] = nil }
        order.append(link)
        streams[link] = TCPStream(client: client, server: server)
    }

    private func comment(of sight: StreamSight) -> String {
        let cut = sight.cutBytes > 0 ? ["\(sight.cutBytes) bytes cut"] : []
        return (cut + (sight.remark.isEmpty ? [] : [sight.remark])).joined(separator: "; ")
    }
}
