internal import Observability

/// Many benches on one page, a row each, and how their probes do.
struct BenchOverviewDashboard {
    private let queries = BenchQueries()
    private var catalog: MetricCatalog { queries.catalog }
    private var health: HealthCatalog { queries.health }

    private static let noProbe = "No probe answers here: look at the targets of Prometheus."
    private static let noLoss = "Nothing was lost in this time."

    var dashboard: Dashboard {
        Dashboard(
            uid: "cardlink-benches", title: "CardLink: bench overview",
            summary: "All benches: what they do, what is missing, and whether their probes see everything.",
            variables: queries.variables, annotations: queries.faults,
            sections: [
                .init("Benches", .init(height: 4, probes, down, missing, lost, failedExports, commands)),
                .init("A row a bench", .init(height: 9, benches)),
                .init("Work", .init(commandRates, errorShares, latencies)),
                .init("What probes lose", .init(losses, exportFailures, queues)),
                .init("What probes take", .init(scrapes, memory, processor)),
                .init("The machines", .init(machineCPU, disks, diskSpace, network)),
            ])
    }

    // MARK: At a glance

    private var probes: Panel {
        Panel(
            "Probes", .stat, .count, width: 4, "Benches that tell about themselves now.", whenEmpty: Self.noProbe,
            Target(Query(Series(catalog.benchInfo).chosen).count(), "probes", as: .latest))
    }

    private var down: Panel {
        Panel(
            "Down", .stat, .count, width: 4, "Probes of this page that Prometheus cannot scrape.",
            whenEmpty: Self.noProbe,
            Target(Query("count(up{instance=~\"$instance\"} == 0) or vector(0)"), "down", as: .latest)
        ).with(\.thresholds, Thresholds(.green, (1, .red)))
    }

    private var missing: Panel {
        Panel(
            "Missing devices", .stat, .count, width: 4, "Devices that a configuration names and that are not there.",
            whenEmpty: Self.noProbe, Target(queries.missingDevices.count().orZero, "missing", as: .latest)
        ).with(\.thresholds, Thresholds(.green, (1, .red)))
    }

    private var lost: Panel {
        let counts = Query.increase(Series(health.eventsDropped).chosen, over: Window.range)
        return Panel(
            "Events lost", .stat, .count, width: 4, "Events that were lost, and are missing in every number here.",
            whenEmpty: Self.noProbe, Target(counts.sum(), "lost", as: .latest)
        ).with(\.thresholds, Thresholds(.green, (1, .orange))).with(\.decimals, 0)
    }

    private var failedExports: Panel {
        let counts = Query.increase(Series(health.exportDropped).chosen, over: Window.range)
        return Panel(
            "Given up exports", .stat, .count, width: 4,
            "Spans, log records and events that will never arrive; attempts that may be made again are below.",
            whenEmpty: Self.noLoss, Target(counts.sum().orZero, "given up", as: .latest)
        ).with(\.thresholds, Thresholds(.green, (1, .orange))).with(\.decimals, 0)
    }

    private var commands: Panel {
        Panel(
            "Commands", .stat, .perSecond, width: 4, "Commands to cards per second, all chosen benches.",
            whenEmpty: "No command reached a card in this time.",
            Target(queries.commands(over: Window.rate).sum(), "commands"))
    }

    // MARK: A row a bench

