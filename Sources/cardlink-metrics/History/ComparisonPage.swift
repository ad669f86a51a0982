internal import Glibc
internal import Observability
internal import ProbeEvents
internal import ProbeStore

/// A comparison as one page for browsers, which loads nothing, in light and in dark.
struct ComparisonPage {
    private let judged: JudgedComparison
    private var shown: RunComparison { judged.comparison }

    /// The page of a comparison.
    init(_ judged: JudgedComparison) { self.judged = judged }

    /// All of it.
    var html: String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>\(Self.text(shown.first.name)) and \(Self.text(shown.second.name)) · CardLink Probe</title>
        <style>\(Self.style)</style>
        <h1>\(Self.text(shown.first.name)) → \(Self.text(shown.second.name))</h1>
        \(verdict)
        \(Self.table(["run", "commands", "in the card"], [shown.first, shown.second].map(Self.row)))
        <h2>Bench</h2>
        \(diary)
        <h2>Commands</h2>
        <p>\(shown.sameExchanges) the same in both\(shown.isExact ? "" : "; they differ in much, so that more may be").</p>
        \(changes)
        <h2>Times</h2>
        \(TimesChart(shown.commands).svg)
        \(times)
        <footer>cardlink-probe \(ProbeVersion.current)</footer>
        </html>

        """
    }

    private var verdict: String {
        guard let limit = judged.maxSlowdownPercent.value else { return "" }
        guard !judged.tooSlow.isEmpty else {
            return "<p class=\"good\">Nothing is slower by more than \(ComparisonTables.percent(limit)).</p>"
        }
        return
            "<p class=\"bad\">Slower by more than \(ComparisonTables.percent(limit)): \(Self.text(judged.tooSlow.joined(separator: ", "))).</p>"
    }

    private static func row(_ side: RunComparison.Side) -> [String] {
        [
            side.name + (side.isCut ? " (not all of it)" : ""), "\(side.exchanges)",
            SummaryFormat.span(side.cardNanoseconds),
        ]
    }

    private var diary: String {
        guard !shown.diary.isEmpty else { return "<p>As it was, as far as it is known.</p>" }
        return Self.table(
            ["what", "first", "second"],
            shown.diary.map { [$0.what, $0.first.value ?? "–", $0.second.value ?? "–"] })
    }

    private var changes: String {
        guard !shown.changes.isEmpty else { return "" }
        return Self.table(
            ["change", "command", "header", "times", "status", "from (first)", "from (second)"],
            shown.changes.map { change in
                [
                    ComparisonTables.word(change.kind), change.command, change.header, "\(change.count)",
                    ComparisonTables.status(change), change.firstPlace.value.map(String.init) ?? "–",
                    change.secondPlace.value.map(String.init) ?? "–",
                ]
            })
    }

    private var times: String {
        Self.table(
            [
                "command", "calls", "p50 first", "p50 second", "p95 first", "p95 second", "change", "verdict", "chance",
                "effect",
            ],
            shown.commands.map { command in
                [
                    command.command, ComparisonTables.calls(command),
                    ComparisonTables.latency(command.firstP50Nanoseconds),
                    ComparisonTables.latency(command.secondP50Nanoseconds),
                    ComparisonTables.latency(command.firstP95Nanoseconds),
                    ComparisonTables.latency(command.secondP95Nanoseconds), ComparisonTables.change(command),
                    command.verdict.rawValue, command.pValue.value.map(ComparisonTables.chance) ?? "–",
                    command.effect.value.map { "\(($0 * 100).rounded() / 100)" } ?? "–",
                ]
            })
    }

    private static func table(_ heading: [String], _ rows: [[String]]) -> String {
        func row(_ cells: [String], _ tag: String) -> String {
            "<tr>" + cells.map { "<\(tag)>\(text($0))</\(tag)>" }.joined() + "</tr>"
        }
        return "<table>\n\(row(heading, "th"))\n\(rows.map { row($0, "td") }.joined(separator: "\n"))\n</table>"
    }

    /// A text from outside, as HTML.
    static func text(_ text: String) -> String {
        let escapes: [Character: String] = ["&": "&amp;", "<": "&lt;", ">": "&gt;", "\"": "&quot;"]
        return SummaryFormat.name(text, limit: 1_024).map { escapes[$0] ?? String($0) }.joined()
    }

    private static let style = """

