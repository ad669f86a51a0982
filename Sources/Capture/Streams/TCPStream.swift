internal import ProbeEvents

/// The packets of a TCP connection, made of what its two sides did.
///
/// The bytes are those that passed, in the pieces in which they were read. Numbers, acknowledgements and windows are as
/// two sides would have them that lose nothing: a relay never sees the real ones.
struct TCPStream {
    /// A packet, and which side sent it.
    struct Packet: Equatable {
        var bytes: [UInt8]
        var peer: TLSPeer
        /// Whether it carries data, or says the connection's begin or end; others acknowledge only.
        var isDeed: Bool
    }

    private struct Side {
        var end: StreamEnd
        /// The number of the next byte that it sends.
        var next: UInt32 = 0
        /// Up to which byte of its own the other side has said to have it.
        var acknowledged: UInt32 = 0
        var hasClosed = false
    }

    private enum Flag {
        static let end: UInt8 = 0x01
        static let begin: UInt8 = 0x02
        static let reset: UInt8 = 0x04
        static let push: UInt8 = 0x08
        static let acknowledge: UInt8 = 0x10
    }

    private static let headerBytes = 20
    private static let window: UInt16 = 65_535
    /// More in a packet, and what is not acknowledged would be more than the window.
    private static let longestPayload = 32_768

    private var client: Side
    private var server: Side
    private var isReset = false

    /// A connection that has not begun.
    init(client: StreamEnd, server: StreamEnd) {
        self.client = Side(end: client)
        self.server = Side(end: server)
    }

    private subscript(peer: TLSPeer) -> Side {
        get { peer == .client ? client : server }
        _modify {
            if peer == .client { yield &client } else { yield &server }
        }
    }

    /// The three packets with which it begins.
    mutating func begin() -> [Packet] {
        [
            packet(.client, Flag.begin, takes: 1), packet(.server, Flag.begin | Flag.acknowledge, takes: 1),
            packet(.client, Flag.acknowledge),
        ]
    }

    /// One side sent bytes.
    mutating func sent(_ bytes: [UInt8], by peer: TLSPeer) -> [Packet] {
        guard !isReset, !self[peer].hasClosed else { return [] }
        var packets: [Packet] = []
        for start in stride(from: 0, to: bytes.count, by: Self.longestPayload) {
            let part = Array(bytes[start..<min(start + Self.longestPayload, bytes.count)])
            let waiting = Int(self[peer].next &- self[peer].acknowledged)
            if waiting > 0, waiting + part.count > Self.longestPayload {
                packets.append(packet(peer.other, Flag.acknowledge))
            }
            packets.append(
                packet(peer, Flag.push | Flag.acknowledge, part, takes: UInt32(clamping: part.count)))
        }
        return packets
    }

    /// One side sends no more.
    mutating func closed(by peer: TLSPeer) -> [Packet] {
        guard !isReset, !self[peer].hasClosed else { return [] }
        self[peer].hasClosed = true
        return [packet(peer, Flag.end | Flag.acknowledge, takes: 1), packet(peer.other, Flag.acknowledge)]
    }

    /// One side broke off.
    mutating func reset(by peer: TLSPeer) -> [Packet] {
        guard !isReset, !(client.hasClosed && server.hasClosed) else { return [] }
        isReset = true
        return [packet(peer, Flag.reset | Flag.acknowledge)]
    }

    /// RFC 9293, 3.1.
    private mutating func packet(
        _ peer: TLSPeer, _ flags: UInt8, _ payload: [UInt8] = [], takes count: UInt32 = 0
    ) -> Packet {
        let (own, other) = (self[peer], self[peer.other])
        let isAcknowledging = flags & Flag.acknowledge != 0
        var segment: [UInt8] = []
        segment.append(bigEndian: own.end.port)
        segment.append(bigEndian: other.end.port)
        segment.append(bigEndian: own.next)
        segment.append(bigEndian: isAcknowledging ? other.next : 0)
        segment += [UInt8(Self.headerBytes / 4) << 4, flags]
        segment.append(bigEndian: Self.window)
        segment += [0, 0, 0, 0] + payload
        let checksum = IPPacket.checksum(of: Self.pseudoHeader(own.end, other.end, segment.count) + segment)
        (segment[16], segment[17]) = (UInt8(checksum >> 8), UInt8(checksum & 0xFF))
        self[peer].next &+= count
        if isAcknowledging { self[peer.other].acknowledged = other.next }
        return Packet(
            bytes: IPPacket.packet(segment, of: IPPacket.tcp, from: own.end.address, to: other.end.address),
            peer: peer, isDeed: flags != Flag.acknowledge)
    }

    /// What the checksum is of, beside the segment (RFC 9293, 3.1).
    private static func pseudoHeader(_ source: StreamEnd, _ destination: StreamEnd, _ length: Int) -> [UInt8] {
        var bytes = source.address + destination.address
        if source.address.count == 4 {
            bytes += [0, IPPacket.tcp]
            bytes.append(bigEndian: UInt16(clamping: length))
        } else {
            bytes.append(bigEndian: UInt32(clamping: length))
            bytes += [0, 0, 0, IPPacket.tcp]
        }
        return bytes
    }
}

extension TLSPeer {
    /// The side that it talks to.
    fileprivate var other: TLSPeer { self == .client ? .server : .client }
}
