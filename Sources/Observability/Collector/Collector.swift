public import ProbeEvents
public import PrometheusClient
internal import SmartCard
internal import Synchronization

/// Counts events into the metric families; what `/metrics` and the exporters show.
///
/// An APDU costs a handful of atomic additions: no lock, no hashing, no allocation. Events that are rare (sessions,
/// readers) take a short lock.
public final class Collector: EventSink {
    /// Which families are registered and fed.
    public enum Scope: Sendable {
        /// All.
        case everything
        /// Only those of the probe itself: another probe, which is scraped too, counts the same events.
        case probeHealth
    }

    /// What it counts.
    public let scope: Scope
    /// The families of the bench; in the scope of the probe's health they are neither registered nor fed.
    package let catalog = MetricCatalog()
    /// The families of the probe itself.
    package let health = HealthCatalog()
    /// Holds the families of the scope, for exposition.
    public let registry: Registry

    // Copies, since `shared` checks at each use whether it is there.
    let statusWords = StatusWordLookup.shared
    let commands = CommandLookup.shared
    let openSessions = Mutex(OpenSessions())
    let devices = Mutex(PresentDevices())
    let openChannels = Mutex(OpenTable<ChannelKey, BearerType>(limit: 4_096))
    let openTesterWork = Mutex(OpenTesterWork())
    let toldTriggers = Mutex(ToldTriggers())

    /// A collector with families that count from 0.
    ///
    /// - Parameters:
    ///   - seriesLimit: children that a family with an open label may have.
    ///   - showsCreated: whether OpenMetrics tells from when on each counter and histogram counts.
    ///   - scope: which families there are.
    public convenience init(
        seriesLimit: Int = Registry.defaultSeriesLimit, showsCreated: Bool = false, scope: Scope = .everything
    ) {
        self.init(seriesLimit: seriesLimit, showsCreated: showsCreated, scope: scope, sampler: SystemSampler())
    }

    /// The same, with what reads machine and process at each scrape.
    package init(
        seriesLimit: Int = Registry.defaultSeriesLimit, showsCreated: Bool = false, scope: Scope = .everything,
        sampler: SystemSampler
    ) {
        self.scope = scope
        let refused = health.seriesRefused
        registry = Registry(seriesLimit: seriesLimit, showsCreated: showsCreated) { refused[OpenLabel($0)].increment() }
        switch scope {
        case .everything:
            registry.registerAll(of: catalog)
            catalog.activeSessions[.pcsc].show()
        case .probeHealth: break
        }
        registry.registerAll(of: health)
        showZeros()
        tellApplication()
        observeSystem(with: sampler)
    }

    /// Counts one event.
    public func receive(_ event: ProbeEvent) {
        switch event {
        // A loss is no event that was received, and counts for itself; a mark between events is none.
        case .eventsDropped, .clientDrained: break
        default: health.eventsReceived[event.stamp.source].increment()
        }
        switch scope {
        case .everything: apply(event)
        case .probeHealth:
            if case .eventsDropped(let loss) = event { apply(loss) }
        }
    }

    /// Counts a scrape that was answered.
    public func recordScrape(nanoseconds: UInt64) {
        health.scrapeDuration.record(nanoseconds)
    }

    /// Counts events that were lost before they could be counted.
    package func countDropped(_ count: UInt64, source: SourceKind, reason: DropReason = .queueFull) {
        health.eventsDropped[source, reason].increment(by: count)
    }

    private func apply(_ event: ProbeEvent) {
        switch event {
        case .apdu(let exchange): apply(exchange)
        case .sessionOpened(let opened): apply(opened)
        case .sessionClosed(let closed): apply(closed)
        case .operation(let operation): apply(operation)
        case .readerChanged(let change): apply(change)
        case .clientEnded(let ended): apply(ended)
        case .eventsDropped(let loss): apply(loss)
        case .sourceState(let state): apply(state)
        case .atCommand(let done): apply(done)
        case .modemChanged(let change): apply(change)
        case .simChanged(let change): apply(change)
        case .registrationChanged(let change): apply(change)
        case .signalMeasured(let signal): apply(signal)
        case .bipOpened(let opened): apply(opened)
        case .bipData(let data): apply(data)
        case .bipClosed(let closed): apply(closed)
        case .bipFailed(let failed): apply(failed)
        case .triggerSeen(let trigger): apply(trigger)
        case .tls(let event): apply(event)
        case .ota(let event): apply(event)
        case .esim(let event): apply(event)
        case .phone(let event): apply(event)
        case .test(let event): apply(event)
        case .database(let event): apply(event)
        // No family counts these: an ATR, a program's name and a modem's identity are never labels.
        case .cardIdentified, .clientAttached, .clientDrained, .modemIdentified, .urc: break
        // A link that went is counted when its channel ends.
        case .bipLinkChanged, .bipDataWaiting: break
        }
    }

    /// Series that alerts must see before their first increment: else the step from nothing to 1 is no increase.
    private func showZeros() {
        for source in SourceKind.allCases {
            health.eventsReceived[source].show()
            for reason in DropReason.allCases { health.eventsDropped[source, reason].show() }
        }
        let open = registry.descriptors.filter { family in
            family.kind != .info && family.labels.contains { $0.domain == nil }
        }
        // Its own names are never refused.
        for family in open where family.name != health.seriesRefused.name {
            health.seriesRefused[OpenLabel(family.name)].show()
        }
    }
}