        :root { --first: #6b7280; --second: #0b6bcb; --bad: #b42318; --good: #11703a; }
        @media (prefers-color-scheme: dark) { :root { --first: #9aa3b2; --second: #62aef0; --bad: #ff8a7a; --good: #6fd08c; } }
        body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
        table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
        th, td { text-align: left; padding: .2rem .9rem .2rem 0; border-bottom: 1px solid #8884; vertical-align: top; }
        svg { max-width: 100%; height: auto; } svg text { fill: currentColor; font-size: 12px; }
        .first { fill: var(--first); stroke: var(--first); } .second { fill: var(--second); stroke: var(--second); }
        .bad { color: var(--bad); } .good { color: var(--good); } footer { margin-top: 2rem; opacity: .6; }

        """
}

/// Both runs' p50 (a dot) and p95 (the end of its line) by command, on a logarithmic scale.
private struct TimesChart {
    private static let (left, right, width, rowHeight) = (190.0, 40.0, 880.0, 30.0)
    private static let rowLimit = 40

    private let commands: [CommandComparison]
    private let range: ClosedRange<Double>

    init(_ commands: [CommandComparison]) {
        self.commands = Array(commands.prefix(Self.rowLimit))
        let times = self.commands.flatMap { command in
            [
                command.firstP50Nanoseconds, command.firstP95Nanoseconds, command.secondP50Nanoseconds,
                command.secondP95Nanoseconds,
            ].compactMap { $0.value.map { log10(Double(max($0, 1))) } }
        }
        let least = times.min()?.rounded(.down) ?? 0
        range = least...max(least + 1, times.max()?.rounded(.up) ?? 0)
    }

    var svg: String {
        guard !commands.isEmpty else { return "<p>No command was answered.</p>" }
        let height = Double(commands.count) * Self.rowHeight + 40
        let rows = commands.enumerated().map { row($0.element, 20 + (Double($0.offset) + 0.5) * Self.rowHeight) }
        return """
            <svg viewBox="0 0 \(Self.width) \(height)" width="\(Self.width)" role="img" aria-label="times by command">
            \(scale(height))
            \(rows.joined(separator: "\n"))
            </svg>
            <p><span style="color: var(--first)">●</span> first, <span style="color: var(--second)">●</span> second: a dot is \
            the p50, its line ends at the p95.</p>
            """
    }

    private func scale(_ height: Double) -> String {
        stride(from: range.lowerBound, through: range.upperBound, by: 1).map { power in
            let x = place(power)
            let label = SummaryFormat.latency(UInt64(pow(10, power)))
            return "<line x1=\"\(x)\" y1=\"18\" x2=\"\(x)\" y2=\"\(height - 20)\" stroke=\"#8886\"/>"
                + "<text x=\"\(x)\" y=\"12\" text-anchor=\"middle\">\(label)</text>"
        }.joined(separator: "\n")
    }

    private func row(_ command: CommandComparison, _ y: Double) -> String {
        let name = SummaryFormat.name(command.command, limit: 26)
        return "<text x=\"\(Self.left - 14)\" y=\"\(y + 4)\" text-anchor=\"end\">\(ComparisonPage.text(name))</text>"
            + mark(command.firstP50Nanoseconds, command.firstP95Nanoseconds, y - 5, "first")
            + mark(command.secondP50Nanoseconds, command.secondP95Nanoseconds, y + 5, "second")
    }

    private func mark(_ p50: OrNull<UInt64>, _ p95: OrNull<UInt64>, _ y: Double, _ name: String) -> String {
        guard let p50 = p50.value, let p95 = p95.value else { return "" }
        let (from, to) = (place(log10(Double(max(p50, 1)))), place(log10(Double(max(p95, 1)))))
        return "<g class=\"\(name)\"><line x1=\"\(from)\" y1=\"\(y)\" x2=\"\(to)\" y2=\"\(y)\" stroke-width=\"2\"/>"
            + "<circle cx=\"\(from)\" cy=\"\(y)\" r=\"3.5\"/></g>"
    }

    private func place(_ power: Double) -> Double {
        let part = (power - range.lowerBound) / (range.upperBound - range.lowerBound)
        return ((Self.left + part * (Self.width - Self.left - Self.right)) * 10).rounded() / 10
    }
}
