internal import Glibc
internal import Observability
internal import ProbeEvents
internal import PrometheusClient
internal import TelemetryExport

/// Spans of all that the daemon sees, where the environment names an endpoint for them.
struct DaemonTraces: Sendable {
    /// Takes the events that become spans.
    let sink: QueuedSink

    private let export: TraceExport
    private let spans: SpanSink

    /// Events that wait to become spans.
    private static let queueCapacity = 8_192

    /// nil when nothing is exported.
    init?(counting collector: Collector) {
        let variable = { (name: String) in getenv(name).map { String(cString: $0) } }
        guard let settings = TraceSettings(variable, warn: { Terminal.say($0) }), settings.sampler.canKeep else {
            return nil
        }
        let health = collector.health
        health.exportQueueLength[.otlpTraces].set(0)
        let telemetry = TraceExport.Telemetry(
            count: { reason, count in health.exportFailures[.otlpTraces, reason].increment(by: count) },
            queueLength: { health.exportQueueLength[.otlpTraces].set(Double($0)) }, say: { Terminal.say($0) })
        export = TraceExport(settings, telemetry: telemetry)
        spans = SpanSink(export.spans)
        sink = QueuedSink(spans, name: "traces", capacity: Self.queueCapacity) { source, count in
            collector.countDropped(count, source: source)
        }
        Terminal.say("traces to \(settings.shownEndpoint)")
    }

    /// Sends what waits; bounded in time.
    func finish() async {
        sink.finish(within: .seconds(1))
        spans.finish()
        _ = await export.finish(within: .seconds(2))
    }
}
