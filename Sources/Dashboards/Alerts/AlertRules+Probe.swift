internal import Observability
internal import PrometheusClient

extension AlertRule {
    /// The probe itself.
    static let probe = [
        AlertRule(
            "CardLinkProbeDown", .critical, pending: .seconds(120),
            summary: "A probe does not answer Prometheus.",
            description: "Prometheus cannot scrape {{ $labels.instance }} of the job {{ $labels.job }}.",
            dashboard: .bench
        ) { Query(#"up{job="\#($0.job)"} == 0"#) },
        AlertRule(
            "CardLinkProbeAbsent", .critical, pending: .seconds(300),
            summary: "Prometheus knows of no probe.",
            description:
                "The job {{ $labels.job }} has no target: service discovery or the scrape configuration lost it.",
            dashboard: .bench
        ) { Query(#"absent(up{job="\#($0.job)"})"#) },
        AlertRule(
            "CardLinkEventsDropped", .warning, pending: .zero, thresholds: [AlertThresholds.eventsDropped],
            summary: "Events were lost before they were counted.",
            description: """
                {{ printf \"%.0f\" $value }} events from {{ $labels.source }} were lost in 10 minutes on \(place).
                """,
            dashboard: .bench
        ) { settings in
            .gained(Series(Catalogs.probe.eventsDropped), over: .tenMinutes).sum(without: "reason")
                .exceeding(settings[AlertThresholds.eventsDropped])
        },
        AlertRule(
            "CardLinkExporterDropping", .warning, pending: .zero, thresholds: [AlertThresholds.exportDropped],
            summary: "An exporter gave up what it should have sent.",
            description: """
                The exporter {{ $labels.exporter }} gave up {{ printf \"%.0f\" $value }} items in 10 minutes on \(place).
                """,
            dashboard: .bench
        ) { settings in
            .gained(Series(Catalogs.probe.exportDropped), over: .tenMinutes).sum(without: "reason")
                .exceeding(settings[AlertThresholds.exportDropped])
        },
        AlertRule(
            "CardLinkSeriesRefused", .warning, pending: .zero,
            summary: "A metric has more label values than it may.",
            description:
                "{{ $labels.family }} is full on \(place): {{ printf \"%.0f\" $value }} values were counted under other.",
            dashboard: .bench
        ) { _ in .gained(Series(Catalogs.probe.seriesRefused), over: .tenMinutes).wrapped { "(\($0))" }.exceeding(0) },
        AlertRule(
            "CardLinkDuplicateBenchID", .warning, pending: .seconds(900),
            summary: "Two probes tell the same bench id.",
            description:
                "{{ $labels.instance }} and another probe both say that they are bench {{ $labels.instance_id }}.",
            dashboard: .bench
        ) { _ in duplicateBench },
        AlertRule(
            "CardLinkDiskSpaceLow", .warning, pending: .seconds(300), thresholds: [AlertThresholds.diskFreeRatio],
            summary: "A file system that the probe needs is nearly full.",
            description: "{{ $value | humanizePercentage }} of {{ $labels.path }} are left on \(place).",
            dashboard: .bench
        ) { settings in
            let left = Query(Series(Catalogs.bench.systemDiskAvailable))
            let all = left.joined("+", Query(Series(Catalogs.bench.systemDiskUsage)))
            return left.joined("/", all).wrapped { "\($0) < \(RuleText.of(settings[AlertThresholds.diskFreeRatio]))" }
        },
        AlertRule(
            "CardLinkScrapeSlow", .warning, pending: .seconds(900), thresholds: [AlertThresholds.scrapeSeconds],
            summary: "The probe takes long to answer scrapes.",
            description: "95 % of the scrapes took up to {{ $value | humanizeDuration }} on \(place).",
            dashboard: .bench
        ) { settings in
            let scrapes = Series(Catalogs.probe.scrapeDuration, .count)
            return Query.rate(Series(Catalogs.probe.scrapeDuration, .bucket), over: RuleWindow.tenMinutes.text)
                .wrapped { "histogram_quantile(0.95, \($0)) > \(RuleText.of(settings[AlertThresholds.scrapeSeconds]))" }
                .with("and", Query.increase(scrapes, over: RuleWindow.tenMinutes.text).wrapped { "\($0) >= 5" })
        },
    ]

    // What was pushed has the id of the probe beside it, and no `up` of its own.
    private static let duplicateBench: Query = {
        let bench = Query(Series(Catalogs.bench.benchInfo).matching("instance_id", .differs, ""))
        let scraped = bench.with("and on (job, instance)", Query("up == 1"))
        return bench.with(
            "and on (instance_id)",
            scraped.wrapped { "count by (instance_id) (group by (instance_id, instance) (\($0))) > 1" })
    }()
}
