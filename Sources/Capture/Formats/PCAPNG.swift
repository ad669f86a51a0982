/// The blocks of a pcapng file, as this probe writes them: little endian, times in nanoseconds.
///
/// Clauses are those of the IETF draft "PCAP Now Generic", draft-ietf-opsawg-pcapng.
package enum PCAPNG {
    /// What a packet of an interface begins with.
    package enum LinkType {
        /// LINKTYPE_IPV4. No link type stands for GSMTAP with SIM data itself.
        package static let ipv4: UInt16 = 228
        /// LINKTYPE_RAW: IPv4 or IPv6.
        package static let ip: UInt16 = 101
    }

    /// Which way a packet went (epb_flags, 4.3.1).
    package enum Direction: UInt32, Sendable {
        /// To this side.
        case received = 1
        /// From it.
        case sent = 2
    }

    enum BlockType {
        static let sectionHeader: UInt32 = 0x0A0D_0D0A
        static let interface: UInt32 = 1
        static let simplePacket: UInt32 = 3
        static let statistics: UInt32 = 5
        static let packet: UInt32 = 6
    }

    static let byteOrderMagic: UInt32 = 0x1A2B_3C4D

    enum Option {
        static let end: UInt16 = 0
        static let comment: UInt16 = 1
        // Section header.
        static let hardware: UInt16 = 2
        static let system: UInt16 = 3
        static let application: UInt16 = 4
        // Interface.
        static let name: UInt16 = 2
        static let description: UInt16 = 3
        static let resolution: UInt16 = 9
        static let timeOffset: UInt16 = 14
        // Packet.
        static let flags: UInt16 = 2
        // Statistics.
        static let received: UInt16 = 4
        static let dropped: UInt16 = 5
    }

    /// Longer texts are cut: a comment is for reading.
    static let longestText = 4_096

    /// The begin of a section: which machine, system and program wrote it.
    package static func section(hardware: String, system: String, application: String) -> [UInt8] {
        var body: [UInt8] = []
        body.append(littleEndian: byteOrderMagic)
        body.append(littleEndian: UInt16(1))
        body.append(littleEndian: UInt16(0))
        // The length of the section is not known while it is written.
        body.append(littleEndian: Int64(-1))
        append(Option.hardware, hardware, to: &body)
        append(Option.system, system, to: &body)
        append(Option.application, application, to: &body)
        return block(BlockType.sectionHeader, body)
    }

    /// An interface, numbered in the order in which they are written.
    package static func interface(
        name: String, description: String = "", linkType: UInt16 = LinkType.ipv4
    ) -> [UInt8] {
        var body: [UInt8] = []
        body.append(littleEndian: linkType)
        body.append(littleEndian: UInt16(0))
        body.append(littleEndian: UInt32(0))
        append(Option.name, name, to: &body)
        append(Option.description, description, to: &body)
        // Units of 10^-9 s.
        append(Option.resolution, [9], to: &body)
        return block(BlockType.interface, body)
    }

    /// A packet of an interface, at a time since 1970 in UTC.
    package static func packet(
        _ data: [UInt8], interface: UInt32, nanoseconds: UInt64, originalLength: Int? = nil,
        direction: Direction? = nil, comment: String
    ) -> [UInt8] {
        var body: [UInt8] = []
        body.reserveCapacity(data.count + comment.utf8.count + 48)
        body.append(littleEndian: interface)
        append(time: nanoseconds, to: &body)
        body.append(littleEndian: UInt32(clamping: data.count))
        body.append(littleEndian: UInt32(clamping: originalLength ?? data.count))
        body += data
        body.pad()
        append(Option.comment, comment, to: &body)
        if let direction {
            var flags: [UInt8] = []
            flags.append(littleEndian: direction.rawValue)
            append(Option.flags, flags, to: &body)
        }
        return block(BlockType.packet, body)
    }

    /// What came of an interface: how much was seen, how much is missing.
    package static func statistics(
        interface: UInt32, nanoseconds: UInt64, received: UInt64, dropped: UInt64, comment: String
    ) -> [UInt8] {
        var body: [UInt8] = []
        body.append(littleEndian: interface)
        append(time: nanoseconds, to: &body)
        append(Option.comment, comment, to: &body)
        for (option, count) in [(Option.received, received), (Option.dropped, dropped)] {
            var value: [UInt8] = []
            value.append(littleEndian: count)
            append(option, value, to: &body)
        }
        return block(BlockType.statistics, body)
    }

    private static func append(time: UInt64, to body: inout [UInt8]) {
        body.append(littleEndian: UInt32(truncatingIfNeeded: time >> 32))
        body.append(littleEndian: UInt32(truncatingIfNeeded: time))
    }

    private static func append(_ option: UInt16, _ text: String, to body: inout [UInt8]) {
        guard !text.isEmpty else { return }
        // Decoded again, so that no character is cut in two.
        let clipped =
            text.utf8.count > longestText ? String(decoding: text.utf8.prefix(longestText), as: UTF8.self) : text
        append(option, Array(clipped.utf8), to: &body)
    }

    private static func append(_ option: UInt16, _ value: [UInt8], to body: inout [UInt8]) {
        body.append(littleEndian: option)
        body.append(littleEndian: UInt16(clamping: value.count))
        body += value
        body.pad()
    }

    /// Type, length, body with the end of its options, length.
    private static func block(_ type: UInt32, _ body: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        let length = UInt32(clamping: 4 + 4 + body.count + 4 + 4)
        bytes.reserveCapacity(Int(length))
        bytes.append(littleEndian: type)
        bytes.append(littleEndian: length)
        bytes += body
        bytes.append(littleEndian: UInt32(Option.end))
        bytes.append(littleEndian: length)
        return bytes
    }
}
