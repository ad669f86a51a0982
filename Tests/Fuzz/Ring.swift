import CFuzz
import CProbe
import Glibc
import ProbeEvents

@testable import Taps

/// libFuzzer: whatever a client writes into its ring and says to the receiver, what is told can be true, every session that
/// opens closes once, and there is an end.
///
/// An input is what the client does, of each step a byte for the kind, two for a place, one for the length, and bytes: 0 a
/// record in the next slot, 1 more of it in the next slot, 2 what stands anywhere, 3 heads and counts, 4 a message, 5 that
/// the receiver looks. Sequence numbers of slots are right, but where the bytes of 2 lie on them.
@_cdecl("LLVMFuzzerTestOneInput")
public func takeClient(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    var client = Client()
    var rest = UnsafeBufferPointer(start: start, count: count)[...]
    while rest.count >= 4 {
        let head = Array(rest.prefix(4))
        let bytes = Array(rest.dropFirst(4).prefix(Int(head[3])))
        client.take(head[0], place: Int(head[1]) | Int(head[2]) << 8, bytes)
        rest = rest.dropFirst(4 + bytes.count)
    }
    client.end()
    return 0
}

/// The one file that all inputs write into: what one touched is emptied behind it.
private struct Memory: @unchecked Sendable {  // libFuzzer has one thread.
    static let only = Memory()
    static let bytes = 6 * 4_096 + Int(RING_SLOTS * RING_SLOT_BYTES)

    let file: Int32
    let base: UnsafeMutableRawPointer

    private init() {
        file = memory_file(Memory.bytes, true)
        guard file >= 0, let base = receiver_map(file, false) else { preconditionFailure("no memory file") }
        self.base = base
    }
}

private struct Client {
    private let memory = Memory.only
    private let sink = Heard()
    private let client = ShimClient(pid: 0, number: 1, inherited: ProcessEnvironment([] as [[UInt8]]))
    private var touched: [Range<Int>] = [0..<(6 * 4_096)]
    private var head: UInt64 = 0

    private var header: UnsafeMutablePointer<ring_header> { ring_header_of(memory.base) }

    init() {
        header.pointee.magic = RING_MAGIC
        header.pointee.layout = RING_LAYOUT
    }

    mutating func take(_ kind: UInt8, place: Int, _ bytes: [UInt8]) {
        switch kind % 6 {
        case 0: slot(bytes, sequence: head &+ 1)
        case 1: slot(bytes, sequence: (head &+ 1) | 1 << 63)
        case 2: write(bytes, at: place * 9 % Memory.bytes)
        case 3:
            let fields = [\ring_header.head, \.dropped, \.tail, \.dropped_told].map { MemoryLayout.offset(of: $0) ?? 0 }
            write(bytes.prefix(8), at: fields[place % fields.count])
            head = header.pointee.head
        case 4: say(bytes.first ?? 1)
        default: client.drain(into: sink, clock: .now, isFinal: false)
        }
    }

    mutating func end() {
        client.end(into: sink)
        sink.hold()
        for range in touched { memset(memory.base + range.lowerBound, 0, range.count) }
    }

    private mutating func say(_ kind: UInt8) {
        let message = ring_message(kind: UInt32(kind), layout: RING_LAYOUT)
        _ = client.hear(message, file: kind == UInt8(RING_HELLO) ? dup(memory.file) : -1, sink: sink)
    }

    /// A slot as the shim writes one: its sequence last, and then the head.
    private mutating func slot(_ bytes: [UInt8], sequence: UInt64) {
        let start = ring_slot_at(memory.base, head).map { UnsafeMutableRawPointer($0) - memory.base } ?? 0
        write(bytes.prefix(120), at: start + 8)
        withUnsafeBytes(of: sequence) { write($0, at: start) }
        head &+= 1
        header.pointee.head = head
    }

    private mutating func write(_ bytes: some Collection<UInt8>, at start: Int) {
        let range = start..<min(Memory.bytes, start + bytes.count)
        touched.append(range)
        for (place, byte) in zip(range, bytes) { memory.base.storeBytes(of: byte, toByteOffset: place, as: UInt8.self) }
    }
}

/// What was told.
private final class Heard: EventSink, @unchecked Sendable {  // One thread alone.
    private var opened: Set<UInt64> = []
    private var attached = 0
    private var isEnded = false

    func receive(_ event: ProbeEvent) {
        precondition(!isEnded && (attached == 1 || event.isAttachment))
        guard let line = try? EventLine.encode(event), let read = try? EventLine.decode(line) else {
            preconditionFailure("no line of an event")
        }
        precondition(read == event && event.isWithinBounds)
        precondition(event.stamp.startNanoseconds &+ event.stamp.durationNanoseconds <= EventClock.monotonicNow)
        switch event {
        case .clientAttached: attached += 1
        case .clientEnded: isEnded = true
        case .sessionOpened(let event): precondition(opened.insert(event.session).inserted)
        case .sessionClosed(let event): precondition(opened.remove(event.session) != nil)
        default: break
        }
    }

    func hold() { precondition(opened.isEmpty && isEnded == (attached == 1)) }
}

extension ProbeEvent {
    fileprivate var isAttachment: Bool { if case .clientAttached = self { true } else { false } }
}
