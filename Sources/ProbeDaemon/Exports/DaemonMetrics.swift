internal import Logging
internal import Observability
internal import ProbeEvents
internal import TelemetryExport

/// The daemon's numbers over OTLP, where the environment names an endpoint for them.
struct DaemonMetrics: Sendable {
    private let export: MetricExport
    private let log: Logger

    /// How long the end is held up for the last numbers.
    private static let finishLimit = Duration.milliseconds(1_500)

    /// nil when nothing is exported; `drain` fetches what taps have and not yet told.
    init?(of collector: Collector, _ environment: ExportEnvironment, drain: @escaping @Sendable () -> Void) {
        guard var settings = MetricSettings(environment.variables) else { return nil }
        settings.export.tell(environment.bench)
        log = environment.log
        export = MetricExport(
            MetricExport.Source(collector.registry, prepare: drain), settings,
            telemetry: ExportTelemetry(.otlpMetrics, in: collector.health, say: environment.say))
        log.info("metrics to \(settings.export.shownEndpoint)")
    }

    /// Sends the last numbers, and says so when that fails; bounded in time.
    func finish() async {
        let end = await export.finish(within: Self.finishLimit)
        if !end.reason.isEmpty { log.warning("the last metrics did not arrive: \(end.reason)") }
    }
}
