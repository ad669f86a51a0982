package import ProbeEvents
internal import Synchronization

/// Holds events for all who need time with them: whoever tells one puts it into one place and never waits, however many
/// read.
///
/// Each ``EventRing.Reader`` has a position, a bound and losses of its own, and holds up no other. An event stays until the
/// slowest has read it.
package final class EventRing: EventSink {
    private let events = SharedEvents()
    private let readers = Mutex<[EventRing.Reader]>([])

    /// A ring that nobody reads yet; it keeps nothing.
    package init() {}

    /// Lets a reader have what is told from now on; each reader reads one ring.
    package func add(_ reader: EventRing.Reader) {
        // Whoever wakes it meanwhile waits until it is in the list.
        readers.withLock { readers in
            reader.begin(events, events.state.withLock { $0.add(reader.terms) })
            readers.append(reader)
        }
    }

    /// Puts one event in.
    package func receive(_ event: ProbeEvent) {
        let woken = events.state.withLock { $0.put(event) }
        if !woken.isEmpty { wake(woken) }
    }

    /// Not part of ``receive(_:)``: most events find their readers awake.
    @inline(never)
    private func wake(_ woken: EventRingState.Wake) {
        let readers = readers.withLock { $0 }
        for (number, reader) in readers.enumerated() {
            if woken.idle.contains(number) { reader.wake() }
            if woken.crowded.contains(number) { reader.hurry() }
        }
    }
}

/// What a ring shares with its readers.
final class SharedEvents: Sendable {
    let state = Mutex(EventRingState())
}
