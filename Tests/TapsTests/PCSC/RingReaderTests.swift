import CProbe
import Foundation
import ProbeEvents
import TestSupport
import Testing

@testable import Taps

/// The reading end of a ring, on rings that clients write and on rings that lie.
@Suite struct RingReaderTests {
    private let now: UInt64 = 10_000_000_000

    private func steps(_ reader: inout RingReader, isFinal: Bool = false, now: UInt64? = nil) -> [String] {
        var steps: [String] = []
        while steps.count < 10_000 {
            switch reader.next(now: now ?? self.now, isFinal: isFinal) {
            case .record(let record): steps.append("\(record.kind) \(record.first.count) \(record.second.count)")
            case .malformed: steps.append("malformed")
            case .unfinished: steps.append("unfinished")
            case .empty: return steps
            }
        }
        return steps
    }

    @Test(arguments: [0, 1, 55, 56, 57, 176, 177, 1_024, 2_048])
    func payloadsOverSlots(bytes: Int) throws {
        let ring = try TestRing()
        let command = (0..<(bytes / 2)).map { UInt8(truncatingIfNeeded: $0) }
        let response = (0..<(bytes - bytes / 2)).map { UInt8(truncatingIfNeeded: $0 &+ 7) } + [0x90, 0x00]
        let (record, payload) = TestRing.transmit(command, response)
        // Over the end of the file, too.
        ring.header.pointee.head = 4_090
        ring.header.pointee.tail = 4_090
        var reader = try #require(RingReader(file: ring.file))
        defer { reader.unmap() }
        for _ in 0..<3 {
            ring.write(record, payload: payload)
            guard case .record(let read) = reader.next(now: now, isFinal: false) else {
                Issue.record("no record")
                return
            }
            #expect(Array(read.first) == command)
            #expect(Array(read.second) == Array(response.dropLast(2)))
        }
        #expect(steps(&reader) == [])
        #expect(ring.header.pointee.tail == ring.header.pointee.head)
    }

    struct Refused: Sendable {
        var why: String
        var bytes = ringBytes
        var seals = sealShrink | sealGrow
        var magic = RING_MAGIC
        var layout: UInt32 = 1
    }

    @Test(arguments: [
        Refused(why: "may shrink", seals: sealGrow), Refused(why: "may grow", seals: sealShrink),
        Refused(why: "not sealed", seals: 0), Refused(why: "too short", bytes: ringBytes - 4_096),
        Refused(why: "too long", bytes: ringBytes + 4_096), Refused(why: "empty", bytes: 0),
        Refused(why: "other magic", magic: RING_MAGIC + 1), Refused(why: "other layout", layout: 2),
    ])
    func isRefused(_ file: Refused) throws {
        let ring = try TestRing(bytes: file.bytes, seals: file.seals)
        if file.bytes == ringBytes {
            ring.header.pointee.magic = file.magic
            ring.header.pointee.layout = file.layout
        }
        #expect(RingReader(file: ring.file) == nil, "\(file.why)")
    }

    @Test func noRingAtAll() {
        #expect(RingReader(file: -1) == nil)
        #expect(RingReader(file: 0) == nil)
    }

    @Test func unfinishedRecordIsPassedOverInTime() throws {
        let ring = try TestRing()
        let (record, payload) = TestRing.transmit([0, 0xA4, 0, 0], [0x90, 0x00])
        ring.write(record, payload: payload)
        ring.write(record, payload: Array(repeating: 1, count: 300), isPublished: false)
        ring.write(record, payload: payload)
        var reader = try #require(RingReader(file: ring.file))
        defer { reader.unmap() }
        #expect(steps(&reader) == ["transmit 4 0"])
        #expect(steps(&reader, now: now + RingReader.patienceNanoseconds - 1) == [])
        #expect(steps(&reader, now: now + RingReader.patienceNanoseconds) == ["unfinished", "transmit 4 0"])
        ring.write(record, payload: payload, isPublished: false)
        #expect(steps(&reader, isFinal: true) == ["unfinished"])
    }

    @Test func clientThatTakesBackItsRing() throws {
        let ring = try TestRing()
        let (record, payload) = TestRing.transmit([0, 0xA4, 0, 0], [0x90, 0x00])
        for _ in 0..<3 { ring.write(record, payload: payload) }
        var reader = try #require(RingReader(file: ring.file))
        defer { reader.unmap() }
        guard case .record = reader.next(now: now, isFinal: false) else {
            Issue.record("no record")
            return
        }
        // As the shim does when its descriptors were closed: the other two are counted there, and told by nobody.
        #expect(ring_exchange(&ring.header.pointee.tail, ring.header.pointee.head) == 1)
        #expect(steps(&reader) == [])
        ring.write(record, payload: payload)
        #expect(steps(&reader, isFinal: true) == [])
    }

    @Test func countsAreToldOnceAndPlausible() throws {
        let ring = try TestRing()
        ring.header.pointee.dropped = 7
        ring.header.pointee.lost_before = 3
        let reader = try #require(RingReader(file: ring.file))
        defer { reader.unmap() }
        #expect([reader.takeDropped(), reader.takeDropped()] == [7, 0])
        #expect([reader.takeLostBefore(), reader.takeLostBefore()] == [3, 0])
        ring.header.pointee.dropped = 3
        #expect(reader.takeDropped() == 0)
        ring.header.pointee.dropped = .max
        #expect(reader.takeDropped() == UInt64(UInt32.max))
    }

