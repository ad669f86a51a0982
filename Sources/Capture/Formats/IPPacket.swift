/// Packets of IPv4 and IPv6, with what stands in front of UDP and TCP.
enum IPPacket {
    static let udp: UInt8 = 17
    static let tcp: UInt8 = 6
    /// The longest packet of IPv4, bytes.
    static let longest = 65_535
    static let headerBytes = 20

    private static let hops: UInt8 = 64

    /// A packet between two addresses: both of four bytes, or both of sixteen.
    static func packet(_ payload: [UInt8], of kind: UInt8, from source: [UInt8], to destination: [UInt8]) -> [UInt8] {
        if source.count == 4 { return header(payload.count, kind, source, destination) + payload }
        // Version 6, no class, no flow: RFC 8200, 3.
        var bytes: [UInt8] = [0x60, 0, 0, 0]
        bytes.append(bigEndian: UInt16(clamping: payload.count))
        return bytes + [kind, hops] + source + destination + payload
    }

    /// RFC 791, 3.1.
    private static func header(
        _ payloadBytes: Int, _ kind: UInt8, _ source: [UInt8], _ destination: [UInt8]
    ) -> [UInt8] {
        var header: [UInt8] = [0x45, 0]
        header.append(bigEndian: UInt16(clamping: headerBytes + payloadBytes))
        header += [0, 0, 0, 0, hops, kind, 0, 0] + source + destination
        let checksum = checksum(of: header)
        (header[10], header[11]) = (UInt8(checksum >> 8), UInt8(checksum & 0xFF))
        return header
    }

    /// The Internet checksum: RFC 1071.
    static func checksum(of bytes: [UInt8]) -> UInt16 {
        var sum: UInt32 = 0
        for index in stride(from: 0, to: bytes.count, by: 2) {
            sum += UInt32(bytes[index]) << 8 | (index + 1 < bytes.count ? UInt32(bytes[index + 1]) : 0)
            sum = (sum & 0xFFFF) + sum >> 16
        }
        return ~UInt16(truncatingIfNeeded: (sum & 0xFFFF) + sum >> 16)
    }
}
