internal import Observability
internal import PrometheusClient

extension ScrapeSource {
    /// Scrapes of a collector; `drain` fetches what taps have and not yet told.
    init(_ collector: Collector, drain: @escaping @Sendable () -> Void) {
        self.init(
            prepare: drain, exposition: { $0.exposition(of: collector.registry) },
            recordDuration: { collector.recordScrape(nanoseconds: $0) })
    }
}