    @Test(arguments: [
        (UInt64.max, UInt64.max, UInt64.max), (0, .max, 5), (.max, 0, 0), (1 << 63, 1 << 63, 1 << 63), (5, 10, 20),
    ])
    func timesThatCannotBe(start: UInt64, duration: UInt64, wait: UInt64) throws {
        let ring = try TestRing()
        var (record, payload) = TestRing.transmit([0, 0xA4, 0, 0], [0x90, 0x00])
        (record.start_ns, record.duration_ns, record.wait_ns) = (start, duration, wait)
        ring.write(record, payload: payload)
        var reader = try #require(RingReader(file: ring.file))
        defer { reader.unmap() }
        guard case .record(let read) = reader.next(now: now, isFinal: false) else {
            Issue.record("no record")
            return
        }
        #expect(read.fields.wait_ns <= read.fields.duration_ns)
        #expect(read.fields.start_ns + read.fields.duration_ns <= now)
    }

    @Test(arguments: [(33, "cardSeen 0 33"), (34, "malformed")])
    func noATRIsLonger(bytes: Int, expected: String) throws {
        let ring = try TestRing()
        var record = ring_record()
        (record.kind, record.received_kept) = (UInt16(RING_CARD_SEEN), UInt16(bytes))
        ring.write(record, payload: [UInt8](repeating: 0x3B, count: bytes))
        var reader = try #require(RingReader(file: ring.file))
        defer { reader.unmap() }
        #expect(steps(&reader) == [expected])
    }

    /// Bytes that are no text become longer ones, and a name of them is as short as names are.
    @Test func aNameOfGarbageIsShort() throws {
        let ring = try TestRing()
        var record = ring_record()
        let name = [UInt8](repeating: 0xFF, count: 1_000)
        (record.kind, record.session, record.sent_kept) = (UInt16(RING_SESSION_OPENED), 5, UInt16(name.count))
        ring.write(record, payload: name)
        withUnsafeMutableBytes(of: &ring_session_at(ring.base, 0).pointee.reader) {
            $0.copyBytes(from: name.prefix(128))
        }
        ring_store(&ring_session_at(ring.base, 0).pointee.serial, 5)
        var reader = try #require(RingReader(file: ring.file))
        defer { reader.unmap() }
        guard case .record(let read) = reader.next(now: now, isFinal: false) else { throw TestFailure("no record") }
        let held = try #require(reader.session(5)).reader
        #expect([read.name, held].allSatisfy { (1...255).contains($0.utf8.count) })
    }

    /// Every byte of header, slots and sessions may be a lie: never a trap, always an end.
    @Test(arguments: 1...UInt64(4))
    func tenThousandRingsThatLie(seed: UInt64) throws {
        var state = seed
        func random() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 11
        }
        let edges: [UInt64] = [0, 1, 56, 57, 127, 4_095, 4_096, 4_097, 0xFFFF, 0x1_0000, 0xFFFF_FFFF, 1 << 63, .max]
        let ring = try TestRing()
        let clock = EventClock(monotonicNanoseconds: now, wallNanoseconds: now)
        for _ in 0..<2_500 {
            let head = random() % 3 == 0 ? edges[Int(random() % 13)] : random() % 5_000
            ring.header.pointee.head = head
            ring.header.pointee.tail = head &- random() % 40
            for index in 0..<UInt64(40) {
                let position = ring.header.pointee.tail &+ index
                guard let slot = ring_slot_at(ring.base, position) else { continue }
                let bytes = UnsafeMutableRawBufferPointer(start: slot, count: 128)
                for byte in bytes.indices { bytes[byte] = UInt8(truncatingIfNeeded: random()) }
                slot.pointee.kind = UInt16(random() % 7)
                slot.pointee.slots = UInt16(random() % 4)
                slot.pointee.session = random() % 6
                if random() % 2 == 0 {
                    slot.pointee.sent_kept = UInt16(random() % 60)
                    slot.pointee.received_kept = UInt16(random() % 60)
                    slot.pointee.sent_bytes = UInt32(truncatingIfNeeded: edges[Int(random() % 13)])
                    slot.pointee.received_bytes = UInt32(random() % 300)
                }
                slot.pointee.sequence = random() % 8 == 0 ? random() : position &+ 1
            }
            for index in 0..<UInt32(6) {
                guard let entry = ring_session_at(ring.base, index) else { continue }
                entry.pointee.serial = random() % 6
                entry.pointee.opened_ns = edges[Int(random() % 13)]
                entry.pointee.closed_ns = random() % 2
            }
            var reader = try #require(RingReader(file: ring.file))
            var decoder = RingDecoder(client: ClientProcess(id: 1, pid: 1, program: "liar"))
            var count = 0
            records: while count < 10_000 {
                count += 1
                switch reader.next(now: now, isFinal: true) {
                case .empty: break records
                case .record(let record):
                    for event in decoder.events(of: record, clock: clock, lookUp: { reader.session($0) }) {
                        #expect(event.stamp.startNanoseconds <= now && event.stamp.durationNanoseconds <= now)
                    }
                case .malformed, .unfinished: break
                }
            }
            #expect(count < 10_000)
            _ = reader.openSessions().flatMap { decoder.resume($0, clock: clock) }
            _ = decoder.end(isOrderly: false, clock: clock)
            reader.unmap()
        }
    }
}
