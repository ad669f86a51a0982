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
    private var isTakenBack = false

    /// Maps a client's file; nil when it is not what a client of this layout makes.
    init?(file: Int32) {
        guard let base = receiver_map(file, false) else { return nil }
        self.base = base
        header = ring_header_of(base)
        tail = ring_load(&header.pointee.tail)
        guard header.pointee.isOfThisLayout else {
            receiver_unmap(base)
            return nil
        }
    }

    /// Lets go of the memory; the reader must not be used afterwards.
    func unmap() {
        receiver_unmap(base)
    }

    /// Who the client says it is; control characters in texts become `?`.
    var identity: RingIdentity { header.pointee.identity }

    /// How many records of earlier rings of the process nobody could read; told once.
    func takeLostBefore() -> UInt64 {
        plausible(ring_exchange(&header.pointee.lost_before, 0))
    }

    /// How many records the client could not write since this was last asked, by any receiver.
    func takeDropped() -> UInt64 {
        let dropped = ring_load(&header.pointee.dropped)
        let told = ring_exchange(&header.pointee.dropped_told, dropped)
        return dropped >= told ? plausible(dropped - told) : 0
    }

    /// The session of this number, if the client still knows it.
    func session(_ serial: UInt64) -> RingSession? {
        for index in 0..<RING_SESSIONS {
            guard let entry = ring_session_at(base, index), ring_load(&entry.pointee.serial) == serial else { continue }
            return RingSession(at: index, of: base)
        }
        return nil
    }

    /// The sessions that are open now.
    func openSessions() -> [RingSession] {
        RingSession.open(in: base)
    }

    /// Whether all that the client has begun to write was taken.
    var isEmpty: Bool { ring_load(&header.pointee.head) == tail }

    /// Takes the next record. With `isFinal` the client has ended: nothing unfinished will be finished any more.
    mutating func next(now: UInt64, isFinal: Bool) -> Step {
        let head = ring_load(&header.pointee.head)
        guard head != tail, !isTakenBack else { return .empty }
        guard head &- tail <= UInt64(RING_SLOTS), let slot = ring_slot_at(base, tail) else {
            return release(.malformed, upTo: head)
        }
        guard ring_load(&slot.pointee.sequence) == tail &+ 1 else {
            return passOverUnfinished(head: head, now: now, isFinal: isFinal)
        }
        stuckSince = nil
        let copy = slot.pointee
        let slots = UInt64(copy.slots)
        guard (1...UInt64(RING_RECORD_SLOTS)).contains(slots), slots <= head &- tail,
            let record = RingRecord(copy, payload: payload(of: copy), now: now)
        else { return release(.malformed, upTo: tail &+ 1) }
        return release(.record(record), upTo: tail &+ slots)
    }

    /// Gives the slots before `position` back to the client, unless it has taken all of them.
    private mutating func release(_ step: Step, upTo position: UInt64) -> Step {
        guard ring_move(&header.pointee.tail, tail, position) else {
            isTakenBack = true
            return .empty
        }
        tail = position
        return step
    }

    private mutating func passOverUnfinished(head: UInt64, now: UInt64, isFinal: Bool) -> Step {
        let since = stuckSince ?? now
        stuckSince = since
        guard isFinal || now &- since >= Self.patienceNanoseconds else { return .empty }
        stuckSince = nil
        var position = tail
        repeat {
            position &+= 1
        } while position != head && ring_load(&ring_slot_at(base, position).pointee.sequence) != position &+ 1
        return release(.unfinished, upTo: position)
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

/// A client's word for a count, as far as it can be true: sums of these must not overflow.
private func plausible(_ count: UInt64) -> UInt64 {
    min(count, UInt64(UInt32.max))
}
