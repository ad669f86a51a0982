internal import CProbe
internal import Glibc

/// The reading end of one client's ring: copies records out, checks them, trusts no byte.
struct RingReader {
    /// What one look at the ring gave.
    enum Step {
        case record(RingRecord)
        /// A record that makes no sense; it was passed over.
        case malformed
        /// A record that was begun and never finished; it was passed over.
        case unfinished
        /// Nothing more for now.
        case empty
    }

    /// How long a record may stay unfinished before it is passed over, nanoseconds: its thread was killed or stopped.
    static let patienceNanoseconds: UInt64 = 1_000_000_000

    private let base: UnsafeMutableRawPointer
    private let header: UnsafeMutablePointer<ring_header>
    private var tail: UInt64
    private var stuckSince: UInt64?

    /// Maps a client's file; nil when it is not what a client of this layout makes.
    init?(file: Int32) {
        guard let base = receiver_map(file) else { return nil }
        self.base = base
        header = ring_header_of(base)
        tail = ring_load(&header.pointee.tail)
        guard ring_load(&header.pointee.magic) == RING_MAGIC, header.pointee.layout == RING_LAYOUT else {
            receiver_unmap(base)
            return nil
        }
    }

    /// Lets go of the memory; the reader must not be used afterwards.
    func unmap() {
        receiver_unmap(base)
    }

    /// Who the client says it is; texts are cut at their first byte that is no printable ASCII.
    var identity: RingIdentity {
        var copy = header.pointee
        return RingIdentity(
            clientID: copy.client_id,
            program: withUnsafeBytes(of: &copy.program) { printableText($0) },
            library: withUnsafeBytes(of: &copy.library) { printableText($0) },
            countsWaits: copy.flags & UInt32(RING_WAIT_EXACT) != 0,
            lostBefore: copy.lost_before)
    }

    /// How many records the client could not write since this was last asked, by any receiver.
    mutating func takeDropped() -> UInt64 {
        let dropped = ring_load(&header.pointee.dropped)
        let told = ring_load(&header.pointee.dropped_told)
        ring_store(&header.pointee.dropped_told, dropped)
        return dropped >= told ? dropped - told : 0
    }

    /// The session of this number, if it is open now.
    func session(_ serial: UInt64) -> RingSession? {
        openSessions().first { $0.serial == serial }
    }

    /// The sessions that are open now.
    func openSessions() -> [RingSession] {
        (0..<RING_SESSIONS).compactMap { index in
            guard let entry = ring_session_at(base, index) else { return nil }
            let serial = ring_load(&entry.pointee.serial)
            guard serial != 0 else { return nil }
            var copy = entry.pointee
            guard ring_load(&entry.pointee.serial) == serial else { return nil }
            return RingSession(
                serial: serial, openedNanoseconds: copy.opened_ns, activeProtocol: copy.protocol,
                shareMode: copy.share_mode, reader: withUnsafeBytes(of: &copy.reader) { text($0) })
        }
    }

    /// Takes the next record. With `isFinal` the client has ended: nothing unfinished will be finished any more.
    mutating func next(now: UInt64, isFinal: Bool) -> Step {
        let head = ring_load(&header.pointee.head)
        guard head != tail else { return .empty }
        guard head &- tail <= UInt64(RING_SLOTS), let slot = ring_slot_at(base, tail) else {
            tail = head
            return release(.malformed)
        }
        guard ring_load(&slot.pointee.sequence) == tail &+ 1 else {
            return passOverUnfinished(head: head, now: now, isFinal: isFinal)
        }
        stuckSince = nil
        let copy = slot.pointee
        let slots = UInt64(copy.slots)
        guard (1...UInt64(RING_RECORD_SLOTS)).contains(slots), slots <= head &- tail,
            let record = RingRecord(copy, payload: payload(of: copy))
        else {
            tail &+= 1
            return release(.malformed)
        }
        tail &+= slots
        return release(.record(record))
    }

    private func release(_ step: Step) -> Step {
        ring_store(&header.pointee.tail, tail)
        return step
    }

