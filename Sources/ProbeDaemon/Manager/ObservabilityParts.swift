internal import Logging
internal import Observability
internal import ProbeEvents
internal import ServiceLifecycle

/// What a program that observes has, whatever it observes: log, numbers, spans, their exports, health, and a server that
/// shows them.
///
/// The daemon adds taps to it; an ``ObservabilityManager`` gives it to a program as it is.
struct ObservabilityParts: Sendable {
    let settings: LiveSettings
    let log: LogSystem
    let bench: BenchIdentity
    let collector: Collector
    /// Spans; nil when nobody named an endpoint for them.
    let traces: TraceOutput?
    /// Log records; nil when nobody named an endpoint for them.
    let logs: LogOutput?
    /// Numbers that are pushed; nil when nobody named an endpoint for them.
    let metrics: MetricOutput?
    let checks: HealthChecks
    /// Takes the events; what is told here has no more data than it may have.
    let sink: EventBus
    /// The same for those who need time.
    let ring = EventRing()
    /// The bench as it is now; nil when nobody may see it.
    let live: LiveView?
    let server: MetricsServer

    private let isSecure: Bool
    private let asksForCertificate: Bool

    /// All of them, as the settings want them; the server does not listen yet.
    ///
    /// - Parameter drain: fetches what taps have and not yet told, before numbers are shown.
    init(_ settings: LiveSettings, log: LogSystem, drain: @escaping @Sendable () -> Void = {}) async throws(ConfigError)
    {
        let start = settings.current
        for line in start.warnings { log.outlet.logger(.config).warning("\(line)") }
        let security = try Self.security(start, log)
        let bench = Self.bench(start, log)
        let exports = ExportEnvironment(bench: bench, log: log.outlet.logger(.export))
        let sampler = SystemSampler(
            diskPaths: start[\.systemDiskPaths], interval: start[\.metricsCollectionInterval])
        let collector = Collector(
            seriesLimit: start[\.metricsSeriesLimit], showsCreated: start[\.metricsCreated], sampler: sampler)
        log.count(with: collector)
        collector.tell(exports.bench)
        (self.settings, self.log, self.bench, self.collector) = (settings, log, bench, collector)
        logs = LogOutput(of: log.outlet, counting: collector, exports)
        traces = TraceOutput(start, counting: collector, exports)
        metrics = MetricOutput(of: collector, exports, drain: drain)
        checks = await HealthChecks(settings)
        let exporters: [(name: ExporterName, queueCapacity: Int?)?] = [
            traces.map { ($0.exporter, $0.queueCapacity) }, metrics.map { _ in (.otlpMetrics, nil) },
            logs.map { (.otlpLogs, $0.queueCapacity) },
        ]
        for exporter in exporters.compactMap(\.self) {
            let watch = ExporterWatch(exporter.name, queueCapacity: exporter.queueCapacity, of: collector)
            await checks.checker.register(.exporter(exporter.name.name) { watch.state() })
        }
        live =
            start[\.webLivePage]
            ? LiveView(
                bench, counting: collector, traces: { [traces] in traces?.traceID(client: $0, session: $1) },
                drain: drain, health: { [checks] in await checks.checker.run() }) : nil
        sink = EventBus([collector])
        if let traces { sink.add(traces.sink) }
        sink.add(ring)
        if let live { ring.add(live.reader) }
        isSecure = security?.hasTLS == true
        asksForCertificate = security?.asksForCertificate == true
        var configuration = MetricsServer.Configuration(start)
        configuration.security = security
        configuration.logger = log.outlet.logger(.http, library: "hummingbird")
        configuration.isEnabled = { settings.current[\.metricsEnabled] }
        server = MetricsServer(
            configuration: configuration, metrics: ScrapeSource(collector, drain: drain),
            health: start[\.healthEnabled] ? checks.health : nil, live: live)
    }

    /// Where the server shows the live page, numbers and health, by which paths.
    var urls: (pages: [String], metrics: [String], health: [String]) {
        get async {
            let path = settings.current[\.metricsPath].dropFirst()
            let web = await server.webAddresses.map { $0.localURL(isSecure: isSecure) }
            return (
                live == nil ? [] : web, web.map { $0 + path },
                await server.healthAddresses.map { $0.localURL(isSecure: isSecure) + "health" }
            )
        }
    }

    /// Adds the check of the server, which asks it as others do; once it listens.
    func checkServer() async {
        guard let url = await urls.metrics.first else { return }
        await checks.checker.register(.metricsEndpoint(url: url) { [asksForCertificate] in asksForCertificate })
    }

    /// Reads the configuration again, and takes what can be changed while it runs.
    func reload() async {
        await settings.reload()
        traces?.adopt(settings.current)
    }

    /// Sends what waits, each way for itself; bounded in time. The log's file stays open.
    func finish() async {
        async let traced: ()? = traces?.finish()
        async let counted: ()? = metrics?.finish()
        _ = await (traced, counted)
        // The others may have had something to say.
        await logs?.finish()
    }

    private static func bench(_ settings: Settings, _ log: LogSystem) -> BenchIdentity {
        let logger = log.outlet.logger(.serve)
        return BenchIdentity(
            bench: settings[\.benchName], site: settings[\.benchSite],
            instanceID: InstanceIDFile().load { logger.warning("\($0)") })
    }

    private static func security(_ settings: Settings, _ log: LogSystem) throws(ConfigError) -> WebSecurity? {
        guard let file = settings[\.webConfigFile] else { return nil }
        return try WebSecurity(file: file) { [logger = log.outlet.logger(.http)] in logger.warning("\($0)") }
    }
}

extension MetricsServer.Configuration {
    /// What the settings say; health has a port of its own unless only the other was named.
    init(_ settings: Settings) {
        let web = settings[\.metricsListenAddress]
        self.init(
            web: web.isEmpty ? [ListenAddress(port: settings[\.metricsPort])] : web,
            health: settings[\.healthEnabled] ? Self.health(settings) : [])
        telemetryPath = settings[\.metricsPath]
        hostNames = settings[\.webHostNames]
        limits.scrapes = settings[\.metricsMaxRequests]
    }

    private static func health(_ settings: Settings) -> [ListenAddress] {
        let named = settings[\.healthListenAddress]
        let hasPort = settings[\.metricsListenAddress].isEmpty || settings.origin(of: \.healthPort) != .fallback
        return named.isEmpty && hasPort ? [ListenAddress(port: settings[\.healthPort])] : named
    }
}

extension ListenAddress {
    /// A port on loopback.
    fileprivate init(port: Int) { self.init(host: "127.0.0.1", port: UInt16(clamping: port)) }
}
