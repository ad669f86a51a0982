/// A condition that somebody should hear of.
///
/// Its section in the article Runbook has its name as title.
package struct AlertRule: Sendable {
    /// How much it matters.
    package enum Severity: String, Sendable, CaseIterable {
        /// Somebody must act now.
        case critical
        /// Somebody should look at it today.
        case warning
    }

    /// What it is about; critical alerts of a component silence its warnings on the same instance.
    package enum Component: String, Sendable, CaseIterable {
        case probe, cards, sessions, devices, tester
    }

    /// `CardLink` and what is wrong.
    package let name: String
    /// How much it matters.
    package let severity: Severity
    /// How long it must hold.
    package let pending: Duration
    /// What its expression compares with.
    package let thresholds: [AlertThreshold]
    /// What is wrong, without values.
    package let summary: String
    /// The same with values, as a template of Prometheus.
    package let description: String
    /// Where more is to be seen.
    let dashboard: DashboardPage
    /// Its condition; gives a series for each thing that is wrong.
    let condition: @Sendable (RuleSettings) -> Query

    init(
        _ name: String, _ severity: Severity, pending: Duration, thresholds: [AlertThreshold] = [], summary: String,
        description: String, dashboard: DashboardPage, condition: @escaping @Sendable (RuleSettings) -> Query
    ) {
        self.name = name
        self.severity = severity
        self.pending = pending
        self.thresholds = thresholds
        self.summary = summary
        self.description = description
        self.dashboard = dashboard
        self.condition = condition
    }

    /// All rules, by component.
    package static let byComponent: [(component: Component, rules: [AlertRule])] = [
        (.probe, probe), (.cards, cards), (.sessions, sessions), (.devices, devices), (.tester, tester),
    ]

    /// All rules.
    package static var all: [AlertRule] { byComponent.flatMap(\.rules) }
}

extension AlertRule {
    /// Where a description says it is: the instance, and its bench where that is known.
    static let place = """
        {{ $labels.instance }}\
        {{ with query (printf "cardlink_bench_info{instance=%q,bench!=''}" $labels.instance) }} \
        (bench {{ . | first | label "bench" }}){{ end }}
        """
}
