internal import Logging
internal import Observability
internal import ProbeEvents
internal import TelemetryExport

/// The log over OTLP, where the environment names an endpoint for it.
struct LogOutput: Sendable {
    /// How many records may wait.
    let queueCapacity: Int

    private let export: LogExport
    private let log: Logger

    /// How long the end is held up for records that wait.
    private static let finishLimit = Duration.milliseconds(1_000)

    /// From now on takes all that the outlet has; nil when nothing is exported.
    init?(of outlet: LogOutlet, counting collector: Collector, _ environment: ExportEnvironment) {
        guard var settings = LogSettings(environment.variables) else { return nil }
        settings.export.tell(environment.bench)
        log = environment.log
        queueCapacity = settings.batch.queueSize
        export = LogExport(
            settings, telemetry: ExportTelemetry(.otlpLogs, in: collector.health, say: environment.say))
        log.info("logs to \(settings.export.shownEndpoint)")
        outlet.add(export)
    }

    /// Sends what waits, and says what did not get there; bounded in time. What is said later goes to other outputs only.
    func finish() async {
        let end = await export.finish(within: Self.finishLimit)
        if end.lost > 0 { log.warning("\(end.lost) log records were lost since the start, the last: \(end.reason)") }
    }
}
