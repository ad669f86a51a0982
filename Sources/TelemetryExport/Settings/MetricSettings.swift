/// Where metrics go, in which form, and how often.
package struct MetricSettings: Sendable, Hashable {
    /// Where they go.
    package var export: ExportSettings
    /// How often.
    package var interval = Duration.milliseconds(60_000)
    /// How long sending is worth while; the next numbers stand for the old ones too.
    package var exportTimeout = Duration.milliseconds(30_000)
    /// Whether durations go out in exponential buckets.
    package var isExponential = false

    /// Metrics go there, all else as usual.
    package init(_ export: ExportSettings) { self.export = export }

    /// Reads the variables; nil when they name no endpoint, or say that nothing is to be exported.
    package init?(_ read: ExportVariables) {
        guard let export = ExportSettings(.metrics, read) else { return nil }
        self.init(export)
        interval = read.milliseconds("OTEL_METRIC_EXPORT_INTERVAL") ?? interval
        exportTimeout = read.milliseconds("OTEL_METRIC_EXPORT_TIMEOUT") ?? exportTimeout
        isExponential = Self.isExponential(read)
    }

    private static func isExponential(_ read: ExportVariables) -> Bool {
        let name = "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION"
        switch read.text(name)?.lowercased() {
        case nil, "explicit_bucket_histogram": return false
        case "base2_exponential_bucket_histogram": return true
        case let other?:
            read.warn(
                "\(name) '\(other.prefix(64))' is neither explicit_bucket_histogram nor "
                    + "base2_exponential_bucket_histogram; ignored")
            return false
        }
    }
}
