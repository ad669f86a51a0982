internal import Observability
internal import PrometheusClient

/// The series that a query may read, with their labels: the catalogues', and what Prometheus adds.
package struct KnownMetrics: Sendable {
    /// Labels with their closed lists of values; an empty one where any value may stand.
    typealias Labels = [String: [String]]

    private var labels: [String: Labels]
    /// Names of other exporters' series begin so.
    private let allowedMetrics: [String]

    /// Labels that Prometheus gives to everything that it scrapes.
    private static let target: Labels = ["instance": [], "job": []]
    /// Series that Prometheus makes itself.
    private static let own: [String: Labels] = [
        "up": [:], "scrape_duration_seconds": [:], "scrape_samples_scraped": [:],
        "ALERTS": ["alertname": [], "alertstate": ["pending", "firing"], "severity": []],
    ]

    /// The catalogues.
    ///
    /// - Parameters:
    ///   - allowedMetrics: beginnings of names that are other exporters'.
    ///   - allowedLabels: labels that this site's Prometheus adds to all series.
    package init(allowedMetrics: [String] = [], allowedLabels: [String] = []) {
        self.allowedMetrics = allowedMetrics
        var added = Self.target
        for label in allowedLabels { added[label] = [] }
        labels = Self.own.mapValues { $0.merging(added) { own, _ in own } }
        let registry = Registry()
        registry.registerAll(of: MetricCatalog())
        registry.registerAll(of: HealthCatalog())
        for family in registry.descriptors {
            for (name, own) in Self.series(of: family) { labels[name] = own.merging(added) { own, _ in own } }
        }
    }

    /// All names.
    var names: some Sequence<String> { labels.keys }

    /// The labels of a series; nil for a name that is not known.
    func labels(of name: String) -> Labels? { labels[name] }

    /// Whether somebody else has to answer for a name.
    func isForeign(_ name: String) -> Bool { allowedMetrics.contains { name.hasPrefix($0) } }

    private static func series(of family: FamilyDescriptor) -> [(String, Labels)] {
        let own = Labels(family.labels.map { ($0.name, $0.domain ?? []) }) { first, _ in first }
        guard family.kind == .histogram else { return [(family.name, own)] }
        let bounds = family.bucketBounds + ["+Inf"]
        return [
            (family.name + "_bucket", own.merging(["le": bounds]) { $1 }), (family.name + "_sum", own),
            (family.name + "_count", own),
        ]
    }
}
