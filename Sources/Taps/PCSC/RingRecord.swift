internal import CProbe

/// Who a client says it is.
struct RingIdentity {
    var clientID: UInt64
    var program: String
    var library: String
    var countsWaits: Bool
}

/// A session that is open in the client, or was a while ago.
struct RingSession {
    var serial: UInt64
    var isOpen: Bool
    var openedNanoseconds: UInt64
    var activeProtocol: UInt32
    var shareMode: UInt32
    var reader: String
    /// Nil when a shim of an earlier version does not tell it.
    var context: UInt32?
    /// Since when it holds a transaction on its card; nil for none.
    var transactionNanoseconds: UInt64?

    /// Nil for an entry that is free, or changed while it was read.
    init?(at index: UInt32, of base: UnsafeMutableRawPointer) {
        guard let entry = ring_session_at(base, index), let header = ring_header_of(base), index < RING_SESSIONS else {
            return nil
        }
        serial = ring_load(&entry.pointee.serial)
        var copy = entry.pointee
        let (context, transaction) = header.pointee.place(of: Int(index))
        guard serial != 0, ring_load(&entry.pointee.serial) == serial else { return nil }
        isOpen = copy.closed_ns == 0
        openedNanoseconds = copy.opened_ns
        activeProtocol = copy.protocol
        shareMode = copy.share_mode
        reader = withUnsafeBytes(of: &copy.reader) { text($0) }
        self.context = context == 0 ? nil : context
        transactionNanoseconds = transaction == 0 ? nil : transaction
    }

    /// The sessions that are open now, in a ring's memory.
    static func open(in base: UnsafeMutableRawPointer) -> [RingSession] {
        (0..<RING_SESSIONS).compactMap { RingSession(at: $0, of: base) }.filter(\.isOpen)
    }
}

extension ring_header {
    /// Whether it is what a shim of this layout writes; the file's size and seals were checked before.
    var isOfThisLayout: Bool {
        mutating get { ring_load(&magic) == RING_MAGIC && layout == RING_LAYOUT }
    }

    /// Who the client says it is; control characters in texts become `?`.
    var identity: RingIdentity {
        RingIdentity(
            clientID: client_id, program: withUnsafeBytes(of: program) { text($0) },
            library: withUnsafeBytes(of: library) { text($0, mostBytes: 4_096) },
            countsWaits: flags & UInt32(RING_WAIT_EXACT) != 0)
    }

    /// Context and begin of the transaction of a session.
    fileprivate func place(of index: Int) -> (context: UInt32, transaction: UInt64) {
        let context = withUnsafeBytes(of: contexts) { $0.load(fromByteOffset: index * 4, as: UInt32.self) }
        let transaction = withUnsafeBytes(of: transactions_ns) { $0.load(fromByteOffset: index * 8, as: UInt64.self) }
        return (context, transaction)
    }
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
    init?(_ fields: ring_record, payload: [UInt8]?, now: UInt64) {
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
        // ISO/IEC 7816-3, 8.1: TS and 32 characters.
        guard kind != .cardSeen || fields.received_kept <= 33 else { return nil }
        self.fields = fields.plausible(now: now)
        first = payload.prefix(Int(fields.sent_kept))
        second = payload.dropFirst(Int(fields.sent_kept))
    }

    /// The first part as a reader's name.
    var name: String { first.withUnsafeBytes { text($0) } }
}

/// UTF-8 text up to the first NUL, of at most so many bytes; control characters become `?`. What is no UTF-8 is three bytes
/// long where it was one.
func text(_ bytes: UnsafeRawBufferPointer, mostBytes: Int = 255) -> String {
    let scalars = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self).cut(toBytes: mostBytes).unicodeScalars
    return String(String.UnicodeScalarView(scalars.map { $0.value < 0x20 || $0.value == 0x7F ? "?" : $0 }))
}

extension ring_record {
    /// The same with times that can be true: nothing took longer than the machine is up, or ends after `now`.
    fileprivate func plausible(now: UInt64) -> ring_record {
        var copy = self
        copy.duration_ns = min(duration_ns, now)
        copy.wait_ns = min(wait_ns, copy.duration_ns)
        copy.start_ns = min(start_ns, now - copy.duration_ns)
        return copy
    }
}
