internal import Observability
internal import TelemetryExport

/// What turns events into spans and sends them: a queue, the spans behind it, their export.
struct TracePipeline: Sendable {
    /// Takes the events.
    let sink: QueuedSink

    private let spans: SpanSink
    private let export: TraceExport

    /// Events that wait to become spans: some seconds of a fast card.
    private static let queueCapacity = 8_192
    /// How long the end is held up for events that wait, and then for spans that do.
    private static let finishLimits = (events: Duration.milliseconds(500), spans: Duration.milliseconds(1_500))

    /// A pipeline to an export; its spans are under a root where there is one.
    init(_ export: TraceExport, root: SpanContext? = nil, onDrop: @escaping QueuedSink.DropCounter) {
        spans = SpanSink(export.spans, root: root)
        sink = QueuedSink(spans, name: "traces", capacity: Self.queueCapacity, onDrop: onDrop)
        self.export = export
    }

    /// Shows where numbers came from, in the histograms that count what becomes spans.
    func showTraces(in collector: Collector) { spans.showTraces(in: collector) }

    /// Ends what is open, the root last, and sends what waits; two seconds at most.
    ///
    /// Returns how many spans were lost, and why the last ones were.
    func finish(endingRoot endRoot: () -> Void = {}) async -> (lost: UInt64, reason: String) {
        sink.finish(within: Self.finishLimits.events)
        spans.finish()
        endRoot()
        return await export.finish(within: Self.finishLimits.spans)
    }
}
