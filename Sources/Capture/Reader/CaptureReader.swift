/// Reads pcap (microseconds or nanoseconds) and pcapng, of either byte order, packet by packet.
///
/// Any bytes give packets, and at the first fault an error with its place. Blocks that are no packets are passed over.
package struct CaptureReader {
    /// A packet, of whatever link type.
    package struct Packet: Sendable, Hashable {
        /// Nanoseconds since 1970 in UTC; 0 when the format has no time for it.
        package var nanoseconds: UInt64
        /// The interface's name, empty without one.
        package var interface: String
        /// The interface's link type.
        package var linkType: UInt32
        /// The bytes that were captured.
        package var data: [UInt8]
        /// The packet's comments, a line each.
        package var comment: String
        /// What the interface says of itself.
        package var interfaceDescription = ""
        /// Where the bytes stand among those that the reader has.
        package var dataOffset = 0
    }

    /// A longer packet is a fault; an exchange has 131,096 bytes at most.
    package static let longestPacket = 262_144
    /// A longer block is a fault.
    package static let longestBlock = 16 << 20
    /// More interfaces in a section are a fault.
    package static let interfaceLimit = 4_096

    private enum Format {
        case pcap(PCAPReading)
        case pcapng(PCAPNGReading)
    }

    private var format: Format
    private var fault: CaptureReadError?

    /// Looks which format the bytes are in.
    package init(_ bytes: [UInt8]) throws(CaptureReadError) {
        let reading = ByteReading(bytes: bytes)
        guard let magic = reading.number(UInt32.self, at: 0, end: bytes.count) else {
            throw CaptureReadError(fault: bytes.isEmpty ? .notACapture : .truncated, offset: 0)
        }
        if magic == PCAPNG.BlockType.sectionHeader {
            format = .pcapng(PCAPNGReading(bytes))
        } else if let pcap = try PCAPReading(bytes) {
            format = .pcap(pcap)
        } else {
            throw CaptureReadError(fault: .notACapture, offset: 0)
        }
    }

    /// The bytes that it has, and how many of them it has read.
    var window: (bytes: [UInt8], read: Int) {
        switch format {
        case .pcap(let reading): (reading.reading.bytes, reading.offset)
        case .pcapng(let reading): (reading.reading.bytes, reading.offset)
        }
    }

    /// More of what it reads came: what was read is let go, and what was cut off is whole perhaps.
    mutating func append(_ more: [UInt8]) {
        if fault?.fault == .truncated { fault = nil }
        switch format {
        case .pcap(var reading):
            reading.append(more)
            format = .pcap(reading)
        case .pcapng(var reading):
            reading.append(more)
            format = .pcapng(reading)
        }
    }

    /// The next packet; nil at the end. After a fault it gives the same fault again.
    package mutating func next() throws(CaptureReadError) -> Packet? {
        if let fault { throw fault }
        do throws(CaptureReadError) {
            switch format {
            case .pcap(var reading):
                defer { format = .pcap(reading) }
                return try reading.next()
            case .pcapng(var reading):
                defer { format = .pcapng(reading) }
                return try reading.next()
            }
        } catch {
            fault = error
            throw error
        }
    }
}