    private mutating func passOverUnfinished(head: UInt64, now: UInt64, isFinal: Bool) -> Step {
        let since = stuckSince ?? now
        stuckSince = since
        guard isFinal || now >= since + Self.patienceNanoseconds else { return .empty }
        stuckSince = nil
        repeat {
            tail &+= 1
        } while tail != head && ring_load(&ring_slot_at(base, tail).pointee.sequence) != tail &+ 1
        return release(.unfinished)
    }

    /// The payload over all slots of a record; nil when a slot is not what its record says.
    private func payload(of record: ring_record) -> [UInt8]? {
        let count = Int(record.sent_kept) + Int(record.received_kept)
        let inline = MemoryLayout.size(ofValue: record.payload)
        let further = MemoryLayout<ring_continuation>.size - MemoryLayout<UInt64>.size
        guard count <= inline + (Int(record.slots) - 1) * further else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        withUnsafeBytes(of: record.payload) { bytes.append(contentsOf: $0.prefix(count)) }
        var position = tail
        while bytes.count < count {
            position &+= 1
            guard let slot = ring_slot_at(base, position),
                ring_load(&slot.pointee.sequence) == (position &+ 1) | 1 << 63
            else { return nil }
            let start = UnsafeRawPointer(slot) + MemoryLayout<UInt64>.size
            bytes.append(contentsOf: UnsafeRawBufferPointer(start: start, count: min(further, count - bytes.count)))
        }
        return bytes
    }
}

/// Who a client says it is.
struct RingIdentity {
    var clientID: UInt64
    var program: String
    var library: String
    var countsWaits: Bool
    /// Records of earlier rings of the process that nobody could read.
    var lostBefore: UInt64
}

/// A session that is open in the client.
struct RingSession {
    var serial: UInt64
    var openedNanoseconds: UInt64
    var activeProtocol: UInt32
    var shareMode: UInt32
    var reader: String
}

/// A record whose lengths agree with one another.
struct RingRecord {
    /// What a record tells.
    enum Kind {
        case transmit, operation, sessionOpened, sessionClosed, cardSeen
    }

    let kind: Kind
    let fields: ring_record
    /// The first part of the payload: command bytes, or a reader's name.
    let first: ArraySlice<UInt8>
    /// The second part: response bytes, or an ATR.
    let second: ArraySlice<UInt8>

    /// Nil for a record that makes no sense.
    init?(_ fields: ring_record, payload: [UInt8]?) {
        guard let payload else { return nil }
        switch Int(fields.kind) {
        case RING_TRANSMIT: kind = .transmit
        case RING_OPERATION: kind = .operation
        case RING_SESSION_OPENED: kind = .sessionOpened
        case RING_SESSION_CLOSED: kind = .sessionClosed
        case RING_CARD_SEEN: kind = .cardSeen
        default: return nil
        }
        if kind == .transmit {
            // A command has at most 65,548 bytes (MAX_BUFFER_SIZE_EXTENDED of PC/SC).
            guard fields.sent_bytes <= 65_548, fields.received_bytes <= 65_548,
                fields.sent_kept <= fields.sent_bytes, fields.received_kept <= fields.received_bytes
            else { return nil }
        }
        self.fields = fields
        first = payload.prefix(Int(fields.sent_kept))
        second = payload.dropFirst(Int(fields.sent_kept))
    }

    /// The first part as a reader's name.
    var name: String { first.withUnsafeBytes { text($0) } }
}

/// UTF-8 text up to the first NUL; control characters become `?`.
func text(_ bytes: UnsafeRawBufferPointer) -> String {
    let scalars = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self).unicodeScalars
    return String(String.UnicodeScalarView(scalars.map { $0.value < 0x20 || $0.value == 0x7F ? "?" : $0 }))
}

private func printableText(_ bytes: UnsafeRawBufferPointer) -> String {
    String(decoding: bytes.prefix { (0x20...0x7E).contains($0) }, as: UTF8.self)
}
