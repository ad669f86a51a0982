package import ProbeEvents
internal import Synchronization

/// Hands each event to its sinks at once, in the order in which they were added.
///
/// The sinks form a list that only grows at its end, a link being set once: telling an event walks it with atomic
/// loads and never waits for whoever adds a sink. A slow sink goes behind a ``QueuedSink``.
package final class EventBus: EventSink {
    private let first = AtomicLazyReference<Link>()

    private final class Link: Sendable {
        let sink: any EventSink
        let next = AtomicLazyReference<Link>()

        init(_ sink: any EventSink) { self.sink = sink }
    }

    /// A bus with its sinks; the first one hears each event first.
    package init(_ sinks: [any EventSink] = []) {
        for sink in sinks { add(sink) }
    }

    /// Adds a sink behind those that are there; safe while events are being told, which it may or may not hear.
    package func add(_ sink: any EventSink) {
        let link = Link(sink)
        // What is stored already comes back: our own link means that it found the end of the list.
        var stored = first.storeIfNil(link)
        while stored !== link { stored = stored.next.storeIfNil(link) }
    }

    /// Tells one event to every sink, on the caller's thread.
    package func receive(_ event: ProbeEvent) {
        var link = first.load()
        while let current = link {
            current.sink.receive(event)
            link = current.next.load()
        }
    }
}
