internal import DaemonClient
internal import Observability
internal import ProbeStore

/// A comparison for people.
enum ComparisonTables {
    typealias Part = SummaryLayout.Part

    /// Kinds of changes that are shown; the rest is in the JSON.
    private static let changeLimit = 40

    static func lines(of judged: JudgedComparison, columns: Int) -> [ScreenLine] {
        let shown = judged.comparison
        var lines = [side(shown.first, columns), side(shown.second, columns), ScreenLine()]
        lines +=
            section(diary(shown.diary), columns) ?? [ScreenLine(" the bench is as it was, as far as it is known", .dim)]
        lines.append(ScreenLine())
        lines += section(changes(shown), columns) ?? []
        lines.append(
            ScreenLine(
                " \(SummaryFormat.plural(UInt64(shown.sameExchanges), "command")) the same in both"
                    + (shown.isExact ? "" : "; they differ in much, so that more may be"), .dim
            ).clipped(to: columns))
        guard !shown.commands.isEmpty else { return lines }
        lines.append(ScreenLine())
        lines += times(shown.commands, judged.tooSlow).lines(rows: shown.commands.count, width: columns)
        return lines + (verdict(judged).map { [ScreenLine(), $0.clipped(to: columns)] } ?? [])
    }

    private static func side(_ side: RunComparison.Side, _ columns: Int) -> ScreenLine {
        let count = SummaryFormat.plural(UInt64(side.exchanges), "command")
        return ScreenLine([
            Part(" \(SummaryFormat.name(side.name))", .bold),
            Part("   \(count)   \(SummaryFormat.span(side.cardNanoseconds)) in the card"),
            Part(side.isCut ? "   not all of it could be read" : "", .notice),
        ]).clipped(to: columns)
    }

    private static func section(_ table: ScreenTable, _ columns: Int) -> [ScreenLine]? {
        table.rows.isEmpty ? nil : table.lines(rows: changeLimit, width: columns)
    }

    private static func diary(_ differences: [RunComparison.DiaryDifference]) -> ScreenTable {
        ScreenTable(
            columns: [
                .init(title: "BENCH", least: 10), .init(title: "FIRST", least: 10), .init(title: "SECOND", least: 10),
            ],
            rows: differences.map { difference in
                [
                    Part(SummaryFormat.name(difference.what), .bold),
                    Part(SummaryFormat.name(difference.first.value ?? "-", limit: 80)),
                    Part(SummaryFormat.name(difference.second.value ?? "-", limit: 80)),
                ]
            })
    }

    private static func changes(_ shown: RunComparison) -> ScreenTable {
        ScreenTable(
            columns: [
                .init(title: "CHANGE"), .init(title: "COMMAND", least: 10), .init(title: "TIMES", isNumber: true),
                .init(title: "STATUS"), .init(title: "FROM", isNumber: true), .init(title: "HEADER", isOptional: true),
            ],
            rows: shown.changes.map { change in
                [
                    Part(word(change.kind), style(change.kind)), Part(SummaryFormat.name(change.command), .bold),
                    Part("\(change.count)"), Part(status(change)),
                    Part((change.secondPlace.value ?? change.firstPlace.value).map(String.init) ?? ""),
                    Part(change.header, .dim),
                ]
            })
    }

    static func word(_ kind: RunComparison.Change.Kind) -> String {
        switch kind {
        case .added: "added"
        case .gone: "gone"
        case .statusWord: "status"
        case .length: "length"
        }
    }

    private static func style(_ kind: RunComparison.Change.Kind) -> SummaryLayout.Style {
        switch kind {
        case .added, .gone, .length: .notice
        case .statusWord: .alarm
        }
    }

    /// `9000 → 6A82`.
    static func status(_ change: RunComparison.Change) -> String {
        let (first, second) = (change.firstStatusWord.value ?? "none", change.secondStatusWord.value ?? "none")
        return switch change.kind {
        case .added: second
        case .gone, .length: first
        case .statusWord: "\(first) → \(second)"
        }
    }

    private static func times(_ commands: [CommandComparison], _ tooSlow: [String]) -> ScreenTable {
        ScreenTable(
            columns: [
                .init(title: "COMMAND", least: 17), .init(title: "CALLS", isNumber: true),
                .init(title: "P50", isNumber: true), .init(title: "CHANGE", isNumber: true), .init(title: "VERDICT"),
                .init(title: "P95", isNumber: true, isOptional: true),
                .init(title: "CHANCE", isNumber: true, isOptional: true),
                .init(title: "EFFECT", isNumber: true, isOptional: true),
            ],
            rows: commands.map { command in
                [
                    Part(SummaryFormat.name(command.command), .bold), Part(calls(command)),
                    Part(both(command.firstP50Nanoseconds, command.secondP50Nanoseconds)), Part(change(command)),
                    Part(
                        tooSlow.contains(command.command) ? "too slow" : command.verdict.rawValue,
                        style(command.verdict)),
                    Part(both(command.firstP95Nanoseconds, command.secondP95Nanoseconds)),
                    Part(command.pValue.value.map(chance) ?? ""),
                    Part(command.effect.value.map { "\(($0 * 100).rounded() / 100)" } ?? ""),
                ]
            })
    }

    static func calls(_ command: CommandComparison) -> String {
        command.firstCalls == command.secondCalls
            ? "\(command.firstCalls)" : "\(command.firstCalls) → \(command.secondCalls)"
    }

    static func latency(_ time: OrNull<UInt64>) -> String { time.value.map(SummaryFormat.latency) ?? "-" }

    /// `3.1 ms → 5.2 ms`.
    private static func both(_ first: OrNull<UInt64>, _ second: OrNull<UInt64>) -> String {
        "\(latency(first)) → \(latency(second))"
    }

    /// `10%`, `2.5%`.
    static func percent(_ value: Double) -> String { value.rounded() == value ? "\(Int(value))%" : "\(value)%" }

    /// `+12%`.
    static func change(_ command: CommandComparison) -> String {
        guard let slowdown = command.slowdown.value else { return "" }
        let percent = Int((min(slowdown, 1e6) * 100).rounded())
        return percent > 0 ? "+\(percent)%" : "\(percent)%"
    }

    static func chance(_ value: Double) -> String {
        value < 0.0001 ? "<0.0001" : "\((value * 10_000).rounded() / 10_000)"
    }

    private static func style(_ verdict: CommandComparison.Verdict) -> SummaryLayout.Style {
        switch verdict {
        case .same: .plain
        case .slower: .alarm
        case .faster: .good
        case .few: .dim
        }
    }

    private static func verdict(_ judged: JudgedComparison) -> ScreenLine? {
        guard let limit = judged.maxSlowdownPercent.value else { return nil }
        guard !judged.tooSlow.isEmpty else {
            return ScreenLine(" nothing is slower by more than \(percent(limit))", .good)
        }
        let names = judged.tooSlow.map { SummaryFormat.name($0) }.joined(separator: ", ")
        return ScreenLine(" slower by more than \(percent(limit)): \(names)", .alarm)
    }
}
