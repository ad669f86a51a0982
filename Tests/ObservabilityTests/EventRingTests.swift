import Dispatch
import ProbeEvents
import Synchronization
import TestSupport
import Testing

@testable import Observability

@Suite struct EventRingTests {
    @Test func passesEventsInOrder() {
        let journal = Journal()
        let (ring, reader) = (EventRing(), reader(NamedSink("slow", journal), capacity: 1_000))
        ring.add(reader)
        for number in 0..<1_000 { ring.receive(numbered(UInt64(number))) }
        #expect(reader.finish(within: .seconds(10)))
        #expect(journal.entries == (0..<1_000).map { "slow \($0)" })
    }

    @Test func dropsTheOldestAndCountsIt() {
        let journal = Journal()
        let drops = Counter()
        let gate = GatedSink(journal)
        let (ring, reader) = (EventRing(), reader(gate, capacity: 4, drops))
        ring.add(reader)
        ring.receive(numbered(0))
        gate.hasEvent.wait()
        for number in 1...10 { ring.receive(numbered(UInt64(number), from: number <= 3 ? .readerMonitor : .shim)) }
        #expect(reader.length == 4)
        #expect(drops.values == [.readerMonitor: 3, .shim: 3])
        for _ in 0..<5 { gate.mayReturn.signal() }
        #expect(reader.finish(within: .seconds(10)))
        #expect(journal.entries == ["gated 0", "gated 7", "gated 8", "gated 9", "gated 10"])
        ring.receive(numbered(11))
        #expect(drops.values == [.readerMonitor: 3, .shim: 4])
        #expect(journal.entries.count == 5)
    }

    /// One that hangs loses its own events alone, and others have theirs at once.
    @Test func aSlowReaderHoldsUpNoOther() async {
        let (fast, slow, drops) = (Journal(), Journal(), (fast: Counter(), slow: Counter()))
        let gate = GatedSink(slow)
        let ring = EventRing()
        let readers = (
            fast: reader(NamedSink("fast", fast), capacity: 2, drops.fast), slow: reader(gate, capacity: 4, drops.slow)
        )
        ring.add(readers.slow)
        ring.add(readers.fast)
        ring.receive(numbered(0))
        gate.hasEvent.wait()
        for number in 1...10 {
            ring.receive(numbered(UInt64(number)))
            await readers.fast.flush()
        }
        #expect(fast.entries == (0...10).map { "fast \($0)" })
        #expect(readers.fast.length == 0 && readers.slow.length == 4)
        #expect(drops.fast.values == [:] && drops.slow.values == [.shim: 6])
        for _ in 0..<5 { gate.mayReturn.signal() }
        #expect(readers.slow.finish(within: .seconds(10)))
        #expect(slow.entries == ["gated 0", "gated 7", "gated 8", "gated 9", "gated 10"])
        // The end of one is none for the others.
        ring.receive(numbered(11))
        #expect(readers.fast.finish(within: .seconds(10)))
        #expect(fast.entries.last == "fast 11")
        #expect(drops.fast.values == [:] && drops.slow.values == [.shim: 7])
    }

    @Test func givesUpOnASinkThatHangs() {
        let drops = Counter()
        let gate = GatedSink(Journal())
        let (ring, reader) = (EventRing(), reader(gate, capacity: 4, drops))
        ring.add(reader)
        for number in 0..<3 { ring.receive(numbered(UInt64(number))) }
        gate.hasEvent.wait()
        #expect(!reader.finish(within: .milliseconds(20)))
        #expect(drops.values == [.shim: 2])
        gate.mayReturn.signal()
        #expect(reader.finish(within: .seconds(10)))
    }

    /// Many do not wait for more: those would find no room.
    @Test func gatheringEndsBeforeAnythingIsLost() {
        let journal = Journal()
        let reader = EventRing.Reader(
            NamedSink("many", journal), name: "test", capacity: 64, gathering: .seconds(3_600)
        ) { _, _ in }
        let ring = EventRing()
        ring.add(reader)
        for number in 0..<31 as Range<UInt64> { ring.receive(numbered(number)) }
        #expect(journal.entries == [])
        ring.receive(numbered(31))
        #expect(eventually { journal.entries == (0..<32).map { "many \($0)" } })
    }

    /// Who asks for what waits, or ends, does not wait for what may come.
    @Test func gatheringHoldsUpNoEnd() {
        let journal = Journal()
        let reader = EventRing.Reader(
            NamedSink("late", journal), name: "test", capacity: 8, gathering: .seconds(3_600)
        ) { _, _ in }
        let ring = EventRing()
        ring.add(reader)
        ring.receive(numbered(0))
        #expect(journal.entries == [])
        reader.catchUp()
        #expect(journal.entries == ["late 0"])
        ring.receive(numbered(1))
        #expect(reader.finish(within: .seconds(10)))
        #expect(journal.entries == ["late 0", "late 1"])
    }

