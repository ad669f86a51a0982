package import ProbeEvents
internal import Synchronization

/// Hands each event to its sinks at once, in the order in which they were added.
///
/// The sinks form a list that only grows at its end, a link being set once: telling an event walks it with atomic
/// loads and never waits for whoever adds a sink. A slow sink reads an ``EventRing``.
package final class EventBus: EventSink {
    // Not `AtomicLazyReference`: its `load` is not inlined, and looks for its type's metadata, 40 ns for each sink.
    /// Owns what it leads to, as each link does.
    private let first = Atomic<Unmanaged<Link>?>(nil)

    private final class Link: Sendable {
        let sink: any EventSink
        let next = Atomic<Unmanaged<Link>?>(nil)

        init(_ sink: any EventSink) { self.sink = sink }
    }

    /// A bus with its sinks; the first one hears each event first.
    package init(_ sinks: [any EventSink] = []) {
        for sink in sinks { add(sink) }
    }

    deinit {
        var link = first.load(ordering: .acquiring)
        while let current = link {
            link = current.takeUnretainedValue().next.load(ordering: .acquiring)
            current.release()
        }
    }

    /// Adds a sink behind those that are there; safe while events are being told, which it may or may not hear.
    package func add(_ sink: any EventSink) {
        let link = Unmanaged.passRetained(Link(sink))
        var end = first.compareExchange(expected: nil, desired: link, ordering: .acquiringAndReleasing).original
        while let current = end {
            end =
                current.takeUnretainedValue().next.compareExchange(
                    expected: nil, desired: link, ordering: .acquiringAndReleasing
                ).original
        }
    }

    /// Tells one event to every sink, on the caller's thread.
    package func receive(_ event: ProbeEvent) {
        var link = first.load(ordering: .acquiring)
        while let current = link {
            link = current._withUnsafeGuaranteedRef {
                $0.sink.receive(event)
                return $0.next.load(ordering: .acquiring)
            }
        }
    }
}
