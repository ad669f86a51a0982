package import ProbeEvents

/// A bounded queue in front of a sink that needs time: whoever tells an event never waits for the sink.
///
/// When the queue is full its oldest event is dropped and told to the counter.
package final class QueuedSink: EventSink {
    /// Counts dropped events: the kind of source whose events were lost, and how many.
    ///
    /// It is called on the thread that told the newer event, before the sink hears any event that is newer than the
    /// dropped one, under the queue's lock: it must not tell events itself.
    package typealias DropCounter = @Sendable (_ source: SourceKind, _ count: UInt64) -> Void

    private let queue: BoundedQueue<ProbeEvent>

    /// A queue for at most `capacity` events (at least 1) in front of a sink.
    ///
    /// - Parameters:
    ///   - gathering: how long the first event waits for others, so that one wake-up serves them all.
    ///   - whenDrained: called on the sink's thread each time it has all that was queued.
    package init(
        _ sink: any EventSink, name: String, capacity: Int, gathering: Duration = .zero,
        whenDrained: @escaping @Sendable () -> Void = {}, onDrop: @escaping DropCounter
    ) {
        queue = BoundedQueue(
            name: name, capacity: capacity, gathering: gathering, whenDrained: whenDrained,
            onDrop: { onDrop($0.stamp.source, 1) }, take: { sink.receive($0) })
    }

    /// How many events wait.
    package var length: Int { queue.length }

    /// Puts one event into the queue; after ``finish(within:)`` it is dropped and counted.
    package func receive(_ event: ProbeEvent) { queue.append(event) }

    /// Returns when the sink has all that was queued before.
    package func flush() async { await queue.flush() }

    /// Takes no more events and waits until the sink has those that are queued, or until the time is over.
    ///
    /// Returns whether the sink has them all; what it has not taken by then is dropped and counted.
    @discardableResult
    package func finish(within limit: Duration) -> Bool { queue.finish(within: limit) }
}
