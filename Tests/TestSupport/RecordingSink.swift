package import ProbeEvents
import Synchronization

/// Keeps what it hears, in order.
package final class RecordingSink: EventSink {
    private let kept = Mutex<[ProbeEvent]>([])

    package init() {}

    package func receive(_ event: ProbeEvent) {
        kept.withLock { $0.append(event) }
    }

    package var events: [ProbeEvent] { kept.withLock { $0 } }
    package var count: Int { kept.withLock { $0.count } }

    /// What was heard since the last call.
    package func take() -> [ProbeEvent] {
        kept.withLock { kept in
            defer { kept = [] }
            return kept
        }
    }
}
