internal import Logging
internal import Observability
internal import ProbeEvents
internal import TelemetryExport

/// Spans of all that the daemon sees, where somebody names an endpoint for them.
struct DaemonTraces: Sendable {
    private let pipeline: TracePipeline
    private let environment: ExportEnvironment

    /// nil when nothing is exported.
    init?(_ settings: Settings, counting collector: Collector, _ environment: ExportEnvironment) {
        guard var traces = TracingVariables(settings, environment.variables).export(), traces.sampler.canKeep else {
            return nil
        }
        traces.export.tell(environment.bench)
        self.environment = environment
        let telemetry = ExportTelemetry(.otlpTraces, in: collector.health, say: environment.say)
        pipeline = TracePipeline(TraceExport(traces, telemetry: telemetry)) { source, count in
            collector.countDropped(count, source: source)
        }
        pipeline.showTraces(in: collector)
        environment.log.info("traces to \(traces.export.shownEndpoint)")
    }

    /// Takes the events that become spans.
    var sink: any EventSink { pipeline.sink }

    /// Takes over how much is kept.
    func adopt(_ settings: Settings) {
        guard let traces = TracingVariables(settings, environment.variables).export() else { return }
        pipeline.sample(traces.sampler)
    }

    /// Sends what waits, and says what did not get there; bounded in time.
    func finish() async {
        let end = await pipeline.finish()
        guard end.lost > 0 else { return }
        environment.log.warning("\(end.lost) spans were lost since the start, the last: \(end.reason)")
    }
}
