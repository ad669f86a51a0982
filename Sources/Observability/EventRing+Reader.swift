internal import Dispatch
package import ProbeEvents
internal import Synchronization

extension EventRing {
    /// Hands on the events of an ``EventRing`` to a sink that needs time.
    ///
    /// When too many wait for it, the oldest is dropped and told to the counter. It has a thread only while there is something
    /// to do.
    package final class Reader: Sendable {
        /// Counts dropped events: the kind of source whose events were lost, and how many.
        ///
        /// It is called on the thread that told the newer event, before the sink hears any event that is newer than the
        /// dropped one, under the ring's lock: it must not tell events itself.
        package typealias DropCounter = @Sendable (_ source: SourceKind, _ count: UInt64) -> Void

        private struct Place {
            let events: SharedEvents
            let number: Int
        }

        let terms: ReaderTerms
        private let sink: any EventSink
        private let worker: DispatchQueue
        private let gathering: @Sendable () -> Duration
        private let whenDrained: @Sendable () -> Void
        private let isGathering = Atomic(false)
        private let place = Mutex<Place?>(nil)

        /// A reader for whom at most `capacity` events wait (at least 1), in front of a sink.
        ///
        /// - Parameters:
        ///   - gathering: how long the first event waits for others, so that one wake-up serves them all, unless they are
        ///     half of the capacity; asked for each first one.
        ///   - takes: whether an event is for this sink at all, asked of whoever tells it; nil for all.
        ///   - whenDrained: called on the sink's thread each time it has all that waited.
        package init(
            _ sink: any EventSink, name: String, capacity: Int,
            gathering: @autoclosure @escaping @Sendable () -> Duration = .zero,
            takes: (@Sendable (ProbeEvent) -> Bool)? = nil, whenDrained: @escaping @Sendable () -> Void = {},
            onDrop: @escaping DropCounter
        ) {
            terms = ReaderTerms(capacity: max(1, capacity), takes: takes, onDrop: { onDrop($0.stamp.source, 1) })
            (self.sink, self.whenDrained) = (sink, whenDrained)
            worker = DispatchQueue(label: "cardlink.sink.\(name)")
            self.gathering = gathering
        }

        func begin(_ events: SharedEvents, _ number: Int) {
            place.withLock { $0 = Place(events: events, number: number) }
        }

        /// How many events wait.
        package var length: Int {
            guard let place = place.withLock({ $0 }) else { return 0 }
            return place.events.state.withLock { $0.length(place.number) }
        }

        /// Returns when the sink has all that was told before.
        package func flush() async {
            await withCheckedContinuation { continuation in
                worker.async {
                    self.drain()
                    continuation.resume()
                }
            }
        }

        /// Returns when the sink has all that was told before; not to be called by the sink.
        package func catchUp() { worker.sync { drain() } }

        /// Takes no more events and waits until the sink has those that wait, or until the time is over.
        ///
        /// Returns whether the sink has them all; what it has not taken by then, and what is told later, is dropped and
        /// counted.
        @discardableResult
        package func finish(within limit: Duration) -> Bool {
            guard let place = place.withLock({ $0 }) else { return true }
            let idle = OneTimeSignal()
            let isBusy = place.events.state.withLock { $0.close(place.number, signalling: idle) }
            guard isBusy else { return true }
            // What waits need not wait for others any more.
            worker.async { self.drain() }
            guard !idle.wait(atMost: limit) else { return true }
            let left = place.events.state.withLock { $0.giveUp(place.number) }
            left.forEach(terms.onDrop)
            // The sink may have become idle since: then nothing was lost.
            return place.events.state.withLock { $0.isIdle(place.number) } && left.isEmpty
        }

        func wake() {
            let pause = gathering().wholeNanoseconds
            guard pause > 0 else { return worker.async { self.drain() } }
            isGathering.store(true, ordering: .relaxed)
            worker.asyncAfter(deadline: .now() + .nanoseconds(pause)) { self.drain() }
        }

        /// Ends a wait for others: there are many, and more may be too many.
        func hurry() {
            if isGathering.exchange(false, ordering: .relaxed) { worker.async { self.drain() } }
        }

        private func drain() {
            isGathering.store(false, ordering: .relaxed)
            if let place = place.withLock({ $0 }) { drain(place) }
            whenDrained()
        }

        private func drain(_ place: Place) {
            while true {
                switch place.events.state.withLock({ $0.next(place.number) }) {
                case .event(let event): sink.receive(event)
                case .other: break
                case .none(let waiting):
                    for waiting in waiting { waiting.raise() }
                    return
                }
            }
        }
    }
}