    @Test func aReaderOfNoRingHasNothing() async {
        let reader = reader(NamedSink("alone", Journal()), capacity: 4)
        await reader.flush()
        #expect(reader.length == 0)
        #expect(reader.finish(within: .zero))
    }

    /// Each reader has or counts each event, and those of each writer in their order.
    @Test func manyWriters() {
        let ring = EventRing()
        let readers = [8, 64, 8_192].map { capacity in
            let (journal, drops) = (Journal(), Counter())
            let reader = reader(NamedSink("", journal), capacity: capacity, drops)
            ring.add(reader)
            return (reader, journal, drops, capacity)
        }
        DispatchQueue.concurrentPerform(iterations: 4) { writer in
            for number in 0..<2_000 { ring.receive(numbered(UInt64(writer * 10_000 + number))) }
        }
        for (reader, journal, drops, capacity) in readers {
            #expect(reader.finish(within: .seconds(10)))
            let numbers = journal.entries.compactMap { UInt64($0.dropFirst()) }
            #expect(UInt64(numbers.count) + (drops.values[.shim] ?? 0) == 8_000)
            #expect(capacity < 8_000 || numbers.count == 8_000)
            for (_, own) in Dictionary(grouping: numbers, by: { $0 / 10_000 }) { #expect(own == own.sorted()) }
        }
    }

    private func reader(_ sink: any EventSink, capacity: Int, _ drops: Counter = Counter()) -> EventRing.Reader {
        EventRing.Reader(sink, name: "test", capacity: capacity, onDrop: drops.count)
    }
}

@Suite struct EventRingStateTests {
    /// Readers of one ring have, lose and are woken as if each had a queue of its own.
    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func isAsManyQueues(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var state = EventRingState()
        var queues: [Queue] = []
        var (found, expected) = ([String](), [String]())
        let lost = Mutex<[[UInt64]]>([])
        for step in 0..<2_000 as Range<UInt64> {
            let number = Int.random(in: 0..<max(1, queues.count), using: &random)
            switch Int.random(in: 0..<20, using: &random) {
            case 0 where queues.count < 5:
                let (own, isChooser) = (queues.count, Bool.random(using: &random))
                let capacity = [1, 3, 4, 16, 100][Int.random(in: 0..<5, using: &random)]
                lost.withLock { $0.append([]) }
                queues.append(Queue(capacity: capacity, isChooser: isChooser))
                let terms = ReaderTerms(capacity: capacity, takes: isChooser ? Queue.chooses : nil) { event in
                    lost.withLock { $0[own].append(event.stamp.startNanoseconds) }
                }
                found.append("reader \(state.add(terms))")
                expected.append("reader \(own)")
            case 1 where !queues.isEmpty && step > 1_500:
                found.append("busy \(state.close(number, signalling: OneTimeSignal()))")
                expected.append("busy \(!queues[number].isIdle)")
                queues[number].isClosed = true
                guard Bool.random(using: &random) else { break }
                found.append("left \(state.giveUp(number).map(\.stamp.startNanoseconds))")
                expected.append("left \(queues[number].giveUp())")
            case 2..<8 where !queues.isEmpty:
                found.append("next \(next(number, &state).map { "\($0)" } ?? "none")")
                expected.append("next \(queues[number].next().map { "\($0)" } ?? "none")")
            default:
                let woken = state.put(numbered(step))
                found.append("wakes \(queues.indices.filter(woken.idle.contains))")
                found.append("hurries \(queues.indices.filter(woken.crowded.contains))")
                var mustWake: [Int] = []
                for number in queues.indices where queues[number].put(step) { mustWake.append(number) }
                expected.append("wakes \(mustWake)")
                expected.append("hurries \(queues.indices.filter { queues[$0].isCrowded })")
            }
            found.append("wait \(queues.indices.map { state.length($0) })")
            expected.append("wait \(queues.map(\.waiting.count))")
        }
        #expect(found == expected)
        #expect(lost.withLock { $0 } == queues.map(\.lost))
        #expect(queues.contains { !$0.lost.isEmpty })
    }

    /// What all have read, or nobody reads, is kept by nobody.
    @Test func letsGoWhatIsRead() {
        var state = EventRingState()
        var bytes = [UInt8](repeating: 7, count: 100)
        func isKept() -> Bool {
            let before = bytes.withUnsafeBufferPointer(\.baseAddress)
            bytes[0] &+= 1
            return bytes.withUnsafeBufferPointer(\.baseAddress) != before
        }
        func put() { _ = state.put(holding(bytes)) }
        put()
        #expect(!isKept())
        for chooser in [false, false, true] {
            _ = state.add(ReaderTerms(capacity: 8, takes: chooser ? Queue.takesNothing : nil) { _ in })
        }
        put()
        #expect(isKept())
        put()
        _ = state.next(0)
        #expect(isKept())
        put()
        for _ in 0..<3 { _ = state.next(1) }
        _ = state.next(0)
        _ = state.next(0)
        #expect(!isKept())
        put()
        _ = state.next(0)
        let isBusy = state.close(1, signalling: OneTimeSignal())
        #expect(isBusy)
        let left = state.giveUp(1).count
        #expect(left == 1)
        #expect(!isKept())
    }

