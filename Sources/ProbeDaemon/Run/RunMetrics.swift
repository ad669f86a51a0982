internal import Observability
internal import ProbeEvents
internal import PrometheusClient
internal import Taps
internal import TelemetryExport

/// The numbers of one run: served while it lasts, exported over OTLP, pushed to a Pushgateway at its end.
///
/// Whatever fails here is said in a line, and the program's ending is its own.
struct RunMetrics: Sendable {
    private let collector: Collector
    private let bench: RunBench
    /// The bench as it is now, for whoever looks at the server; nil without one.
    let live: LiveView?
    private let server: MetricsServer?
    private let export: (export: MetricExport, endpoint: String)?
    private let push: PushTarget?

    /// How long the end is held up, each way for itself.
    private static let finishLimits = (export: Duration.milliseconds(1_500), push: Duration.seconds(2))

    /// Whether anybody wants numbers of a run; `settings` are those that the caller's variables give, if any.
    static func areWanted(_ request: Run.Request, _ settings: MetricSettings?) -> Bool {
        request.metrics != nil || request.push != nil || settings != nil
    }

    /// Begins; nil when nobody wants numbers, so that there is no collector.
    init?(
        _ request: Run.Request, counting collector: Collector?, of tap: RunTap?, bench: RunBench,
        _ settings: MetricSettings?
    ) async {
        guard let collector else { return nil }
        let drain: @Sendable () -> Void = { tap?.receiver.drain() }
        (self.collector, self.bench, push) = (collector, bench, request.push)
        if request.push != nil || settings != nil { collector.tell(bench.identity) }
        if let address = request.metrics {
            let live = LiveView(bench.identity, counting: collector, drain: drain)
            server = await Self.serve(collector, live, on: address, of: tap, drain)
            self.live = server == nil ? nil : live
        } else {
            (server, live) = (nil, nil)
        }
        export = settings.map { settings in
            var settings = settings
            settings.export.tell(bench.identity)
            // Lines would stand between the program's own: what is to be said is said at the end.
            let telemetry = ExportTelemetry(.otlpMetrics, in: collector.health) { _ in }
            let source = MetricExport.Source(collector.registry, prepare: drain)
            return (MetricExport(source, settings, telemetry: telemetry), settings.export.shownEndpoint)
        }
    }

    /// Sends the last numbers, and ends; bounded in time.
    func finish() async {
        async let exported: () = finishExport()
        async let pushed: () = finishPush()
        _ = await (exported, pushed)
        await server?.stop()
    }

    private func finishExport() async {
        guard let (export, endpoint) = export else { return }
        let end = await export.finish(within: Self.finishLimits.export)
        if !end.reason.isEmpty { Terminal.say("metrics did not reach \(endpoint): \(end.reason)") }
    }

    private func finishPush() async {
        guard let push else { return }
        do throws(PushgatewayError) {
            try await push.gateway.push(
                collector.registry, to: GroupingKey(instance: bench.identity.bench), within: Self.finishLimits.push,
                counting: collector.health)
        } catch {
            Terminal.say(error.explanation)
        }
    }

    private static func serve(
        _ collector: Collector, _ live: LiveView, on address: ListenAddress, of tap: RunTap?,
        _ drain: @escaping @Sendable () -> Void
    ) async -> MetricsServer? {
        var configuration = MetricsServer.Configuration(web: [address])
        configuration.webOption = "--metrics"
        let checks = HealthChecks()
        if let tap { await checks.checker.register(.socket("receiver", path: tap.socket)) }
        let server = MetricsServer(
            configuration: configuration, metrics: ScrapeSource(collector, drain: drain), health: checks.health,
            live: live)
        do throws(ListenError) {
            try await server.start()
        } catch {
            Terminal.say("\(error.explanation); running without metrics")
            return nil
        }
        // A port that the system chose has to be told; else a program's own lines stay alone in a log.
        if address.port == 0 || Terminal.isInteractive {
            for address in await server.webAddresses { Terminal.say("metrics on \(address.localURL())metrics") }
        }
        return server
    }
}
