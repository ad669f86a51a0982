internal import Observability
internal import ProbeEvents
internal import Synchronization
internal import TelemetryExport

/// The trace of one run: its own span under the caller's, and in it what the program says to cards.
struct RunTrace: Sendable {
    private let destination: String
    private let span: Span
    private let pipeline: TracePipeline
    private let dropped = DroppedEvents()

    private final class DroppedEvents: Sendable {
        let count = Atomic<UInt64>(0)
    }

    /// Begins the span of a run; nil when nothing is exported, or when the caller or the sampler keeps no trace of it.
    ///
    /// - Parameter collector: counts what becomes of the export, where numbers go out.
    init?(
        of program: String, _ variables: EnvironmentVariables, _ read: ExportVariables, counting collector: Collector?,
        bench: RunBench
    ) async {
        let settings = await variables.settings(under: "tracing.")
        guard var wanted = TracingVariables(settings, read).export(), wanted.sampler.canKeep else { return nil }
        wanted.export.tell(bench.identity)
        destination = wanted.export.shownEndpoint
        let telemetry = collector.map { ExportTelemetry(wanted.exporter, in: $0.health) { _ in } }
        let caller = SpanContext(
            traceparent: variables["TRACEPARENT"] ?? [], tracestate: variables["TRACESTATE"] ?? [])
        let export = TraceExport(wanted, telemetry: telemetry ?? ExportTelemetry())
        span = export.spans.start(
            program, parent: caller, attributes: [Attribute("process.executable.name", .text(program))])
        guard span.isRecording else {
            Task { _ = await export.finish(within: .zero) }
            return nil
        }
        pipeline = TracePipeline(export, root: span.context) { [dropped] _, count in
            dropped.count.wrappingAdd(count, ordering: .relaxed)
            telemetry?.countDropped(.queueFull, count)
        }
    }

    /// Takes the events that become spans.
    var sink: any EventSink { pipeline.sink }

    /// Takes a session over the air that is over.
    func receive(_ timeline: OTATimeline) { pipeline.receive(timeline) }

    /// Shows in a collector's histograms which traces their numbers came from.
    func show(in collector: Collector) { pipeline.showTraces(in: collector) }

    /// The trace of an open session, in hex; nil where none is kept.
    func traceID(client: UInt64, session: UInt64) -> String? { pipeline.traceID(client: client, session: session) }

    /// Notes which file has the events around a fault.
    func note(_ flight: FlightRecorder.Flight) { pipeline.note(flight) }

    /// The environment of the program, in which its own spans find the run's.
    func environment(_ own: EnvironmentVariables) -> EnvironmentVariables {
        var variables = own
        variables["TRACEPARENT"] = Array(span.context.traceparent.utf8)
        let state = span.context.state.text
        variables["TRACESTATE"] = state.isEmpty ? nil : Array(state.utf8)
        return variables
    }

    /// A sink that tells another probe that this one exports the spans.
    func marking(_ sink: any EventSink) -> any EventSink { TracedMark(sink) }

    /// Ends the run's span, sends what waits, and says what did not get there; bounded in time.
    func finish(_ ending: RunOutcome.Ending) async {
        let end = await pipeline.finish {
            span.update { $0.set(ending) }
            span.end()
        }
        if end.lost > 0 {
            Terminal.say("\(end.lost) spans did not reach \(destination): \(end.reason)")
        }
        let events = dropped.count.load(ordering: .relaxed)
        if events > 0 { Terminal.say("\(events) events are not in the trace: its queue was full") }
    }
}

extension SpanData {
    /// How a program ended; one that fails is an error.
    fileprivate mutating func set(_ ending: RunOutcome.Ending) {
        switch ending {
        case .exited(let code):
            set("process.exit.code", .integer(Int64(code)))
            guard code != 0 else { return }
            set("error.type", .text(String(code)))
        case .signalled(let number):
            set("cardlink.signal", .integer(Int64(number)))
            set("error.type", .text("signal"))
        }
        status = .error("")
    }
}

/// Marks what becomes spans here as traced before it hands it on.
private final class TracedMark: EventSink {
    private let sink: any EventSink

    init(_ sink: any EventSink) { self.sink = sink }

    func receive(_ event: ProbeEvent) {
        sink.receive(Self.marked(event))
    }

    private static func marked(_ event: ProbeEvent) -> ProbeEvent {
        switch event {
        case .clientAttached(var attached):
            attached.isTraced = true
            return .clientAttached(attached)
        case .test(.suiteBegan(var began)):
            began.isTraced = true
            return .test(.suiteBegan(began))
        case .test(.began(var began)):
            began.isTraced = true
            return .test(.began(began))
        case .test(.ended(var ended)):
            ended.isTraced = true
            return .test(.ended(ended))
        case .database(.operation(var done)):
            done.isTraced = true
            return .database(.operation(done))
        default: return event
        }
    }
}
