import Dispatch
import ProbeEvents
import Synchronization
import Testing

@testable import Observability

@Suite struct EventBusTests {
    @Test func tellsEachSinkInOrder() {
        let journal = Journal()
        let bus = EventBus([NamedSink("collector", journal), NamedSink("summary", journal)])
        bus.receive(numbered(1))
        bus.add(NamedSink("late", journal))
        bus.receive(numbered(2))
        #expect(journal.entries == ["collector 1", "summary 1", "collector 2", "summary 2", "late 2"])
    }

    @Test func withoutSinks() {
        let bus = EventBus()
        bus.receive(numbered(1))
        let journal = Journal()
        bus.add(NamedSink("first", journal))
        bus.receive(numbered(2))
        #expect(journal.entries == ["first 2"])
    }

    @Test func addingWhileEventsAreTold() async {
        let journal = Journal()
        let bus = EventBus([NamedSink("first", journal)])
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<4 {
                group.addTask {
                    for number in 0..<500 {
                        bus.receive(numbered(1))
                        if number.isMultiple(of: 100) { bus.add(NamedSink("late\(task)", journal)) }
                    }
                }
            }
        }
        let before = journal.entries
        #expect(before.count { $0 == "first 1" } == 2_000)
        bus.receive(numbered(9))
        let after = journal.entries.dropFirst(before.count)
        #expect(after.count == 21 && after.first == "first 9")
        #expect(
            Dictionary(grouping: after.dropFirst(), by: { $0 }).mapValues(\.count) == [
                "late0 9": 5, "late1 9": 5, "late2 9": 5, "late3 9": 5,
            ])
    }
}

@Suite struct EventBusQueueTests {
    @Test func passesEventsInOrder() {
        let journal = Journal()
        let queue = QueuedSink(NamedSink("slow", journal), name: "test", capacity: 1_000) { _, _ in
            Issue.record("dropped")
        }
        for number in 0..<1_000 { queue.receive(numbered(UInt64(number))) }
        #expect(queue.finish(within: .seconds(10)))
        #expect(journal.entries == (0..<1_000).map { "slow \($0)" })
    }

    @Test func dropsTheOldestAndCountsIt() {
        let journal = Journal()
        let drops = Counter()
        let gate = GatedSink(journal)
        let queue = QueuedSink(gate, name: "test", capacity: 4, onDrop: drops.count)
        queue.receive(numbered(0))
        gate.hasEvent.wait()
        for number in 1...10 { queue.receive(numbered(UInt64(number), from: number <= 3 ? .readerMonitor : .shim)) }
        #expect(queue.length == 4)
        #expect(drops.values == [.readerMonitor: 3, .shim: 3])
        for _ in 0..<5 { gate.mayReturn.signal() }
        #expect(queue.finish(within: .seconds(10)))
        #expect(journal.entries == ["gated 0", "gated 7", "gated 8", "gated 9", "gated 10"])
        queue.receive(numbered(11))
        #expect(drops.values == [.readerMonitor: 3, .shim: 4])
        #expect(journal.entries.count == 5)
    }

    @Test func givesUpOnASinkThatHangs() {
        let drops = Counter()
        let gate = GatedSink(Journal())
        let queue = QueuedSink(gate, name: "test", capacity: 4, onDrop: drops.count)
        for number in 0..<3 { queue.receive(numbered(UInt64(number))) }
        gate.hasEvent.wait()
        #expect(!queue.finish(within: .milliseconds(20)))
        #expect(drops.values == [.shim: 2])
        gate.mayReturn.signal()
        #expect(queue.finish(within: .seconds(10)))
    }

    @Test func manyWriters() {
        let journal = Journal()
        let drops = Counter()
        let queue = QueuedSink(NamedSink("slow", journal), name: "test", capacity: 8, onDrop: drops.count)
        DispatchQueue.concurrentPerform(iterations: 4) { _ in
            for number in 0..<2_000 { queue.receive(numbered(UInt64(number))) }
        }
        #expect(queue.finish(within: .seconds(10)))
        #expect(UInt64(journal.entries.count) + (drops.values[.shim] ?? 0) == 8_000)
    }

    @Test(arguments: [0, -5, 1])
    func smallestCapacity(capacity: Int) {
        var queue = RingQueue<Int>(capacity: capacity)
        #expect(queue.append(1) == nil)
        #expect(queue.append(2) == 1)
        #expect(queue.popFirst() == 2)
        #expect(queue.popFirst() == nil)
    }

    @Test(arguments: [
        (Duration.seconds(-1), 0), (.zero, 0), (.milliseconds(20), 20_000_000), (.seconds(2), 2_000_000_000),
        (.seconds(Int64.max), Int.max),
    ])
    func wholeNanoseconds(duration: Duration, nanoseconds: Int) {
        #expect(duration.wholeNanoseconds == nanoseconds)
    }
}

private func numbered(_ number: UInt64, from source: SourceKind = .shim) -> ProbeEvent {
    .sourceState(
        SourceState(
            stamp: EventStamp(source: source, startNanoseconds: number, wallNanoseconds: 0), isWorking: true,
            message: ""))
}

private final class Journal: Sendable {
    private let lines = Mutex<[String]>([])

    var entries: [String] { lines.withLock { $0 } }

    func add(_ line: String) { lines.withLock { $0.append(line) } }
}

private final class Counter: Sendable {
    private let counts = Mutex<[SourceKind: UInt64]>([:])

    var values: [SourceKind: UInt64] { counts.withLock { $0 } }

    @Sendable func count(_ source: SourceKind, _ count: UInt64) {
        counts.withLock { $0[source, default: 0] += count }
    }
}

private final class NamedSink: EventSink {
    private let name: String
    private let journal: Journal

    init(_ name: String, _ journal: Journal) {
        self.name = name
        self.journal = journal
    }

    func receive(_ event: ProbeEvent) { journal.add("\(name) \(event.stamp.startNanoseconds)") }
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
