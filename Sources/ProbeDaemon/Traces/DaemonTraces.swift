internal import Glibc
internal import Observability
internal import ProbeEvents
internal import TelemetryExport

/// Spans of all that the daemon sees, where somebody names an endpoint for them.
struct DaemonTraces: Sendable {
    private let pipeline: TracePipeline

    /// nil when nothing is exported.
    init?(_ settings: Settings, counting collector: Collector) {
        guard let traces = Self.wanted(settings, warn: { Terminal.say($0) }), traces.sampler.canKeep else { return nil }
        let telemetry = ExportTelemetry(traces.exporter, in: collector.health) { Terminal.say($0) }
        pipeline = TracePipeline(TraceExport(traces, telemetry: telemetry)) { source, count in
            collector.countDropped(count, source: source)
        }
        Terminal.say("traces to \(traces.export.shownEndpoint)")
    }

    /// Takes the events that become spans.
    var sink: any EventSink { pipeline.sink }

    /// Takes over how much is kept.
    func adopt(_ settings: Settings) {
        if let sampler = Self.wanted(settings, warn: { _ in })?.sampler { pipeline.sample(sampler) }
    }

    /// Sends what waits, and says what did not get there; bounded in time.
    func finish() async {
        let end = await pipeline.finish()
        if end.lost > 0 { Terminal.say("\(end.lost) spans were lost since the start, the last: \(end.reason)") }
    }

    private static func wanted(_ settings: Settings, warn: @escaping (String) -> Void) -> TraceSettings? {
        TracingVariables(settings) { name in getenv(name).map { String(cString: $0) } }.export(warn: warn)
    }
}
