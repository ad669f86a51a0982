/// The table of commands: name, calls, errors, times and share of the card's time in aligned columns.
struct SummaryTable {
    private typealias Row = [SummaryLayout.Part]

    private let report: RunReport
    private let layout: SummaryLayout

    init(_ report: RunReport, _ layout: SummaryLayout) {
        self.report = report
        self.layout = layout
    }

    /// Columns of the longest command name that is shown whole.
    private static let longestName = 28

    /// The heading and at most `limit` rows; the last one stands for those that there is no room for.
    func lines(limit: Int) -> [String] {
        guard !report.commands.isEmpty else { return [] }
        let shown = report.commands.count <= limit ? report.commands.count : max(0, limit - 1)
        var rows = [Self.heading] + report.commands.prefix(shown).map(row)
        if shown < report.commands.count { rows.append(rest(Array(report.commands.dropFirst(shown)))) }
        return aligned(rows)
    }

    private static let heading: Row = ["command", "calls", "errors", "p50", "p95", "max", "share"].map {
        SummaryLayout.Part($0, .dim)
    }

    private func row(_ command: RunReport.Command) -> Row {
        let isTimed = command.calls > command.untimedCalls
        let share = SummaryFormat.percent(command.totalNanoseconds, of: report.cardNanoseconds)
        let times = [command.p50Nanoseconds, command.p95Nanoseconds, command.maxNanoseconds]
        return [SummaryLayout.Part(SummaryLayout.clipped(command.command, to: Self.longestName), .bold)]
            + counts(calls: command.calls, errors: command.errors)
            + times.map { SummaryLayout.Part(isTimed ? SummaryFormat.latency($0) : "-") }
            + [SummaryLayout.Part(isTimed ? share : "-")]
    }

    private func rest(_ commands: [RunReport.Command]) -> Row {
        var total: UInt64 = 0
        for command in commands { total.addSaturating(command.totalNanoseconds) }
        let sums = counts(
            calls: commands.reduce(0) { $0 + $1.calls }, errors: commands.reduce(0) { $0 + $1.errors })
        let share = SummaryLayout.Part(SummaryFormat.percent(total, of: report.cardNanoseconds))
        return [SummaryLayout.Part("… \(commands.count) more", .dim)] + sums
            + Array(repeating: SummaryLayout.Part(""), count: 3) + [share]
    }

    private func counts(calls: UInt64, errors: UInt64) -> Row {
        [
            SummaryLayout.Part(SummaryFormat.count(calls)),
            SummaryLayout.Part(SummaryFormat.count(errors), errors > 0 ? .alarm : .plain),
        ]
    }

    /// Columns as wide as their longest cell, the first one set left and the others right.
    private func aligned(_ rows: [Row]) -> [String] {
        let least = [16, 7, 6, 7, 7, 7, 5]
        let widths = least.indices.map { column in
            rows.reduce(least[column]) { max($0, $1[column].text.count) }
        }
        return rows.map { row in
            var line = " "
            for (column, cell) in row.enumerated() {
                let blanks = String(repeating: " ", count: widths[column] - cell.text.count)
                line += column == 0 ? layout.painted(cell) + blanks : "  " + blanks + layout.painted(cell)
            }
            return line
        }
    }
}
