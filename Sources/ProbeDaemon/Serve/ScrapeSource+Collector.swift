internal import Observability
internal import PrometheusClient

extension ScrapeSource {
    /// Scrapes of a collector; `drain` fetches what taps have and not yet told.
    init(_ collector: Collector, drain: @escaping @Sendable () -> Void) {
        self.init(
            prepare: drain, exposition: { TextExposition(of: collector.registry, format: $0) },
            recordDuration: { collector.recordScrape(nanoseconds: $0) })
    }
}