    private var benches: Panel {
        let rate = Window.range
        let errors = queries.unexpectedErrors(over: rate).sum(by: "instance")
        let all = queries.commands(over: rate).sum(by: "instance").above(0)
        let buckets = queries.buckets(Series(catalog.apduResponseTime, .bucket), over: rate)
        return .table(
            "Benches", width: 24,
            "A click on a bench leads to its devices, with the time that is shown here. A bench that is down has only its name.",
            whenEmpty: Self.noProbe,
            TableColumns(
                keys: [
                    .init("bench", "Bench", link: Self.devices), .init("site", "Site"),
                    .init("instance", "Probe"), .init("version", "Version"),
                ],
                values: [
                    .labels(of: Query(Series(catalog.benchInfo).chosen).max(by: "instance", "bench", "site")),
                    .labels(of: Query(Series(health.applicationInfo).chosen).max(by: "instance", "version")),
                    .init(
                        "Scraped", .none,
                        Query("max by (instance) (up{instance=~\"$instance\"})"),
                        thresholds: Thresholds(.red, (1, .green)),
                        mappings: [
                            ValueMapping(value: 1, text: "yes", color: .green),
                            ValueMapping(value: 0, text: "no", color: .red),
                        ]),
                    .init("Devices", .count, Query(Series(catalog.devicesConnected).chosen).sum(by: "instance")),
                    .init(
                        "Missing", .count, queries.missingDevices.count(by: "instance"),
                        thresholds: Thresholds(.green, (1, .red))),
                    .init("Sessions", .count, Query(Series(catalog.activeSessions).chosen).sum(by: "instance")),
                    .init("Commands", .perSecond, queries.commands(over: rate).sum(by: "instance")),
                    .init(
                        "Failed", .share, errors.divided(by: all),
                        thresholds: Thresholds(.green, (0.1, .orange), (0.25, .red))),
                    .init("p95", .seconds, .quantile(0.95, of: buckets, by: "instance").above(0)),
                    .init(
                        "Lost events", .count,
                        Query.increase(Series(health.eventsDropped).chosen, over: rate).sum(by: "instance"),
                        thresholds: Thresholds(.green, (1, .orange))),
                    .init(
                        "Running for", .seconds,
                        Query(Series(catalog.systemProcessUptime).chosen).max(by: "instance")),
                ]))
    }

    private static let devices: JSON = [
        "title": "Devices of this bench", "targetBlank": false,
        "url":
            "/d/cardlink-devices?var-datasource=${datasource}&var-instance=${__data.fields.Probe}&${__url_time_range}",
    ]

    // MARK: Work

    private var commandRates: Panel {
        Panel(
            "Commands by bench", .timeSeries, .perSecond, width: 8,
            "A bench that falls silent has a tester that hangs.",
            whenEmpty: "No command reached a card in this time.",
            Target(queries.named(queries.commands(over: Window.rate).sum(by: "instance")), "{{bench}}"))
    }

    private var errorShares: Panel {
        let errors = queries.unexpectedErrors(over: Window.rate).sum(by: "instance")
        let all = queries.commands(over: Window.rate).sum(by: "instance").above(0)
        return Panel(
            "Failed commands by bench", .timeSeries, .share, width: 8,
            "One bench above the others has a card, reader or key of its own trouble.",
            whenEmpty: "No command failed in this time.", Target(queries.named(errors.divided(by: all)), "{{bench}}")
        ).with(\.minimum, 0)
    }

    private var latencies: Panel {
        let buckets = queries.buckets(Series(catalog.apduResponseTime, .bucket), over: Window.rate)
        return Panel(
            "p95 by bench", .timeSeries, .seconds, width: 8,
            "The same cards take the same time: a slower bench has a slower reader or hub.",
            whenEmpty: "No command reached a card in this time.",
            Target(queries.named(.quantile(0.95, of: buckets, by: "instance")), "{{bench}}"))
    }

    // MARK: Losses

    private var losses: Panel {
        let counts = Query.increase(Series(health.eventsDropped).chosen, over: Window.rate)
        return Panel(
            "Lost events", .bars, .count, width: 8,
            "ring_full: a program was quicker than the probe; receiver_gone: the probe was not there; queue_full: a sink is stuck.",
            whenEmpty: Self.noLoss, Target(counts.sum(by: "source", "reason").above(0), "{{source}} {{reason}}"))
    }

