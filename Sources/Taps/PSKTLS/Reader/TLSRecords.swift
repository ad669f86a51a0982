internal import ProbeEvents

/// The kinds of record (RFC 5246, 6.2.1; RFC 6520, 3).
enum TLSRecordType: UInt8 {
    case changeCipherSpec = 20
    case alert, handshake, applicationData, heartbeat
}

/// A record that has come whole.
struct TLSRecord {
    var type: TLSRecordType
    /// The two bytes behind the type.
    var version: UInt16
    /// Bytes behind the header.
    var length: Int
    /// These bytes; empty for application data that nobody wants.
    var body: [UInt8]
    /// When its first byte came.
    var began: EventClock
}

/// One side's bytes, cut into records.
struct TLSRecords: Sendable {
    static let headerBytes = 5
    /// What RFC 5246, 6.2.3 allows.
    static let longestBody = 16_384 + 2_048

    /// Whether bodies of application data are kept.
    var keepsData = false
    /// Whether something came that is no record; nothing behind it is read.
    private(set) var isBroken = false
    /// Whether a record has begun and not ended.
    var isInRecord: Bool { !header.isEmpty }

    private var header: [UInt8] = []
    private var type = TLSRecordType.handshake
    private var length = 0
    private var missing = 0
    private var body: [UInt8] = []
    private var began = EventClock(monotonicNanoseconds: 0, wallNanoseconds: 0)

    /// Takes bytes up to the end of a record, which it gives; all of them when none ends.
    mutating func next<Bytes: Collection<UInt8>>(_ bytes: inout Bytes, at clock: EventClock) -> TLSRecord?
    where Bytes.SubSequence == Bytes {
        while !isBroken, header.count < Self.headerBytes {
            guard let byte = bytes.popFirst() else { return nil }
            if header.isEmpty { began = clock }
            header.append(byte)
            look()
        }
        guard !isBroken else { return nil }
        let part = bytes.prefix(missing)
        if keepsBody { body.append(contentsOf: part) }
        missing -= part.count
        bytes = bytes.dropFirst(part.count)
        return missing == 0 ? end() : nil
    }

    private var keepsBody: Bool { type != .applicationData || keepsData }

    /// Judges the header as far as it has come.
    private mutating func look() {
        switch header.count {
        case 1:
            guard let known = TLSRecordType(rawValue: header[0]) else { return isBroken = true }
            type = known
        case 2: isBroken = header[1] != 3
        case Self.headerBytes:
            length = Int(header[3]) << 8 | Int(header[4])
            missing = length
            isBroken = length > Self.longestBody
        default: break
        }
    }

    private mutating func end() -> TLSRecord {
        defer { (header, body) = ([], []) }
        return TLSRecord(
            type: type, version: UInt16(header[1]) << 8 | UInt16(header[2]), length: length, body: body, began: began)
    }
}
