internal import Observability

/// What cards are asked, what they answer, and how long it takes.
struct APDUAnalysisDashboard {
    private let queries = BenchQueries()
    private var catalog: MetricCatalog { queries.catalog }
    private static let nothing = "No command reached a card in this time: run a tester under cardlink-probe run."

    var dashboard: Dashboard {
        Dashboard(
            uid: "cardlink-apdu", title: "CardLink: APDU analysis",
            summary: "Commands to cards: which, how they ended, how long the card took, who waited for whom.",
            variables: queries.variables + [
                .labelValues(
                    "command", label: "command", of: Series(catalog.apduCommands).chosen, title: "Command")
            ],
            annotations: queries.faults,
            sections: [
                .init("At a glance", .init(height: 4, rate, p95, errorShare, refusals, waitingShare, traffic)),
                .init("Commands", .init(distribution, busiest)),
                .init("Answers", .init(statusWords, statusTable), .init(errors, errorTypes), .init(pins)),
                .init("Time in the card", .init(percentiles, heatMap), .init(p95ByCommand, slowest)),
                .init("Bytes, waiting and sharing", .init(bytes, waiting, violations)),
            ])
    }

    // MARK: At a glance

    private var rate: Panel {
        Panel(
            "Commands", .stat, .perSecond, width: 4, "Commands that reached a card, per second, failed ones too.",
            whenEmpty: Self.nothing, Target(queries.commands(over: Window.rate).sum(), "commands"))
    }

    private var p95: Panel {
        Panel(
            "p95 response time", .stat, .seconds, width: 4,
            "95 of 100 commands took at most this long in the card. Above 1 s, look below for the command.",
            whenEmpty: Self.nothing, Target(.quantile(0.95, of: times(over: Window.range)).above(0), "p95", as: .latest)
        ).with(\.thresholds, Thresholds(.green, (0.5, .orange), (1, .red)))
    }

    private var errorShare: Panel {
        Panel(
            "Failed", .stat, .share, width: 4,
            "Failed commands of all, refusals of a SELECT left out: those are programs that look for applications. OpenSC asks a UICC for two or three things more that it has not got: about 6%.",
            whenEmpty: Self.nothing,
            Target(
                BenchQueries.share(
                    of: queries.unexpectedErrors(over: Window.range), in: queries.commands(over: Window.range)),
                "failed", as: .latest)
        ).with(\.thresholds, Thresholds(.green, (0.1, .orange), (0.25, .red))).with(\.decimals, 2)
    }

    private var refusals: Panel {
        let refused = queries.probingRefusals(over: Window.range)
        return Panel(
            "Probing SELECTs", .stat, .share, width: 4,
            "Share of commands that were a SELECT of something the card has not got. OpenSC sends about 48 before its first real command: no fault.",
            whenEmpty: Self.nothing,
            Target(
                BenchQueries.share(of: refused, in: queries.commands(over: Window.range)), "refused", as: .latest))
    }

    private var waitingShare: Panel {
        let waited = Query.rate(Series(catalog.apduWait, .sum).chosen, over: Window.range).sum().orZero
        let worked = Query.rate(Series(catalog.apduResponseTime, .sum).chosen, over: Window.range).sum().above(0)
        return Panel(
            "Waiting per card second", .stat, .share, width: 4,
            "Time that programs waited for others, for each second of the card's work. High: programs share a reader.",
            whenEmpty: Self.nothing, Target(waited.divided(by: worked), "waited", as: .latest)
        ).with(\.thresholds, Thresholds(.green, (0.1, .orange), (0.5, .red)))
    }

    private var traffic: Panel {
        Panel(
            "Data", .stat, .bytesPerSecond, width: 4, "Bytes of data fields to cards and from them, per second.",
            whenEmpty: "No command carried data in this time.", Target(dataRate, "{{direction}}"))
    }

    // MARK: Commands

    private var distribution: Panel {
        let chosen = Series(catalog.apduCommands).chosen.matching("command", .matches, "$command")
        return Panel(
            "Commands by name", .stackedTimeSeries, .perSecond, width: 16,
            "What testers ask. OTHER is a command that the probe's table does not have.", whenEmpty: Self.nothing,
            Target(Query.rate(chosen, over: Window.rate).sum(by: "command"), "{{command}}"))
    }

    private var busiest: Panel {
        let counts = Query.increase(Series(catalog.apduCommands).chosen, over: Window.range).sum(by: "command")
        return Panel(
            "Most frequent", .barGauge, .count, width: 8, "The ten commands sent most often in the time shown.",
            whenEmpty: Self.nothing,
            Target(counts.above(0).top(10).wrapped { "sort_desc(\($0))" }, "{{command}}", as: .latest)
        ).with(\.minimum, 0)
    }

    // MARK: Answers

    private var statusWords: Panel {
        let answers = Query.rate(Series(catalog.apduResponses).chosen, over: Window.rate)
        return Panel(
            "Status words", .stackedTimeSeries, .perSecond, width: 12,
            "How commands end; XX stands for a byte that is a count or says more. 63CX and 6983 are PINs: look who tries.",
            whenEmpty: Self.nothing, Target(answers.sum(by: "status_word"), "{{status_word}}"))
    }

    private var statusTable: Panel {
        let counts = Query.increase(Series(catalog.apduResponses).chosen, over: Window.range)
        return .table(
            "Status words, counted", width: 12, "Each status word in the time shown, and whether it is a success.",
            whenEmpty: Self.nothing,
            TableColumns(
                keys: [.init("status_word", "Status word"), .init("success", "Success")],
                values: [
                    .init(
                        "Answers", .count,
                        counts.sum(by: "status_word", "success").above(0).wrapped { "sort_desc(\($0))" })
                ]))
    }

