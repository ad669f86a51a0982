internal import Observability

/// Holds a query's names and labels to the catalogue.
package struct QueryCheck: Sendable {
    private let known: KnownMetrics

    /// A check against these series.
    package init(_ known: KnownMetrics = KnownMetrics()) { self.known = known }

    /// What a query has that is not there, in words.
    package func faults(in expression: String) -> [String] {
        let reading = QueryReading(expression)
        var faults = reading.fault.map { [$0] } ?? []
        faults += reading.selectors.flatMap(faults(of:))
        let labels = Self.labels(of: reading, known)
        faults += reading.groupings.compactMap { unknownLabel($0, among: labels, of: "any metric of the query") }
        return faults
    }

    /// Labels in a legend that the query's series do not have.
    package func faults(inLegend legend: String, of expression: String) -> [String] {
        faults(ofLabels: Self.placeholders(of: legend), in: expression).map { "legend: \($0)" }
    }

    /// Labels that a query's series do not have.
    package func faults(ofLabels names: [String], in expression: String) -> [String] {
        let labels = Self.labels(of: QueryReading(expression), known)
        return names.compactMap { unknownLabel($0, among: labels, of: "any metric of the query") }
    }

    private func faults(of selector: QueryReading.Selector) -> [String] {
        let name = selector.metric
        // Grafana fills it in, or a recording rule made it: its own check answers for that.
        guard !name.contains("$"), !name.contains(":"), !known.isForeign(name) else { return [] }
        guard let labels = known.labels(of: name) else {
            return ["metric '\(name)' is not in the catalogue\(Self.hint(name, among: known.names))"]
        }
        return selector.conditions.compactMap { condition in
            guard let domain = labels[condition.label] else {
                return unknownLabel(condition.label, among: Set(labels.keys), of: name)
            }
            return domain.isEmpty ? nil : unknownValue(of: condition, in: domain, of: name)
        }
    }

    private func unknownLabel(_ label: String, among labels: Set<String>?, of owner: String) -> String? {
        guard let labels, !labels.contains(label), !label.contains("$") else { return nil }
        return "label '\(label)' is not one of \(owner)\(Self.hint(label, among: labels))"
    }

    /// A value that no series can have; patterns that are more than a choice of words are left to Prometheus.
    private func unknownValue(
        of condition: QueryReading.Condition, in domain: [String], of metric: String
    ) -> String? {
        guard !condition.value.contains("$") else { return nil }
        let isPattern = condition.comparison.hasSuffix("~")
        let values =
            isPattern
            ? condition.value.split(separator: "|").map(String.init).filter(Self.isPlain) : [condition.value]
        guard let unknown = values.first(where: { !$0.isEmpty && !domain.contains($0) }) else { return nil }
        return "\(condition.label)=\"\(unknown)\" is no value of \(metric)\(Self.hint(unknown, among: domain))"
    }

    private static func isPlain(_ value: String) -> Bool {
        value.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" || $0 == " " }
    }

    /// The labels that may stand in a query's answer; nil when a metric among them is not known here.
    private static func labels(of reading: QueryReading, _ known: KnownMetrics) -> Set<String>? {
        var labels = reading.made.union(["__name__"])
        for selector in reading.selectors {
            guard let own = known.labels(of: selector.metric) else { return nil }
            labels.formUnion(own.keys)
        }
        return labels
    }

    private static func placeholders(of legend: String) -> [String] {
        legend.split(separator: "{{", omittingEmptySubsequences: false).dropFirst().map { part in
            part.prefix { $0 != "}" }.filter { !$0.isWhitespace }
        }
    }

    private static func hint(_ name: String, among known: some Sequence<String>) -> String {
        NearestName.of(name, among: known).map { "; the nearest is '\($0)'" } ?? ""
    }
}
