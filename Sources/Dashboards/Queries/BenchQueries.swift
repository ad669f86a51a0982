internal import Observability

/// Lengths of time that Grafana puts in for itself.
enum Window {
    /// Four scrapes at least; for curves.
    static let rate = "$__rate_interval"
    /// All that is shown; for single numbers.
    static let range = "$__range"
    /// What the reader chose.
    static let chosen = "$window"
}

extension Series {
    /// Those of the chosen benches.
    var chosen: Series { matching("instance", .matches, "$instance") }
}

/// Queries that several dashboards have.
struct BenchQueries: Sendable {
    let catalog = MetricCatalog()
    let health = HealthCatalog()

    /// Commands.
    func commands(over window: String) -> Query { .rate(Series(catalog.apduCommands).chosen, over: window) }

    /// Failed commands without refusals of a SELECT: programs look for applications that way, and a card that has not got
    /// them is no worse for it.
    func unexpectedErrors(over window: String) -> Query {
        .rate(Series(catalog.apduErrors).chosen, over: window).joined("unless", probingRefusals(over: window))
    }

    /// Refusals of a SELECT: the card does not have what a program looked for.
    func probingRefusals(over window: String) -> Query {
        let refused = Series(catalog.apduErrors).chosen.matching("command", "SELECT")
            .matching("error_type", .matches, "not_found|not_supported")
        return .rate(refused, over: window)
    }

    /// Buckets of a histogram.
    func buckets(_ series: Series, over window: String) -> Query { .rate(series.chosen, over: window) }

    /// Expected devices that are not there.
    var missingDevices: Query {
        let present = Query(Series(catalog.deviceUp).chosen).wrapped { "\($0) == 1" }
        return Query(Series(catalog.deviceExpected).chosen)
            .joined("unless on (instance, device_type, device)", present)
    }

    /// A query by instance, with the bench's name as one more label.
    func named(_ query: Query) -> Query {
        let names = Query(Series(catalog.benchInfo).chosen).max(by: "instance", "bench")
        return query.joined("* on (instance) group_left (bench)", names)
    }

    /// The share of `part` in `whole`; nothing while there is no `whole`, 0 while there is no `part`.
    static func share(of part: Query, in whole: Query) -> Query {
        part.sum().orZero.divided(by: whole.sum().above(0))
    }

    /// p50, p95 and p99 of buckets, whole-bench.
    static func percentiles(of buckets: Query) -> [Target] {
        [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)].map { name, quantile in
            Target(.quantile(quantile, of: buckets), name, exemplars: true)
        }
    }

    /// The variables of every dashboard: which Prometheus, which benches, which of their probes.
    var variables: [Variable] {
        [
            .dataSource,
            .labelValues("bench", label: "bench", of: Series(catalog.benchInfo), title: "Bench"),
            .labelValues(
                "instance", label: "instance",
                of: Series(catalog.benchInfo).matching("bench", .matches, "$bench"), title: "Probe"),
        ]
    }

    /// Faults that explain what a curve does.
    var faults: [Annotation] {
        let devices = Query(Series(catalog.deviceUp).chosen)
        let readers = Query(Series(catalog.deviceUp).chosen.matching("device_type", "reader"))
        let starts = Query.over("changes", Series(health.processStartTime).chosen, Window.rate)
        return [
            Annotation(
                name: "Device gone", query: devices.wrapped { "1 - \($0) > 0" },
                title: "{{device_type}} {{device}} is gone", color: .red),
            Annotation(
                name: "No reader left", query: readers.max(by: "instance").wrapped { "1 - \($0) > 0" },
                title: "No reader left: pcscd stopped, or all were pulled", color: .purple),
            Annotation(
                name: "Events lost",
                query: Query.increase(Series(health.eventsDropped).chosen, over: Window.rate)
                    .sum(by: "instance", "source", "reason").above(0),
                title: "Events of {{source}} were lost: {{reason}}", color: .orange),
            Annotation(
                name: "Probe restarted", query: starts.above(0), title: "The probe was started again", color: .blue),
        ]
    }
}
