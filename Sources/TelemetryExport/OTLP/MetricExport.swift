internal import Observability
internal import ProbeEvents
package import PrometheusClient

/// Sends the numbers of a registry to an OTLP endpoint, again and again, and once more at the end.
///
/// Numbers are cumulative: what one request could not tell, the next one does.
package final class MetricExport: Sendable {
    /// What it reads, and when.
    package struct Source: Sendable {
        /// The families.
        package var registry: Registry
        /// Called before each reading: fetches what sources have seen and not yet told.
        package var prepare: @Sendable () -> Void
        /// When the program began to count, nanoseconds since 1970 in UTC.
        package var startNanoseconds: UInt64

        /// A source from its parts; it began to count now.
        package init(_ registry: Registry, prepare: @escaping @Sendable () -> Void = {}) {
            self.registry = registry
            self.prepare = prepare
            startNanoseconds = EventClock.now.wallNanoseconds
        }
    }

    private let source: Source
    private let settings: MetricSettings
    private let resource: [Attribute]
    private let loop: ExportLoop

    /// Begins to export: the first time when an interval has passed.
    ///
    /// - Parameter firstPause: the back-off after a first failure.
    package init(
        _ source: Source, _ settings: MetricSettings, telemetry: ExportTelemetry = ExportTelemetry(),
        firstPause: Duration = .seconds(1)
    ) {
        self.source = source
        self.settings = settings
        resource = ProbeResource.attributes(settings.export.resource)
        var export = settings.export
        export.timeout = min(export.timeout, settings.exportTimeout)
        loop = ExportLoop(.metrics, export, telemetry: telemetry, firstPause: firstPause)
        loop.start { [self] _ in await run() }
    }

    /// The latest begin that a point may have, where the wall clock may be set back.
    struct LatestStart: Sendable {
        private var last: UInt64 = 0
        /// The earliest time that it was set back to: a begin stays the same from one point to the next.
        private var earliest = UInt64.max

        mutating func at(_ now: UInt64) -> UInt64 {
            if now < last { earliest = min(earliest, now) }
            last = now
            return min(earliest, now)
        }
    }

    /// Sends once more, and ends when that is done or the time is over.
    ///
    /// Returns how many data points were lost since the begin, and why the last ones were.
    package func finish(within limit: Duration) async -> (lost: UInt64, reason: String) {
        await loop.finish(within: limit)
        let losses = loop.losses
        return (losses.count, losses.reason)
    }

    private func run() async {
        var due = ContinuousClock.now + settings.interval
        var latestStart = LatestStart()
        while true {
            await loop.wait(for: due - .now)
            let isLast = loop.isEnding
            source.prepare()
            let now = EventClock.now.wallNanoseconds
            await send(now, latestStart: latestStart.at(now))
            if isLast { return }
            // An export that took longer than an interval leaves out those that it covers.
            while due <= .now { due += settings.interval }
        }
    }

    private func send(_ nowNanoseconds: UInt64, latestStart: UInt64) async {
        let mapping = MetricMapping(
            startNanoseconds: source.startNanoseconds, latestStartNanoseconds: latestStart,
            nowNanoseconds: nowNanoseconds,
            isExponential: settings.isExponential)
        let requests = MetricRequests(
            source.registry, mapping: mapping, resource: resource, version: ProbeVersion.current)
        let limit = ContinuousClock.now + min(settings.exportTimeout, settings.interval)
        for request in requests { await loop.deliver(request.body, items: request.points, within: limit - .now) }
    }
}
