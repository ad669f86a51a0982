internal import Observability
internal import ProbeEvents
internal import TelemetryExport
internal import Tracing

/// What turns events into spans and sends them: a ring, the spans behind it, their export.
struct TracePipeline: Sendable {
    /// Takes the events.
    let sink: any EventSink

    private let reader: EventRing.Reader
    private let spans: SpanSink
    private let export: TraceExport

    /// Events that wait to become spans: some seconds of a fast card.
    private static let queueCapacity = 8_192
    /// How long the first event waits for others; who asks for a trace does not wait.
    private static let gathering = Duration.milliseconds(250)
    /// How long the end is held up for events that wait, and then for spans that do.
    private static let finishLimits = (events: Duration.milliseconds(500), spans: Duration.milliseconds(1_500))

    /// A pipeline to an export; its spans are under a root where there is one, else each session is a trace of its own.
    init(_ export: TraceExport, root: SpanContext? = nil, onDrop: @escaping EventRing.Reader.DropCounter) {
        spans = SpanSink(export.spans, root: root, isDecided: root == nil)
        reader = EventRing.Reader(
            spans, name: "traces", capacity: Self.queueCapacity, gathering: Self.gathering, onDrop: onDrop)
        // Its own: what is not kept costs no place.
        let ring = EventRing()
        ring.add(reader)
        sink = root == nil ? SampledSessions(ring, manager: export.spans) : ring
        self.export = export
    }

    /// The trace of an open session, in hex; nil where none is kept.
    func traceID(client: UInt64, session: UInt64) -> String? {
        reader.catchUp()
        return spans.traceID(client: client, session: session)?.description
    }

    /// Notes which file has the events around a fault, in the trace that it is part of.
    func note(_ flight: FlightRecorder.Flight) {
        reader.catchUp()
        spans.note(flight)
    }

    /// Takes a session over the air that is over.
    func receive(_ timeline: OTATimeline) {
        reader.catchUp()
        spans.receive(timeline)
    }

    /// Starts spans beside those of events.
    var tracer: any Tracer { TracerBackEnd(export.spans) }

    /// Shows where numbers came from, in the histograms that count what becomes spans.
    func showTraces(in collector: Collector) { spans.showTraces(in: collector) }

    /// Decides differently on traces that begin from now on.
    func sample(_ sampler: Sampler) { export.spans.sampler = sampler }

    /// Ends what is open, the root last, and sends what waits; two seconds at most.
    ///
    /// Returns how many spans were lost, and why the last ones were.
    func finish(endingRoot endRoot: () -> Void = {}) async -> (lost: UInt64, reason: String) {
        reader.finish(within: Self.finishLimits.events)
        spans.finish()
        endRoot()
        return await export.finish(within: Self.finishLimits.spans)
    }
}
