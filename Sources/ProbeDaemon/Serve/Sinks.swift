internal import Observability
internal import ProbeEvents

/// What the daemon tells events to. A new output is a line here.
struct Sinks: Sendable {
    let collector: Collector
    let bus: EventBus

    /// All of them behind one bus.
    init() {
        collector = Collector(scope: .everything)
        bus = EventBus([collector, FaultLog()])
    }
}

/// Says in a line each on standard error when a source fails, works again, or loses events.
final class FaultLog: EventSink {
    func receive(_ event: ProbeEvent) {
        switch event {
        case .sourceState(let state):
            Terminal.say("\(state.stamp.source.name): \(state.isWorking ? "works" : state.message)")
        case .eventsDropped(let loss):
            Terminal.say("\(loss.stamp.source.name): \(loss.count) events lost (\(loss.reason.name))")
        case .apdu, .sessionOpened, .sessionClosed, .operation, .readerChanged, .cardIdentified, .clientAttached,
            .clientEnded:
            break
        }
    }
}
