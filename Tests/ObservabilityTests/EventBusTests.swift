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

func numbered(_ number: UInt64, from source: SourceKind = .shim) -> ProbeEvent {
    .sourceState(
        SourceState(
            stamp: EventStamp(source: source, startNanoseconds: number, wallNanoseconds: 0), isWorking: true,
            message: ""))
}

final class Journal: Sendable {
    private let lines = Mutex<[String]>([])

    var entries: [String] { lines.withLock { $0 } }

    func add(_ line: String) { lines.withLock { $0.append(line) } }
}

final class NamedSink: EventSink {
    private let name: String
    private let journal: Journal

    init(_ name: String, _ journal: Journal) {
        self.name = name
        self.journal = journal
    }

    func receive(_ event: ProbeEvent) { journal.add("\(name) \(event.stamp.startNanoseconds)") }
}
