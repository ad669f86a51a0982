internal import Logging
internal import Observability
internal import ProbeEvents
internal import TelemetryExport
internal import Tracing

/// Spans of all that is seen, where somebody names an endpoint for them.
struct TraceOutput: Sendable {
    /// What it is called where exports are counted.
    let exporter: ExporterName
    /// How many spans may wait.
    let queueCapacity: Int

    private let pipeline: TracePipeline
    private let environment: ExportEnvironment

    /// nil when nothing is exported.
    init?(_ settings: Settings, counting collector: Collector, _ environment: ExportEnvironment) {
        guard var traces = TracingVariables(settings, environment.variables).export(), traces.sampler.canKeep else {
            return nil
        }
        traces.export.tell(environment.bench)
        (self.environment, exporter) = (environment, traces.exporter)
        queueCapacity = traces.batch.queueSize
        let telemetry = ExportTelemetry(exporter, in: collector.health, say: environment.say)
        pipeline = TracePipeline(TraceExport(traces, telemetry: telemetry), root: environment.caller) {
            telemetry.countDropped(.queueFull, $1)
        }
        pipeline.showTraces(in: collector)
        environment.log.info("traces to \(traces.export.shownEndpoint)")
    }

    /// Takes the events that become spans.
    var sink: any EventSink { pipeline.sink }

    /// Takes a session over the air that is over.
    func receive(_ timeline: OTATimeline) { pipeline.receive(timeline) }

    /// The trace of an open session, in hex; nil where none is kept.
    func traceID(client: UInt64, session: UInt64) -> String? {
        pipeline.traceID(client: client, session: session)
    }

    /// Notes which file has the events around a fault.
    func note(_ flight: FlightRecorder.Flight) { pipeline.note(flight) }

    /// Starts spans beside those of events.
    var tracer: any Tracer { pipeline.tracer }

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
