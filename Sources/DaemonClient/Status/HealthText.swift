package import Observability

/// A report of health for a person.
package struct HealthText: Sendable {
    private typealias Part = SummaryLayout.Part

    private let report: HealthReport
    private let columns: Int?
    private let isColoured: Bool

    /// The text of a report; nil columns never cut a line.
    package init(_ report: HealthReport, columns: Int?, isColoured: Bool) {
        self.report = report
        self.columns = columns
        self.isColoured = isColoured
    }

    /// The state of all, then what is not well, or every check.
    package func lines(isVerbose: Bool) -> [String] {
        let layout = SummaryLayout(columns: columns ?? .max, isColoured: isColoured)
        let uptime = StatusTables.age(report.uptimeSeconds)
        let head = ScreenLine([
            Part(report.status.rawValue, report.status.style),
            Part("  cardlink-probe \(StatusTables.name(report.version)), up \(uptime)", .dim),
        ])
        let checks = report.checks.sorted { $0.key < $1.key }.filter { isVerbose || $0.value.status != .healthy }
        let table = ScreenTable(
            columns: [
                .init(title: "CHECK"), .init(title: "STATE"), .init(title: "TOOK", isNumber: true),
                .init(title: "WHAT", least: 20),
            ], rows: checks.map(Self.row))
        let rows = checks.isEmpty ? [] : table.lines(rows: .max, width: columns ?? 10_000)
        return ([head] + rows).map { $0.painted(layout) }
    }

    private static func row(_ name: String, _ check: HealthReport.Check) -> [Part] {
        [
            Part(StatusTables.name(StatusTables.words(name)), .bold), Part(check.status.rawValue, check.status.style),
            // Told to the millisecond.
            Part(
                check.durationSeconds < 0.001
                    ? "<1 ms" : SummaryFormat.wait(StatusTables.nanoseconds(check.durationSeconds)), .dim),
            Part(SummaryFormat.name(check.message, limit: 600)),
        ]
    }
}
