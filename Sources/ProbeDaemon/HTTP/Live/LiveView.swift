internal import NIOCore
package import Observability
internal import ProbeEvents
internal import PrometheusClient
internal import Synchronization

/// What shows the bench as it is now: its state, kept from events, and those who watch it.
///
/// Whoever tells an event pays for a place in a ring, with viewers or without.
package final class LiveView: Sendable {
    /// Reads the events.
    package let reader: EventRing.Reader
    let state: LiveState
    let feed: LiveFeed

    private struct Kept {
        var report: HealthReport?
        var at: ContinuousClock.Instant
    }

    private let kept = Mutex<Kept?>(nil)
    private let drain: @Sendable () -> Void
    private let health: @Sendable () async -> HealthReport?

    /// Events that wait: more than a second of a fast card.
    private static let queueCapacity = 8_192
    /// An exchange is to be seen within 200 ms, of which a ring takes 50 and a `run` that hands it on 100.
    private static let gathering = Duration.milliseconds(20)
    /// Nobody sees it before somebody asks, who then gets all.
    private static let gatheringUnwatched = Duration.milliseconds(250)

    /// A check may cost a scrape or more: who watches sees health that is a little older.
    private static let healthPause = Duration.seconds(5)

    /// A view of a bench on which nothing happened yet.
    ///
    /// - Parameters:
    ///   - traces: finds the trace of a session.
    ///   - drain: fetches what taps have and not yet told.
    ///   - health: how the probe itself is; nil where nobody checks.
    package init(
        _ identity: BenchIdentity, counting collector: Collector,
        traces: @escaping LiveState.TraceLookup = { _, _ in nil },
        drain: @escaping @Sendable () -> Void = {},
        health: @escaping @Sendable () async -> HealthReport? = { nil }
    ) {
        let state = LiveState(identity, traces: traces)
        let feed = LiveFeed(state)
        reader = EventRing.Reader(
            feed, name: "live", capacity: Self.queueCapacity,
            gathering: feed.isWatched ? Self.gathering : Self.gatheringUnwatched,
            whenDrained: { feed.publish() }
        ) { source, count in
            collector.health.exportDropped[.live, .queueFull].increment(by: count)
            state.countDropped(count, source: source)
        }
        (self.state, self.feed) = (state, feed)
        (self.drain, self.health) = (drain, health)
        feed.status = { [weak self] in await self?.statusJSON(healthWithin: Self.healthPause) }
    }

    /// The status as JSON, with health that was looked for within so long; nil when it cannot be written.
    func statusJSON(healthWithin age: Duration = .zero) async -> ByteBuffer? {
        await catchUp()
        let status = state.status(health: await report(within: age))
        return (try? status.json()).map { ByteBuffer(bytes: $0) }
    }

    /// Returns when the state has all that happened before.
    func catchUp() async {
        drain()
        await reader.flush()
    }

    private func report(within age: Duration) async -> HealthReport? {
        let now = ContinuousClock.now
        if let kept = kept.withLock({ $0 }), now - kept.at < age { return kept.report }
        let report = await health()
        kept.withLock { $0 = Kept(report: report, at: now) }
        return report
    }

    /// Lets all viewers go.
    package func close() { feed.close() }
}