    private var errors: Panel {
        Panel(
            "Failed commands", .timeSeries, .perSecond, width: 12,
            "Failed commands by reason, refusals of a SELECT left out. transport and card_removed are the reader's doing, security and pin_blocked a PIN's or key's.",
            whenEmpty: "No command failed in this time.",
            Target(
                queries.unexpectedErrors(over: Window.rate).sum(by: "error_type").above(0), "{{error_type}}"))
    }

    private var errorTypes: Panel {
        let counts = Query.increase(Series(catalog.apduErrors).chosen, over: Window.range)
        return .table(
            "Failed commands, counted", width: 12,
            "Which command failed for which reason, refusals of a SELECT too.",
            whenEmpty: "No command failed in this time.",
            TableColumns(
                keys: [.init("command", "Command"), .init("error_type", "Reason")],
                values: [
                    .init(
                        "Failures", .count,
                        counts.sum(by: "command", "error_type").above(0).wrapped { "sort_desc(\($0))" })
                ]))
    }

    private var pins: Panel {
        let answers = Query.increase(Series(catalog.apduPINAnswers).chosen, over: Window.rate)
        return Panel(
            "Tries left", .bars, .count, width: 24,
            "Answers that tell how many tries a PIN or key has left. Bars that go down to 0 are a tester with a wrong PIN: stop it before the card is blocked.",
            whenEmpty: "No card told in this time that a PIN was refused or asked about.",
            Target(answers.sum(by: "instance", "tries_left").above(0), "{{tries_left}} left on {{instance}}"))
    }

    // MARK: Time

    private var percentiles: Panel {
        Panel(
            "Response time", .timeSeries, .seconds, width: 12,
            "The card's own time, known waiting left out. p99 far above p95: a few slow commands; a dot leads to its trace.",
            whenEmpty: Self.nothing, targets: BenchQueries.percentiles(of: times(over: Window.rate)))
    }

    private var heatMap: Panel {
        let counts = Query.increase(Series(catalog.apduResponseTime, .bucket).chosen, over: Window.rate)
        return Panel(
            "Response times", .heatMap, .seconds, width: 12,
            "How many commands took how long. Two bands are two kinds of commands, or a second reader that is slower.",
            whenEmpty: Self.nothing, Target(counts.sum(by: "le"), "{{le}}", as: .buckets, exemplars: true))
    }

    private var p95ByCommand: Panel {
        let buckets = queries.buckets(
            Series(catalog.apduResponseTime, .bucket).matching("command", .matches, "$command"), over: Window.rate)
        return Panel(
            "p95 by command", .timeSeries, .seconds, width: 12,
            "A command that slows down alone points to the card; all of them at once point to the reader.",
            whenEmpty: Self.nothing,
            Target(.quantile(0.95, of: buckets, by: "command"), "{{command}}", exemplars: true))
    }

    private var slowest: Panel {
        let buckets = times(over: Window.range)
        let total = Query.increase(Series(catalog.apduResponseTime, .sum).chosen, over: Window.range)
        let calls = Query.increase(Series(catalog.apduResponseTime, .count).chosen, over: Window.range)
        return .table(
            "Slowest commands", width: 12,
            "Where the time goes: commands by the time that cards spent on them in the time shown.",
            whenEmpty: Self.nothing,
            TableColumns(
                keys: [.init("command", "Command")],
                values: [
                    .init("Total", .seconds, total.sum(by: "command").above(0).wrapped { "sort_desc(\($0))" }),
                    .init("Calls", .count, calls.sum(by: "command").above(0)),
                    .init("p50", .seconds, .quantile(0.5, of: buckets, by: "command").above(0)),
                    .init("p95", .seconds, .quantile(0.95, of: buckets, by: "command").above(0)),
                    .init("p99", .seconds, .quantile(0.99, of: buckets, by: "command").above(0)),
                ]))
    }

    // MARK: Bytes, waiting, sharing

    private var bytes: Panel {
        Panel(
            "Data to and from cards", .timeSeries, .bytesPerSecond, width: 8,
            "Bytes of data fields per second, headers and status words left out.",
            whenEmpty: "No command carried data in this time.", Target(dataRate, "{{direction}}"))
    }

    private var waiting: Panel {
        let waited = Query.rate(Series(catalog.apduWait, .sum).chosen, over: Window.rate).sum(by: "reason")
        return Panel(
            "Waiting for other programs", .timeSeries, .seconds, width: 8,
            "Seconds waited in each second: for another program's transaction, for the reader that serves another, for a connection.",
            whenEmpty: "No program waited for another one in this time.", Target(waited, "{{reason}}"))
    }

    private var violations: Panel {
        let refused = Query.increase(Series(catalog.readerSharingViolations).chosen, over: Window.rate)
        return Panel(
            "Sharing violations", .bars, .count, width: 8,
            "Calls that were refused since another program held the card; cardlink-probe readers names it.",
            whenEmpty: "No call was refused for another program's sake in this time.",
            Target(refused.sum(by: "instance", "reader"), "{{reader}} on {{instance}}"))
    }

    private var dataRate: Query {
        .rate(Series(catalog.apduData, .sum).chosen, over: Window.rate).sum(by: "direction")
    }

    private func times(over window: String) -> Query {
        queries.buckets(Series(catalog.apduResponseTime, .bucket), over: window)
    }
}