    private func next(_ number: Int, _ state: inout EventRingState) -> UInt64? {
        while true {
            switch state.next(number) {
            case .event(let event): return event.stamp.startNanoseconds
            case .other: continue
            case .none: return nil
            }
        }
    }

    private func holding(_ bytes: [UInt8]) -> ProbeEvent {
        let nobody = ClientProcess(id: 0, pid: 0, program: "")
        return .cardIdentified(
            CardIdentified(stamp: numbered(0).stamp, client: nobody, reader: "", atr: HexBytes(bytes)))
    }
}

/// What a reader of a ring is like, made the plain way.
private struct Queue {
    private struct Entry {
        var number: UInt64
        /// What is not for it takes room behind what is.
        var isMeant: Bool
    }

    let capacity: Int
    let isChooser: Bool
    var isIdle = true
    var isClosed = false
    private(set) var lost: [UInt64] = []
    /// Whether the last one that was put in filled half of it.
    private(set) var isCrowded = false
    private var entries: [Entry] = []

    init(capacity: Int, isChooser: Bool) { (self.capacity, self.isChooser) = (capacity, isChooser) }

    static func chooses(_ number: UInt64) -> Bool { number.isMultiple(of: 3) }
    @Sendable static func chooses(_ event: ProbeEvent) -> Bool { chooses(event.stamp.startNanoseconds) }

    @Sendable static func takesNothing(_ event: ProbeEvent) -> Bool { false }

    var waiting: [UInt64] { entries.filter(\.isMeant).map(\.number) }

    /// Whether it must be woken.
    mutating func put(_ number: UInt64) -> Bool {
        let isMeant = !isChooser || Self.chooses(number)
        if isClosed && isMeant { lost.append(number) }
        if entries.count == capacity {
            if entries[0].isMeant { lost.append(entries[0].number) }
            remove(1)
        }
        isCrowded = false
        if isMeant && !isClosed || !entries.isEmpty {
            entries.append(Entry(number: number, isMeant: isMeant && !isClosed))
            isCrowded = entries.count == max(1, capacity / 2)
        }
        defer { if isMeant && !isClosed { isIdle = false } }
        return isMeant && !isClosed && isIdle
    }

    mutating func next() -> UInt64? {
        guard let place = entries.firstIndex(where: \.isMeant) else {
            isIdle = true
            return nil
        }
        isIdle = false
        let number = entries[place].number
        remove(place + 1)
        return number
    }

    mutating func giveUp() -> [UInt64] {
        defer { entries = [] }
        return waiting
    }

    private mutating func remove(_ count: Int) {
        entries.removeFirst(count)
        if waiting.isEmpty { entries = [] }
    }
}

@Suite struct RingQueueTests {
    @Test(arguments: [0, -5, 1])
    func smallestCapacity(capacity: Int) {
        var queue = RingQueue<Int>(capacity: capacity)
        #expect(queue.append(1) == nil)
        #expect(queue.append(2) == 1)
        #expect(queue.popFirst() == 2)
        #expect(queue.popFirst() == nil)
    }

    @Test func gatheringHoldsUpNoEnd() {
        let journal = Journal()
        let queue = BoundedQueue<Int>(
            name: "test", capacity: 8, gathering: .seconds(3_600), onDrop: { journal.add("dropped \($0)") },
            take: { journal.add("taken \($0)") })
        queue.append(1)
        #expect(queue.finish(within: .seconds(10)))
        #expect(journal.entries == ["taken 1"])
    }

    @Test(arguments: [
        (Duration.seconds(-1), 0), (.zero, 0), (.milliseconds(20), 20_000_000), (.seconds(2), 2_000_000_000),
        (.seconds(Int64.max), Int.max),
    ])
    func wholeNanoseconds(duration: Duration, nanoseconds: Int) {
        #expect(duration.wholeNanoseconds == nanoseconds)
    }
}

private final class Counter: Sendable {
    private let counts = Mutex<[SourceKind: UInt64]>([:])

    var values: [SourceKind: UInt64] { counts.withLock { $0 } }

    @Sendable func count(_ source: SourceKind, _ count: UInt64) {
        counts.withLock { $0[source, default: 0] += count }
    }
}

/// A sink that holds each event until it may go on.
private final class GatedSink: EventSink {
    let hasEvent = DispatchSemaphore(value: 0)
    let mayReturn = DispatchSemaphore(value: 0)
    private let journal: Journal

    init(_ journal: Journal) { self.journal = journal }

    func receive(_ event: ProbeEvent) {
        hasEvent.signal()
        mayReturn.wait()
        journal.add("gated \(event.stamp.startNanoseconds)")
    }
}
