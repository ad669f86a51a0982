internal import Observability
internal import ProbeEvents
package import PrometheusClient

/// A format in which `/metrics` answers.
package enum ScrapeFormat: Sendable, Hashable {
    /// Prometheus text 0.0.4.
    case text
    /// OpenMetrics 1.0.
    case openMetrics
    /// The JSON export.
    case json

    /// The value of the header `Content-Type`.
    var contentType: String {
        switch self {
        case .text: ExpositionFormat.text.contentType
        case .openMetrics: ExpositionFormat.openMetrics.contentType
        case .json: JSONExposition.contentType
        }
    }

    /// Begins to write a registry.
    package func exposition(of registry: Registry) -> any ScrapeText {
        switch self {
        case .text: TextExposition(of: registry)
        case .openMetrics: TextExposition(of: registry, format: .openMetrics)
        case .json:
            JSONExposition(
                of: registry, time: RFC3339.text(wallNanoseconds: EventClock.now.wallNanoseconds))
        }
    }
}
