/// A pcap file: a header of 24 bytes, records with headers of 16.
struct PCAPReading {
    private static let headerBytes = 24
    private static let recordHeaderBytes = 16
    private static let microseconds: UInt32 = 0xA1B2_C3D4
    private static let nanoseconds: UInt32 = 0xA1B2_3C4D

    private(set) var reading: ByteReading
    private let unit: UInt64
    private let linkType: UInt32
    private(set) var offset = headerBytes

    /// Nil when the bytes begin with no pcap header.
    init?(_ bytes: [UInt8]) throws(CaptureReadError) {
        var reading = ByteReading(bytes: bytes)
        func magic() -> UInt32? { reading.number(UInt32.self, at: 0, end: bytes.count) }
        let magics = [Self.microseconds, Self.nanoseconds]
        if !magics.contains(magic() ?? 0) { reading.isBigEndian = true }
        guard let found = magic(), magics.contains(found) else { return nil }
        guard let major = reading.number(UInt16.self, at: 4, end: bytes.count),
            let type = reading.number(UInt32.self, at: 20, end: bytes.count)
        else { throw CaptureReadError(fault: .truncated, offset: bytes.count) }
        guard major == 2 else { throw CaptureReadError(fault: .unknownVersion, offset: 4) }
        self.reading = reading
        unit = found == Self.nanoseconds ? 1 : 1_000
        // The upper bits tell of a frame check sequence.
        linkType = type & 0x0FFF_FFFF
    }

    mutating func next() throws(CaptureReadError) -> CaptureReader.Packet? {
        let end = reading.bytes.count
        guard offset < end else { return nil }
        guard let seconds = reading.number(UInt32.self, at: offset, end: end),
            let fraction = reading.number(UInt32.self, at: offset + 4, end: end),
            let length = reading.number(UInt32.self, at: offset + 8, end: end),
            reading.number(UInt32.self, at: offset + 12, end: end) != nil
        else { throw CaptureReadError(fault: .truncated, offset: offset) }
        guard length <= CaptureReader.longestPacket else { throw CaptureReadError(fault: .tooLong, offset: offset) }
        let start = offset + Self.recordHeaderBytes
        guard Int(length) <= end - start else { throw CaptureReadError(fault: .truncated, offset: offset) }
        offset = start + Int(length)
        return CaptureReader.Packet(
            nanoseconds: UInt64(seconds) * 1_000_000_000 + UInt64(fraction) * unit, interface: "", linkType: linkType,
            data: Array(reading.bytes[start..<offset]), comment: "", dataOffset: start)
    }

    /// More of it came; what was read is let go.
    mutating func append(_ more: [UInt8]) {
        reading.bytes.removeSubrange(..<offset)
        reading.bytes += more
        offset = 0
    }
}
