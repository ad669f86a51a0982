package import ProbeEvents
internal import Synchronization

/// Stands between the sources and the bus: works out what of an APDU's time was other programs', then hands it on.
///
/// It has to hear all client processes that are seen. Events are handed on in the order of each client; a scrape that
/// drains the taps first finds all that was written until then, unless another probe still has to tell its part.
package final class SharingSink: EventSink {
    /// Looks whether programs other than these processes may have used pcscd since it was last asked.
    package typealias StrangerLook = @Sendable (_ known: Set<Int32>, _ now: UInt64) -> StrangerSight

    /// How often it is looked for strangers at most, nanoseconds.
    private static let lookPauseNanoseconds: UInt64 = 5_000_000

    private struct State: ~Copyable {
        var sharing = ReaderSharing()
        var lastLook: UInt64 = 0
    }

    private let sink: any EventSink
    private let look: StrangerLook
    private let state = Mutex(State())

    /// A stage in front of a sink that never blocks.
    package init(_ sink: any EventSink, look: @escaping StrangerLook) {
        self.sink = sink
        self.look = look
    }

    /// Takes one event; hands on what is known by it.
    package func receive(_ event: ProbeEvent) {
        state.withLock { state in
            let now = EventClock.monotonicNow
            if case .clientDrained = event { lookAround(&state, now: now) }
            // Under the lock, so that the events of a client stay in order.
            state.sharing.receive(event, now: now).forEach(sink.receive)
        }
    }

    /// Looks for strangers between two looks at the rings: one may come, use a reader and be gone from one to the next.
    package func lookAround() {
        state.withLock { lookAround(&$0, now: EventClock.monotonicNow) }
    }

    private func lookAround(_ state: inout State, now: UInt64) {
        guard now &- state.lastLook >= Self.lookPauseNanoseconds else { return }
        state.sharing.note(look(state.sharing.knownProcesses, now), now: now)
        state.lastLook = now
    }

    /// Hands on all that is held; for the end, when the sources have told all they have.
    package func finish() {
        state.withLock { state in
            state.sharing.finish(now: EventClock.monotonicNow).forEach(sink.receive)
        }
    }
}
