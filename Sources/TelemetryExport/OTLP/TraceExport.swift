package import Observability
package import ProbeEvents
internal import Synchronization

/// Sends spans to an OTLP endpoint over HTTP, in batches, as long as it takes.
///
/// Recording never waits for it. While the endpoint is away spans wait in a queue; when that is full the oldest goes and
/// is counted. A batch that is under way is tried until it is taken or refused.
package final class TraceExport: Sendable {
    /// What is told of the export's own state.
    package struct Telemetry: Sendable {
        /// Attempts that failed, and spans that were dropped or rejected, by reason.
        package var count: @Sendable (ExportFailureReason, UInt64) -> Void
        /// How many spans wait.
        package var queueLength: @Sendable (Int) -> Void
        /// A line when it begins to fail, and when it works again.
        package var say: @Sendable (String) -> Void

        /// Telemetry for who counts and says.
        package init(
            count: @escaping @Sendable (ExportFailureReason, UInt64) -> Void = { _, _ in },
            queueLength: @escaping @Sendable (Int) -> Void = { _ in },
            say: @escaping @Sendable (String) -> Void = { _ in }
        ) {
            (self.count, self.queueLength, self.say) = (count, queueLength, say)
        }
    }

    /// Starts the spans.
    package let spans: SpanManager

    private struct State {
        var deadline: ContinuousClock.Instant?
        var lost: UInt64 = 0
        var trouble: String?
        var loop: Task<Void, Never>?
    }

    private let settings: TraceSettings
    private let telemetry: Telemetry
    private let resource: [Attribute]
    private let client: OTLPClient
    private let alarm = Alarm()
    private let state: Mutex<State>
    private let firstPause: Duration

    /// Begins to export what ends from now on.
    ///
    /// - Parameter firstPause: the back-off after a first failure.
    package init(_ settings: TraceSettings, telemetry: Telemetry = Telemetry(), firstPause: Duration = .seconds(1)) {
        self.settings = settings
        self.telemetry = telemetry
        self.firstPause = firstPause
        resource = ProbeResource.attributes(settings.resource)
        client = OTLPClient(settings)
        state = Mutex(State())
        let dropped = Atomic64()
        let queue = SpanQueue(capacity: settings.queueSize, batchSize: settings.batchSize) { count in
            dropped.add(UInt64(count))
            telemetry.count(.queueFull, UInt64(count))
        }
        self.dropped = dropped
        spans = SpanManager(sampler: settings.sampler, limits: settings.limits, queue: queue)
        queue.whenFull { [alarm] in alarm.ring() }
        let loop = Task { await run() }
        state.withLock { $0.loop = loop }
    }

    private let dropped: Atomic64

    /// Ends all spans, sends what waits, and ends when all is sent or the time is over.
    ///
    /// Returns how many spans were lost since the begin, and why the last ones were.
    package func finish(within limit: Duration) async -> (lost: UInt64, reason: String) {
        spans.endAll()
        spans.queue.close()
        let loop = state.withLock { state -> Task<Void, Never>? in
            state.deadline = .now + limit
            return state.loop
        }
        alarm.ring()
        let end = Task {
            try await Task.sleep(for: limit)
            loop?.cancel()
        }
        await loop?.value
        end.cancel()
        await client.close()
        let left = UInt64(spans.queue.take(.max).count)
        return state.withLock { ($0.lost &+ dropped.value &+ left, $0.trouble ?? "") }
    }

    private var remaining: Duration? { state.withLock { $0.deadline }.map { $0 - .now } }

    private func run() async {
        while true {
            if remaining == nil, spans.queue.count < settings.batchSize { await alarm.wait(for: settings.delay) }
            while true {
                telemetry.queueLength(spans.queue.count)
                let batch = spans.queue.take(settings.batchSize)
                if batch.isEmpty { break }
                await deliver(batch)
            }
            if remaining != nil { return }
        }
    }

    /// Sends one batch until it is taken, refused, or the time to end is over.
    private func deliver(_ batch: [SpanData]) async {
        let request = TraceRequest(batch, resource: resource, version: ProbeVersion.current)
        guard let body = try? request.bytes() else { return lose(batch.count, .other, "cannot be written") }
        var backoff = Backoff(first: firstPause)
        while true {
            let timeout = min(settings.timeout, remaining ?? settings.timeout)
            guard timeout > .zero, let answer = await client.post(body, timeout: timeout) else {
                return lose(batch.count, .timeout, "no time left")
            }
            switch answer {
            case .taken(let rejected, let message): return note(rejected, message)
            case .refused(let reason): return lose(batch.count, .rejected, reason)
            case .later(let reason, let text, let asked):
                telemetry.count(reason, 1)
                note(trouble: text)
                guard await pause(backoff.pause(asked: asked), isAsked: asked != nil) else {
                    return lose(batch.count, reason, text)
                }
            }
        }
    }

    /// Waits; false when the program ends before the next attempt is due. Our own pause is cut short at the end, once.
    private func pause(_ pause: Duration, isAsked: Bool) async -> Bool {
        let due = ContinuousClock.now + pause
        let wasEnding = remaining != nil
        while ContinuousClock.now < due {
            if let remaining {
                if !isAsked, !wasEnding { return true }
                guard due - .now < remaining else { return false }
            }
            await alarm.wait(for: due - .now)
            if Task.isCancelled { return false }
            telemetry.queueLength(spans.queue.count)
        }
        return true
    }

    private func lose(_ count: Int, _ reason: ExportFailureReason, _ text: String) {
        telemetry.count(reason, UInt64(count))
        state.withLock { $0.lost &+= UInt64(count) }
        note(trouble: text)
    }

    private func note(_ rejected: UInt64, _ message: String) {
        guard rejected > 0 || !message.isEmpty else { return note(trouble: nil) }
        telemetry.count(.rejected, rejected)
        state.withLock { $0.lost &+= rejected }
        note(trouble: "\(rejected) spans rejected: \(message.prefix(200))")
    }

    /// Says it when it has changed whether all is well.
    private func note(trouble: String?) {
        let before = state.withLock { state in
            defer { state.trouble = trouble }
            return state.trouble
        }
        if let trouble, before == nil {
            telemetry.say("traces do not reach \(settings.shownEndpoint): \(trouble.singleLine); trying on")
        } else if trouble == nil, before != nil {
            telemetry.say("traces reach \(settings.shownEndpoint) again")
        }
    }
}

/// A count that several threads add to.
private final class Atomic64: Sendable {
    private let count = Atomic<UInt64>(0)
    func add(_ amount: UInt64) { count.wrappingAdd(amount, ordering: .relaxed) }
    var value: UInt64 { count.load(ordering: .relaxed) }
}

extension String {
    /// What a server says is shown in one line, without what moves a terminal's cursor.
    fileprivate var singleLine: String {
        String(unicodeScalars.map { $0.properties.generalCategory == .control ? " " : Character($0) })
    }
}
