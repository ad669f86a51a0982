internal import Glibc
internal import Observability
internal import ProbeEvents
internal import TelemetryExport

/// Spans of all that the daemon sees, where the environment names an endpoint for them.
struct DaemonTraces: Sendable {
    private let pipeline: TracePipeline

    /// nil when nothing is exported.
    init?(counting collector: Collector) {
        let variable = { (name: String) in getenv(name).map { String(cString: $0) } }
        let variables = ExportVariables(variable) { Terminal.say($0) }
        guard let settings = TraceSettings(variables), settings.sampler.canKeep else { return nil }
        let telemetry = ExportTelemetry(.otlpTraces, in: collector.health) { Terminal.say($0) }
        pipeline = TracePipeline(TraceExport(settings, telemetry: telemetry)) { source, count in
            collector.countDropped(count, source: source)
        }
        pipeline.showTraces(in: collector)
        Terminal.say("traces to \(settings.export.shownEndpoint)")
    }

    /// Takes the events that become spans.
    var sink: any EventSink { pipeline.sink }

    /// Sends what waits, and says what did not get there; bounded in time.
    func finish() async {
        let end = await pipeline.finish()
        if end.lost > 0 { Terminal.say("\(end.lost) spans were lost since the start, the last: \(end.reason)") }
    }
}
