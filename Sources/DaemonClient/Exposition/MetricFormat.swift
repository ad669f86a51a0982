/// A format in which metrics go out.
package enum MetricFormat: String, Sendable, CaseIterable {
    /// Prometheus text, version 0.0.4.
    case prometheus
    /// OpenMetrics text, version 1.0.0.
    case openmetrics
    /// One object, as the article `JSON` of `PrometheusClient` has it.
    case json

    /// What a request asks for it with.
    var contentType: String {
        switch self {
        case .prometheus: "text/plain;version=0.0.4"
        case .openmetrics: "application/openmetrics-text;version=1.0.0"
        case .json: "application/json"
        }
    }

    /// The format of a page as its text shows it; one that is none of these is Prometheus text with a fault.
    package static func of(_ page: [UInt8]) -> MetricFormat {
        if page.first(where: { !$0.isBlank && $0 != UInt8(ascii: "\n") }) == UInt8(ascii: "{") { return .json }
        let end = page.reversed().drop { $0 == UInt8(ascii: "\n") }.prefix(5)
        return end.elementsEqual("# EOF".utf8.reversed()) ? .openmetrics : .prometheus
    }
}

extension UInt8 {
    /// Whether it parts words in Prometheus text.
    var isBlank: Bool { self == UInt8(ascii: " ") || self == UInt8(ascii: "\t") }
}
