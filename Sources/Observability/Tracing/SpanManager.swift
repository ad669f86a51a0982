package import ProbeEvents
internal import Synchronization

/// Starts spans, decides which are kept, and holds those that are open: so many at most.
///
/// When there are too many, the one that is open longest is ended with `cardlink.abandoned`, so that spans which
/// nobody ends cannot keep later ones out.
package final class SpanManager: Sendable {
    /// Decides which traces are kept; a new one holds for traces that begin from then on.
    package var sampler: Sampler {
        get { samplers.withLock { $0 } }
        set { samplers.withLock { $0 = newValue } }
    }

    /// How much a span holds.
    package let limits: SpanLimits
    /// Where ended spans wait.
    package let queue: ExportQueue<SpanData>

    private struct Open {
        var spans: [Span?]
        var free: [Int]
    }

    private let samplers: Mutex<Sampler>
    private let identifiers = TraceIdentifiers()
    private let open: Mutex<Open>

    /// A manager that tells ended spans to a queue.
    package init(
        sampler: Sampler, limits: SpanLimits = SpanLimits(), openLimit: Int = 4_096, queue: ExportQueue<SpanData>
    ) {
        samplers = Mutex(sampler)
        self.limits = limits
        self.queue = queue
        let limit = max(1, openLimit)
        open = Mutex(Open(spans: Array(repeating: nil, count: limit), free: Array((0..<limit).reversed())))
    }

    /// The numbers of a new span: of its parent's trace, or of a new one that the sampler decides on.
    package func context(under parent: SpanContext?) -> SpanContext {
        let traceID = parent?.traceID ?? identifiers.traceID()
        return context(traceID, under: parent, isKept: sampler.keeps(traceID, parent: parent))
    }

    /// The numbers of a new span of a new trace that is kept: one that the sampler, and every other program's of its
    /// kind, would keep.
    func keptContext() -> SpanContext { context(sampler.kept(identifiers.traceID()), under: nil, isKept: true) }

    /// Whether the next new trace is kept.
    func keepsNext() -> Bool { sampler.keeps(identifiers.traceID(), parent: nil) }

    private func context(_ traceID: TraceID, under parent: SpanContext?, isKept: Bool) -> SpanContext {
        var flags: TraceFlags = parent?.flags ?? .random
        if isKept { flags.insert(.sampled) } else { flags.remove(.sampled) }
        return SpanContext(
            traceID: traceID, spanID: identifiers.spanID(), flags: flags, state: parent?.state ?? TraceState())
    }

    /// Starts a span, under the one that is current when no parent is named; one that is not kept costs little.
    package func start(
        _ name: String, kind: SpanKind = .internal, parent: SpanContext? = SpanManager.current,
        attributes: [Attribute] = []
    ) -> Span {
        start(name, kind: kind, parent: parent, attributes: attributes, at: EventClock.now)
    }

    /// Starts a span that began at that moment.
    package func start(
        _ name: String, kind: SpanKind = .internal, parent: SpanContext?, attributes: [Attribute] = [],
        at started: EventClock
    ) -> Span {
        let context = context(under: parent)
        var data = SpanData(
            name, kind: kind, context: context, parent: parent, startNanoseconds: started.wallNanoseconds,
            limits: limits)
        guard context.isSampled else { return Span(data, started: started, place: nil, manager: nil) }
        data.set(attributes)
        var oldest: Span?
        let span = open.withLock { open -> Span in
            let place: Int
            if let free = open.free.popLast() {
                place = free
            } else {
                place = Self.longestOpen(open.spans)
                oldest = open.spans[place]
            }
            let span = Span(data, started: started, place: place, manager: self)
            open.spans[place] = span
            return span
        }
        abandon(oldest)
        return span
    }

    /// Tells a span whose begin and end are known, if it is kept.
    package func tell(_ span: SpanData) {
        if span.context.isSampled { queue.append(span) }
    }

    /// How many are open.
    package var openCount: Int { open.withLock { $0.spans.count - $0.free.count } }

    /// Ends all that are open; for the end of a program.
    package func endAll() {
        let left = open.withLock { $0.spans.compactMap(\.self) }
        left.forEach(abandon)
    }

    func end(_ span: Span, _ data: SpanData) {
        open.withLock { open in
            // It may have had to make room for another one.
            guard let place = span.place, open.spans[place] === span else { return }
            open.spans[place] = nil
            open.free.append(place)
        }
        queue.append(data)
    }

    private func abandon(_ span: Span?) {
        span?.set("cardlink.abandoned", true)
        span?.end()
    }

    private static func longestOpen(_ spans: [Span?]) -> Int {
        let started = spans.map { $0?.startedNanoseconds ?? .max }
        return started.indices.min { started[$0] < started[$1] } ?? 0
    }
}

extension SpanManager {
    /// The span in which this task's work happens.
    @TaskLocal package static var current: SpanContext?

    /// Does work in a span of its own: an error that leaves it is noted.
    package func withSpan<Result, Failure: Error>(
        _ name: String, kind: SpanKind = .internal, attributes: [Attribute] = [],
        _ work: (Span) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let span = start(name, kind: kind, attributes: attributes)
        defer { span.end() }
        let outcome = Self.$current.withValue(span.context) { () -> Swift.Result<Result, Failure> in
            do throws(Failure) { return .success(try work(span)) } catch { return .failure(error) }
        }
        if case .failure(let error) = outcome { span.record(error) }
        return try outcome.get()
    }

    /// The same for work that waits.
    package func withSpan<Result, Failure: Error>(
        _ name: String, kind: SpanKind = .internal, attributes: [Attribute] = [],
        isolation: isolated (any Actor)? = #isolation, _ work: (Span) async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        let span = start(name, kind: kind, attributes: attributes)
        defer { span.end() }
        let outcome = await Self.$current.withValue(span.context) { () async -> Swift.Result<Result, Failure> in
            do throws(Failure) { return .success(try await work(span)) } catch { return .failure(error) }
        }
        if case .failure(let error) = outcome { span.record(error) }
        return try outcome.get()
    }
}
