internal import Observability

/// Every alert with its thresholds, for people and for programs.
package struct AlertListing: Sendable {
    private let settings: RuleSettings

    /// A listing under these settings.
    package init(_ settings: RuleSettings = RuleSettings()) { self.settings = settings }

    /// A line an alert, a line more for each further threshold.
    package var text: String {
        let rows =
            [["ALERT", "SEVERITY", "FOR", "THRESHOLDS"]]
            + AlertRule.all.flatMap { rule in
                let thresholds = rule.thresholds.map { "\($0.name)=\($0.text(settings[$0]))" }
                let first = [rule.name, rule.severity.rawValue, pending(rule), thresholds.first ?? "-"]
                return [first] + thresholds.dropFirst().map { ["", "", "", $0] }
            }
        let widths = (0..<3).map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { cells in
            zip(cells, widths).map { $0 + String(repeating: " ", count: $1 - $0.count + 2) }.joined() + cells[3] + "\n"
        }.joined()
    }

    /// An array of objects.
    package func json() throws -> String {
        try JSONText.of(AlertRule.byComponent.flatMap { component, rules in rules.map { row($0, component) } })
    }

    private func pending(_ rule: AlertRule) -> String { RuleText.of(settings.pending(rule)) }

    private func row(_ rule: AlertRule, _ component: AlertRule.Component) -> Row {
        Row(
            name: rule.name, component: component.rawValue, severity: rule.severity.rawValue,
            forSeconds: settings.pending(rule) / .seconds(1), summary: rule.summary,
            expression: rule.condition(settings).text,
            thresholds: rule.thresholds.map { threshold in
                Limit(
                    name: threshold.name, value: settings[threshold], unit: threshold.unit.rawValue,
                    minimum: threshold.allowed.lowerBound, maximum: threshold.allowed.upperBound, help: threshold.help)
            })
    }

    private struct Row: Encodable {
        var name: String
        var component: String
        var severity: String
        var forSeconds: Double
        var summary: String
        var expression: String
        var thresholds: [Limit]
    }

    private struct Limit: Encodable {
        var name: String
        var value: Double
        var unit: String
        var minimum: Double
        var maximum: Double
        var help: String
    }
}
