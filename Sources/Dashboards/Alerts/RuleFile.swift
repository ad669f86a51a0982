internal import ProbeEvents

/// The rules as a file that Prometheus reads.
package struct RuleFile: Sendable {
    private let settings: RuleSettings
    /// Without them, a test of the expressions need not know the texts.
    private let hasAnnotations: Bool

    /// The rules under these settings.
    package init(_ settings: RuleSettings, hasAnnotations: Bool = true) {
        (self.settings, self.hasAnnotations) = (settings, hasAnnotations)
    }

    /// Recording rules first, then alerts by component.
    package var yaml: String {
        let alerts = AlertRule.byComponent.map { component, rules in
            group("cardlink-\(component.rawValue)", rules.map { alert($0, component) })
        }
        let records = group("cardlink-recordings", Recordings.all.map(Self.record))
        return Self.heading("cardlink-metrics alerts export") + "groups:\n" + ([records] + alerts).joined()
    }

    /// Rules that give the names of CardLink's design paper.
    package static var compatibility: String {
        let rules = CompatibilityRule.all.map { record($0.rule) }
        return heading("cardlink-metrics alerts export --compat") + CompatibilityRule.remark
            + "groups:\n  - name: cardlink-compatibility\n    rules:\n" + rules.joined()
    }

    private static func heading(_ command: String) -> String {
        "# Made by cardlink-metrics \(ProbeVersion.current): \(command)\n"
    }

    private func group(_ name: String, _ rules: [String]) -> String {
        "  - name: \(name)\n    rules:\n" + rules.joined()
    }

    private static func record(_ rule: RecordingRule) -> String {
        "      - record: \(rule.name)\n" + expression(rule.query)
    }

    /// Where the bench has the events around what went wrong: their names have times, which no expression knows.
    private static let flights = "On the bench, for the events around each fault: cardlink-probe explain --list"

    private func alert(_ rule: AlertRule, _ component: AlertRule.Component) -> String {
        let pending = settings.pending(rule)
        return "      - alert: \(rule.name)\n" + Self.expression(rule.condition(settings))
            + (pending == .zero ? "" : "        for: \(RuleText.of(pending))\n")
            + "        labels:\n          severity: \(rule.severity.rawValue)\n          component: \(component.rawValue)\n"
            + (hasAnnotations ? annotations(rule, component) : "")
    }

    private func annotations(_ rule: AlertRule, _ component: AlertRule.Component) -> String {
        let page = "\(settings.grafana)/d/\(rule.dashboard.rawValue)"
        return [
            ("summary", rule.summary), ("description", rule.description),
            ("runbook_url", "\(settings.runbook)#\(rule.name)"),
            ("dashboard_url", page + "?var-instance={{ $labels.instance | urlquery }}"),
            ("flights", component == .probe ? "" : Self.flights),
        ].filter { !$0.1.isEmpty }.reduce("        annotations:\n") { $0 + "          \($1.0): \(Self.quoted($1.1))\n" }
    }

    // A block, so that the expression's own quotes stay as they are.
    private static func expression(_ query: Query) -> String {
        "        expr: |-\n          \(query.text)\n"
    }

    private static func quoted(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
}
