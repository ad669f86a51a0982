internal import NIOCore
internal import ProbeEvents

/// Tells a capture what passed in one connection.
struct StreamCopy {
    private let link: TLSLink
    private let sink: any WireSink
    private var mask: TLSStreamMask

    init(_ link: TLSLink, into sink: any WireSink, hasher: PSKIdentityHasher?) {
        (self.link, self.sink) = (link, sink)
        mask = TLSStreamMask(showsIdentities: sink.showsIdentities, hasher: hasher)
    }

    /// The client's connection was taken; of one whose addresses are not known nothing is told.
    func opened(from client: SocketAddress?, to listener: SocketAddress?) {
        guard let client = StreamEnd(client), let listener = StreamEnd(listener),
            client.address.count == listener.address.count
        else { return }
        tell(.opened(client: client, server: listener), by: .client)
    }

    /// One side sent bytes.
    mutating func sent(_ bytes: some Collection<UInt8>, by peer: TLSPeer, at clock: EventClock) {
        let masked = mask.masked(Array(bytes), from: peer)
        var sight = StreamSight(
            link: link, peer: peer, deed: .sent(masked.bytes), wallNanoseconds: clock.wallNanoseconds)
        sight.cutBytes = masked.cutBytes
        if masked.hashedIdentities > 0 { sight.remark = "identity hashed" }
        sink.receive(.stream(sight))
    }

    /// One side sends no more, or broke off, or all is over.
    func tell(_ deed: StreamSight.Deed, by peer: TLSPeer) {
        sink.receive(
            .stream(
                StreamSight(link: link, peer: peer, deed: deed, wallNanoseconds: EventClock.now.wallNanoseconds)))
    }
}

extension StreamEnd {
    /// An address of NIO's; one of IPv4 inside IPv6 is that of IPv4.
    fileprivate init?(_ address: SocketAddress?) {
        guard let address, let port = address.port.flatMap(UInt16.init(exactly:)) else { return nil }
        let bytes = address.ipBytes
        let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
        self.init(address: bytes.starts(with: mapped) ? Array(bytes.suffix(4)) : bytes, port: port)
    }
}

extension SocketAddress {
    /// The four or sixteen bytes of an address of IP; none of another one.
    var ipBytes: [UInt8] {
        guard let text = ipAddress else { return [] }
        // Behind family and port, and in IPv6 the flow.
        let place = text.contains(":") ? 8..<24 : 4..<8
        return withSockAddr { start, size in Array(UnsafeRawBufferPointer(start: start, count: size)[place]) }
    }
}
