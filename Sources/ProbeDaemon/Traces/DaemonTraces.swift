internal import Logging
internal import Observability
internal import ProbeEvents
internal import TelemetryExport

/// Spans of all that the daemon sees, where the environment names an endpoint for them.
struct DaemonTraces: Sendable {
    private let pipeline: TracePipeline
    private let log: Logger

    /// nil when nothing is exported.
    init?(counting collector: Collector, _ environment: ExportEnvironment) {
        guard var settings = TraceSettings(environment.variables), settings.sampler.canKeep else { return nil }
        settings.export.tell(environment.bench)
        log = environment.log
        let telemetry = ExportTelemetry(.otlpTraces, in: collector.health, say: environment.say)
        pipeline = TracePipeline(TraceExport(settings, telemetry: telemetry)) { source, count in
            collector.countDropped(count, source: source)
        }
        pipeline.showTraces(in: collector)
        log.info("traces to \(settings.export.shownEndpoint)")
    }

    /// Takes the events that become spans.
    var sink: any EventSink { pipeline.sink }

    /// Sends what waits, and says what did not get there; bounded in time.
    func finish() async {
        let end = await pipeline.finish()
        if end.lost > 0 { log.warning("\(end.lost) spans were lost since the start, the last: \(end.reason)") }
    }
}