    private var exportFailures: Panel {
        let failed = Query.increase(Series(health.exportFailures).chosen, over: Window.rate)
        let refused = Query.increase(Series(health.seriesRefused).chosen, over: Window.rate)
        return Panel(
            "Failed exports and refused series", .bars, .count, width: 8,
            "Attempts to send that failed, and label values that a family had no room for.", whenEmpty: Self.noLoss,
            Target(failed.sum(by: "exporter", "reason").above(0), "{{exporter}} {{reason}}"),
            Target(refused.sum(by: "family").above(0), "{{family}} is full"))
    }

    private var queues: Panel {
        Panel(
            "Waiting for export", .timeSeries, .count, width: 8,
            "A queue that only grows is a receiver that is slower than the bench, and will drop.",
            whenEmpty: "Nothing is exported but metrics: set OTEL_EXPORTER_OTLP_ENDPOINT for traces.",
            Target(
                Query(Series(health.exportQueueLength).chosen).sum(by: "exporter", "instance"),
                "{{exporter}} {{instance}}"))
    }

    // MARK: Costs

    private var scrapes: Panel {
        let buckets = queries.buckets(Series(health.scrapeDuration, .bucket), over: Window.rate)
        return Panel(
            "p95 of a scrape", .timeSeries, .seconds, width: 8,
            "Milliseconds are usual; more is many series or a machine under load.",
            whenEmpty: Self.noProbe, Target(.quantile(0.95, of: buckets, by: "instance"), "{{instance}}"))
    }

    private var memory: Panel {
        Panel(
            "Memory of probes", .timeSeries, .bytes, width: 8, "Flat, and under 50 MB. A slope is a leak: tell us.",
            whenEmpty: Self.noProbe, Target(Query(Series(health.processResidentMemory).chosen), "{{instance}}")
        ).with(\.minimum, 0)
    }

    private var processor: Panel {
        Panel(
            "Processor time of probes", .timeSeries, .share, width: 8,
            "Share of one core; under 1% at 200 commands a second.", whenEmpty: Self.noProbe,
            Target(.rate(Series(health.processCPUSeconds).chosen, over: Window.rate), "{{instance}}")
        ).with(\.minimum, 0)
    }

    // MARK: Machines

    private var machineCPU: Panel {
        Panel(
            "Processors", .timeSeries, .percent, width: 6,
            "Use of the bench's machine. Above 90% commands seem slow that are not.", whenEmpty: Self.noProbe,
            Target(Query(Series(catalog.systemCPUUsage).chosen), "{{instance}}")
        ).with(\.minimum, 0).with(\.maximum, 100)
    }

    private var disks: Panel {
        Panel(
            "Disk and memory in use", .timeSeries, .bytes, width: 6,
            "Bytes in use: file systems by path, and memory that programs cannot have.", whenEmpty: Self.noProbe,
            Target(Query(Series(catalog.systemDiskUsage).chosen), "{{path}} {{instance}}"),
            Target(Query(Series(catalog.systemMemoryUsage).chosen), "memory {{instance}}")
        ).with(\.minimum, 0)
    }

    private var diskSpace: Panel {
        let left = Query(Series(catalog.systemDiskAvailable).chosen)
        let all = left.joined("+", Query(Series(catalog.systemDiskUsage).chosen))
        return Panel(
            "Disk space left", .timeSeries, .share, width: 6,
            "Share of each file system that programs may still take. Below 10% the alert fires: logs, captures and the tester's database go missing next.",
            whenEmpty: Self.noProbe, Target(left.joined("/", all), "{{path}} {{instance}}")
        ).with(\.minimum, 0).with(\.maximum, 1)
    }

    private var network: Panel {
        let bytes = Query.rate(Series(catalog.systemNetworkBytes).chosen, over: Window.rate)
        return Panel(
            "Network", .timeSeries, .bytesPerSecond, width: 6, "Traffic of the bench's machine by direction.",
            whenEmpty: Self.noProbe, Target(bytes.sum(by: "instance", "direction"), "{{direction}} {{instance}}"))
    }
}
