package import ProbeEvents
internal import Synchronization

/// What happens on the bench, kept from events alone and bounded whatever the traffic: where ``BenchStatus`` and
/// ``LiveExchange`` come from.
///
/// It reads an ``EventRing``: viewers take its lock, and no source may wait for a viewer.
package final class LiveState: EventSink {
    private let bench: Mutex<LiveBench>
    private let now: @Sendable () -> EventClock

    /// The trace of an open session of a client, in hex.
    package typealias TraceLookup = @Sendable (_ client: UInt64, _ session: UInt64) -> String?

    /// A state in which nothing happened yet.
    package init(
        _ identity: BenchIdentity, traces: @escaping TraceLookup = { _, _ in nil },
        now: @escaping @Sendable () -> EventClock = { .now }
    ) {
        bench = Mutex(LiveBench(identity, started: now(), traces: traces))
        self.now = now
    }

    /// Takes one event.
    package func receive(_ event: ProbeEvent) {
        let now = now().monotonicNanoseconds
        bench.withLock { $0.apply(event, now: now) }
    }

    /// Counts events that never came here: they are missing in every count.
    package func countDropped(_ count: UInt64, source: SourceKind) {
        let stamp = EventStamp.now(source: source)
        receive(.eventsDropped(EventsDropped(stamp: stamp, reason: .queueFull, count: count)))
    }

    /// Notes that a file was written of a fault.
    package func note(_ flight: FlightRecorder.Flight) { bench.withLock { $0.note(flight) } }

    /// How everything stands; of health this is told.
    package func status(health: HealthReport?) -> BenchStatus {
        let clock = now()
        let bench = bench.withLock { $0 }
        return BenchStatus(bench, health: health, at: clock)
    }

    /// Counts what may change a status: a status is news when this has grown, or rates still fall.
    package var revision: UInt64 { bench.withLock { $0.revision } }

    /// Whether a status now would say the same as one a moment ago, as long as nothing happens.
    package var isSettled: Bool {
        let now = now().monotonicNanoseconds
        return bench.withLock { $0.traffic.isQuiet(at: now) }
    }

    /// The id of the exchange that came last; 0 for none.
    package var lastID: UInt64 { bench.withLock { $0.exchanges.lastID } }

    /// The exchanges behind an id, the oldest first, and how many behind it are no longer remembered.
    package func exchanges(after id: UInt64, atMost limit: Int) -> (items: [LiveExchange], missed: UInt64) {
        let (entries, missed) = bench.withLock { $0.exchanges.entries(after: id, atMost: limit) }
        return (entries.map(LiveExchange.init), missed)
    }

    /// All of one exchange, with its bytes for a viewer who may see them; nil when it is not remembered.
    package func detail(of id: UInt64, showsPayload: Bool) -> ExchangeDetail? {
        let found = bench.withLock { bench in bench.exchanges[id].map { ($0, bench.exchanges.chain(of: $0)) } }
        return found.map { ExchangeDetail($0, chain: $1, showsPayload: showsPayload) }
    }
}
