package import PrometheusClient

/// The series of a family that a query reads, as PromQL selects them: `cardlink_apdu_commands_total{command="SELECT"}`.
///
/// The family is a property of the catalogue, never a name typed out, so that a query cannot outlive its metric.
package struct Series: Sendable, Hashable {
    /// Which samples of the family.
    package enum Part: String, Sendable {
        /// Counters, gauges and infos have but one.
        case value = ""
        case bucket = "_bucket"
        case sum = "_sum"
        case count = "_count"
    }

    /// How a label is compared.
    package enum Comparison: String, Sendable {
        case equals = "="
        case differs = "!="
        case matches = "=~"
        case matchesNot = "!~"
    }

    /// A condition on a label.
    package struct Matcher: Sendable, Hashable {
        package let label: String
        package let comparison: Comparison
        package let value: String

        /// A condition from its parts.
        package init(_ label: String, _ comparison: Comparison, _ value: String) {
            (self.label, self.comparison, self.value) = (label, comparison, value)
        }
    }

    /// The family.
    package let family: FamilyDescriptor
    /// Which samples of it.
    package let part: Part
    /// Conditions, in order.
    package let matchers: [Matcher]

    private init(_ family: FamilyDescriptor, _ part: Part, _ matchers: [Matcher]) {
        (self.family, self.part, self.matchers) = (family, part, matchers)
    }

    /// All series of a counter, gauge or info.
    package init(_ family: some MetricFamilyDeclaration) {
        self.init(family.descriptor, .value, [])
    }

    /// All samples of one part of a histogram.
    package init<Kind, Labels>(_ family: MetricFamily<Kind, Labels>, _ part: Part) {
        self.init(family.descriptor, part, [])
    }

    /// The same with one more condition.
    package func matching(_ label: String, _ comparison: Comparison, _ value: String) -> Series {
        Series(family, part, matchers + [Matcher(label, comparison, value)])
    }

    /// Only those with this label value.
    package func matching(_ label: String, _ value: String) -> Series { matching(label, .equals, value) }

    /// The name of the series.
    package var name: String { family.name + part.rawValue }

    /// As PromQL writes it.
    package var selector: String {
        guard !matchers.isEmpty else { return name }
        let conditions = matchers.map { "\($0.label)\($0.comparison.rawValue)\(Self.quoted($0.value))" }
        return "\(name){\(conditions.joined(separator: ","))}"
    }

    private static func quoted(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n") + "\""
    }
}
