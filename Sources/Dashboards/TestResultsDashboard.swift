internal import Observability

/// What the tester's own tests and its database do.
struct TestResultsDashboard {
    private let queries = BenchQueries()
    private var catalog: MetricCatalog { queries.catalog }

    private static let noTest =
        "No test was told in this time: testers tell theirs over the event socket, as the pytest plugin does."
    private static let noDatabase =
        "No database operation was told in this time: testers tell theirs over the event socket."

    var dashboard: Dashboard {
        Dashboard(
            uid: "cardlink-tests", title: "CardLink: test results",
            summary: "Tests of the testers: results, duration, suites whose results change; and their database.",
            variables: queries.variables + [
                .labelValues(
                    "suite", label: "suite_name", of: Series(catalog.testResults).chosen, title: "Suite"),
                .interval("window", title: "Interval", ["1h", "15m", "6h", "1d"]),
            ],
            annotations: queries.faults, span: "24h",
            sections: [
                .init("At a glance", .init(height: 4, ended, passShare, failed, running, unsteady, assertions)),
                .init("Results", .init(results, passShareBySuite)),
                .init("Duration", .init(testTimes, suiteTimes)),
                .init("Suites", .init(suites, flaky)),
                .init("Tester's database", .init(queryTimes, databaseOperations, databaseErrors)),
            ])
    }

    // MARK: At a glance

    private var ended: Panel {
        Panel(
            "Tests", .stat, .count, width: 4, "Tests that ended in the time shown.", whenEmpty: Self.noTest,
            Target(all(over: Window.range).sum(), "tests", as: .latest)
        ).with(\.decimals, 0)
    }

    private var passShare: Panel {
        Panel(
            "Passed", .stat, .share, width: 4, "Tests that passed, of those that ran: skipped ones left out.",
            whenEmpty: Self.noTest,
            Target(
                BenchQueries.share(
                    of: counted("passed", over: Window.range), in: counted(Self.run, over: Window.range)),
                "passed", as: .latest)
        ).with(\.thresholds, Thresholds(.red, (0.9, .orange), (0.99, .green)))
    }

    private var failed: Panel {
        Panel(
            "Failed", .stat, .count, width: 4, "Tests that failed or ended with an error.", whenEmpty: Self.noTest,
            Target(
                counted(Self.bad, over: Window.range).sum().orZero.joined("and", Query(known).count()), "failed",
                as: .latest)
        ).with(\.thresholds, Thresholds(.green, (1, .red))).with(\.decimals, 0)
    }

    private var running: Panel {
        Panel(
            "Running", .stat, .count, width: 4, "Tests that run now, of all suites.",
            whenEmpty: "No test runs that was told.",
            Target(Query(chosen(Series(catalog.testsRunning))).sum(), "running", as: .latest))
    }

    private var unsteady: Panel {
        Panel(
            "Unsteady suites", .stat, .count, width: 4,
            "Suites that failed in some intervals and not in others; the table below names them.",
            whenEmpty: Self.noTest,
            Target(
                flakiness.count().orZero.joined("and", Query(known).count()), "suites", as: .latest)
        ).with(\.thresholds, Thresholds(.green, (1, .orange)))
    }

    private var assertions: Panel {
        let counts = Query.increase(
            chosen(Series(catalog.testAssertions)).matching("result", "failed"), over: Window.range)
        let told = Query(chosen(Series(catalog.testAssertions))).count()
        return Panel(
            "Failed assertions", .stat, .count, width: 4, "Assertions that did not hold in the time shown.",
            whenEmpty: "No assertion was told: pytest tells none by itself.",
            Target(counts.sum().orZero.joined("and", told), "failed", as: .latest)
        ).with(\.thresholds, Thresholds(.green, (1, .red))).with(\.decimals, 0)
    }

    // MARK: Results

    private var results: Panel {
        Panel(
            "Results", .bars, .count, width: 12, "How tests ended in each interval.", whenEmpty: Self.noTest,
            Target(all(over: Window.chosen).sum(by: "status"), "{{status}}")
        ).with(\.step, Window.chosen).with(
            \.overrides,
            FieldOverride.verdicts(good: ["passed"], bad: ["failed"]) + [
                .color(.orange, of: "error"), .color(.grey, of: "skipped"),
            ])
    }

    private var passShareBySuite: Panel {
        let passed = counted("passed", over: Window.chosen).sum(by: "suite_name")
        let run = counted(Self.run, over: Window.chosen).sum(by: "suite_name").above(0)
        return Panel(
            "Passed by suite", .timeSeries, .share, width: 12,
            "A suite that falls alone is a change in what it tests; all at once are the bench: look at the devices.",
            whenEmpty: Self.noTest, Target(passed.divided(by: run), "{{suite_name}}")
        ).with(\.minimum, 0).with(\.maximum, 1)
    }

