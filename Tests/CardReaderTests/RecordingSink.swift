import ProbeEvents
import Synchronization

/// Keeps what it hears, in order.
final class RecordingSink: EventSink {
    private let events = Mutex<[ProbeEvent]>([])

    func receive(_ event: ProbeEvent) {
        events.withLock { $0.append(event) }
    }

    /// What was heard since the last call, in words: `came Virtual PCD 00 00`.
    func take() -> [String] {
        events.withLock { events in
            defer { events = [] }
            return events.map(Self.word)
        }
    }

    /// What was heard and not yet taken, in words.
    var heard: [String] { events.withLock { $0.map(Self.word) } }

    private static func word(_ event: ProbeEvent) -> String {
        switch event {
        case .readerChanged(let change):
            "\(change.change) \(change.reader)" + (change.atr.bytes.isEmpty ? "" : " \(change.atr)")
        case .sourceState(let state): state.isWorking ? "working" : "lost: \(state.message)"
        default: "unexpected \(event)"
        }
    }
}
