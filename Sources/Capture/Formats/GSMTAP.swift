/// GSMTAP version 2 with SIM data, in UDP and IPv4, as Wireshark knows it.
package enum GSMTAP {
    /// The port that stands for GSMTAP.
    package static let port: UInt16 = 4_729
    /// The longest payload that an IPv4 packet holds.
    package static let longestPayload = IPPacket.longest - IPPacket.headerBytes - udpHeaderBytes - headerBytes

    static let udpHeaderBytes = 8
    static let headerBytes = 16
    private static let simType: UInt8 = 4
    private static let loopback: [UInt8] = [127, 0, 0, 1]

    /// What goes into a UDP datagram with this payload (`CLA INS P1 P2 P3 [data] SW1 SW2`); what is longer than may be is
    /// cut at its end.
    package static func datagram(_ payload: [UInt8]) -> [UInt8] {
        // Version, length in words, type; no radio, so the rest is 0, and sub-type 0 is an APDU.
        [2, 4, simType] + [UInt8](repeating: 0, count: headerBytes - 3) + payload.prefix(longestPayload)
    }

    /// The same in an IPv4 packet from and to this machine.
    package static func packet(_ payload: [UInt8]) -> [UInt8] {
        let datagram = datagram(payload)
        var bytes: [UInt8] = []
        bytes.append(bigEndian: port)
        bytes.append(bigEndian: port)
        bytes.append(bigEndian: UInt16(clamping: udpHeaderBytes + datagram.count))
        // No checksum: RFC 768.
        bytes += [0, 0] + datagram
        return IPPacket.packet(bytes, of: IPPacket.udp, from: loopback, to: loopback)
    }

    /// The payload of a packet with SIM data and sub-type APDU, of a link type that carries IPv4; nil for any other.
    package static func payload(of data: [UInt8], linkType: UInt32) -> [UInt8]? {
        payloadRange(of: data, linkType: linkType).map { Array(data[$0]) }
    }

    /// Where that payload stands.
    package static func payloadRange(of data: [UInt8], linkType: UInt32) -> Range<Int>? {
        guard let start = ipStart(data, linkType), data.count >= start + IPPacket.headerBytes, data[start] >> 4 == 4
        else {
            return nil
        }
        let ipLength = Int(data[start + 2]) << 8 | Int(data[start + 3])
        let udpStart = start + Int(data[start] & 0x0F) * 4
        let header = udpStart + udpHeaderBytes
        // No fragment behind the first one has an UDP header.
        let isFirst = data[start + 6] & 0x1F == 0 && data[start + 7] == 0
        guard isFirst, data[start + 9] == IPPacket.udp, udpStart >= start + IPPacket.headerBytes,
            header + headerBytes <= data.count,
            Int(data[udpStart + 2]) << 8 | Int(data[udpStart + 3]) == Int(port)
        else { return nil }
        let payloadStart = header + Int(data[header + 1]) * 4
        let end = min(start + ipLength, data.count)
        guard data[header] == 2, data[header + 1] >= 4, data[header + 2] == simType, data[header + 12] == 0,
            payloadStart <= end
        else { return nil }
        return payloadStart..<end
    }

    /// Where the IPv4 header stands: Ethernet, raw IP and IPv4 carry one.
    private static func ipStart(_ data: [UInt8], _ linkType: UInt32) -> Int? {
        switch linkType {
        case 1: data.count >= 14 && data[12] == 0x08 && data[13] == 0x00 ? 14 : nil
        case 101, 228: 0
        default: nil
        }
    }
}