    // MARK: Duration

    private var testTimes: Panel {
        let buckets = Query.rate(chosen(Series(catalog.testDuration, .bucket)), over: Window.chosen)
        return Panel(
            "p95 of a test", .timeSeries, .seconds, width: 12,
            "Tests that slow down over days: compare with the response time of cards, then with the machine.",
            whenEmpty: Self.noTest,
            Target(.quantile(0.95, of: buckets, by: "suite_name"), "{{suite_name}}", exemplars: true))
    }

    private var suiteTimes: Panel {
        let sum = Query.rate(chosen(Series(catalog.testSuiteDuration, .sum)), over: Window.chosen)
        let count = Query.rate(chosen(Series(catalog.testSuiteDuration, .count)), over: Window.chosen)
        return Panel(
            "Mean duration of a suite", .timeSeries, .seconds, width: 12,
            "From a suite's begin to its end, on average in each interval.",
            whenEmpty: "No test suite ended in this time.",
            Target(sum.sum(by: "suite_name").divided(by: count.sum(by: "suite_name").above(0)), "{{suite_name}}"))
    }

    // MARK: Suites

    private var suites: Panel {
        .table(
            "Suites", width: 12, "Results of each suite in the time shown.", whenEmpty: Self.noTest,
            TableColumns(
                keys: [.init("suite_name", "Suite")],
                values: [
                    .init("Tests", .count, all(over: Window.range).sum(by: "suite_name").above(0)),
                    .init("Passed", .count, counted("passed", over: Window.range).sum(by: "suite_name")),
                    .init(
                        "Failed", .count, counted("failed", over: Window.range).sum(by: "suite_name"),
                        thresholds: Thresholds(.green, (1, .red))),
                    .init(
                        "Errors", .count, counted("error", over: Window.range).sum(by: "suite_name"),
                        thresholds: Thresholds(.green, (1, .red))),
                    .init("Skipped", .count, counted("skipped", over: Window.range).sum(by: "suite_name")),
                ]))
    }

    private var flaky: Panel {
        .table(
            "Unsteady suites, by interval", width: 12,
            "Share of intervals with a failure, of those in which the suite ran. A suite that always fails is broken, not unsteady, and is not here.",
            whenEmpty: "No suite failed in some intervals and passed in others.",
            TableColumns(
                keys: [.init("suite_name", "Suite")],
                values: [.init("Intervals with a failure", .share, flakiness.wrapped { "sort_desc(\($0))" })]))
    }

    // MARK: Database

    private var queryTimes: Panel {
        let buckets = queries.buckets(Series(catalog.databaseQueryDuration, .bucket), over: Window.rate)
        return Panel(
            "p95 of database operations", .timeSeries, .seconds, width: 8,
            "Slow inserts slow tests: look for locks below.", whenEmpty: Self.noDatabase,
            Target(.quantile(0.95, of: buckets, by: "operation", "table"), "{{operation}} {{table}}", exemplars: true))
    }

    private var databaseOperations: Panel {
        let counts = Query.rate(Series(catalog.databaseOperations).chosen, over: Window.rate)
        let open = Query(Series(catalog.databaseConnectionsActive).chosen)
        return Panel(
            "Database operations", .timeSeries, .perSecond, width: 8,
            "Operations per second by result, and how many connections are open.", whenEmpty: Self.noDatabase,
            Target(counts.sum(by: "status"), "{{status}}"), Target(open.sum(), "open connections"))
    }

    private var databaseErrors: Panel {
        let counts = Query.increase(Series(catalog.databaseErrors).chosen, over: Window.rate)
        return Panel(
            "Database errors", .bars, .count, width: 8,
            "locked: two writers; disk_full: the tester's, not the probe's.",
            whenEmpty: "No database operation failed in this time.",
            Target(counts.sum(by: "error_type", "operation").above(0), "{{operation}}: {{error_type}}"))
    }

    // MARK: Parts

    private static let bad = "failed|error"
    /// Not skipped.
    private static let run = "passed|failed|error"

    private var known: Series { chosen(Series(catalog.testResults)) }

    private func chosen(_ series: Series) -> Series { series.chosen.matching("suite_name", .matches, "$suite") }

    private func all(over window: String) -> Query { .increase(known, over: window) }

    private func counted(_ statuses: String, over window: String) -> Query {
        .increase(known.matching("status", .matches, statuses), over: window)
    }

    /// By suite: of the intervals in which it ran, the share in which something failed; where that is not all or none.
    private var flakiness: Query {
        func intervals(_ statuses: String) -> Query {
            counted(statuses, over: Window.chosen).sum(by: "suite_name").above(0)
                .wrapped { "count_over_time((\($0))[\(Window.range):\(Window.chosen)])" }
        }
        return intervals(Self.bad).divided(by: intervals(Self.run)).wrapped { "\($0) < 1" }
    }
}
