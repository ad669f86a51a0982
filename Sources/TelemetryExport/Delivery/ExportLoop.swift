internal import Glibc
internal import ProbeEvents
internal import Synchronization

/// The task behind one export: it waits, sends requests until each is taken or refused, and ends in time.
///
/// What it sends and when is its work's matter. All but ``finish(within:)`` and ``wake()`` is for that work alone.
final class ExportLoop: Sendable {
    private struct State {
        var deadline: ContinuousClock.Instant?
        var lost: UInt64 = 0
        var trouble: String?
        var task: Task<Void, Never>?
    }

    private let signal: ExportSignal
    private let settings: ExportSettings
    private let transport: any ExportTransport
    private let telemetry: ExportTelemetry
    private let firstPause: Duration
    private let alarm = Alarm()
    private let state = Mutex(State())

    /// A loop that has not begun.
    ///
    /// - Parameter firstPause: the back-off after a first failure.
    init(
        _ signal: ExportSignal, _ settings: ExportSettings, telemetry: ExportTelemetry,
        firstPause: Duration = .seconds(1)
    ) {
        (self.signal, self.settings) = (signal, settings)
        transport = settings.transport(for: signal)
        (self.telemetry, self.firstPause) = (telemetry, firstPause)
    }

    /// Begins the work, once. It returns soon after ``isEnding`` has become true, having sent what it still can.
    func start(_ work: @escaping @Sendable (ExportLoop) async -> Void) {
        let task = Task { await work(self) }
        state.withLock { $0.task = task }
    }

    /// Tells the work to end, and waits until it has or the time is over; then closes the connections.
    func finish(within limit: Duration) async {
        let task = state.withLock { state -> Task<Void, Never>? in
            state.deadline = .now + limit
            return state.task
        }
        alarm.ring()
        let end = Task {
            try await Task.sleep(for: limit)
            task?.cancel()
        }
        await task?.value
        end.cancel()
        await transport.close()
    }

    /// Whether it was told to end.
    var isEnding: Bool { remaining != nil }

    /// How many items were lost on the way, and why the last ones were.
    var losses: (count: UInt64, reason: String) { state.withLock { ($0.lost, $0.trouble ?? "") } }

    /// Waits for a time, until ``wake()``, or until it is told to end.
    func wait(for time: Duration) async {
        if !isEnding { await alarm.wait(for: time) }
    }

    /// Ends a wait.
    func wake() { alarm.ring() }

    /// Sends one request until it is taken, refused, or the time is over; counts what is lost.
    ///
    /// - Parameters:
    ///   - items: how many items are in it.
    ///   - limit: how long it is worth sending; nil for ever.
    ///   - whilePausing: called before each further attempt.
    func deliver(
        _ body: [UInt8], items: Int, within limit: Duration? = nil, whilePausing: @Sendable () -> Void = {}
    ) async {
        var backoff = Backoff(first: firstPause)
        let given = limit.map { ContinuousClock.now + $0 }
        while true {
            let left = [remaining, given.map { $0 - .now }].compactMap(\.self).reduce(settings.timeout, min)
            guard left > .zero, let answer = await transport.send(body, timeout: left) else {
                return lose(items, .timeout, "no time left")
            }
            switch answer {
            case .taken(let rejected, let message): return note(rejected, message)
            case .refused(let reason):
                telemetry.countFailure(.rejected)
                return lose(items, .rejected, reason)
            case .later(let reason, let text, let asked):
                telemetry.countFailure(reason)
                note(trouble: text)
                guard await pause(backoff.pause(asked: asked), isAsked: asked != nil, until: given, whilePausing) else {
                    return lose(items, reason, text)
                }
            }
        }
    }

    /// Counts items that cannot be sent at all.
    func lose(_ items: Int, _ reason: ExportFailureReason, _ text: String) {
        telemetry.countDropped(reason, UInt64(items))
        state.withLock { $0.lost &+= UInt64(items) }
        note(trouble: text)
    }

    private var remaining: Duration? { state.withLock { $0.deadline }.map { $0 - .now } }

    /// Waits; false when the time is over before the next attempt is due. Our own pause is cut short at the end, once.
    private func pause(
        _ pause: Duration, isAsked: Bool, until given: ContinuousClock.Instant?, _ whilePausing: @Sendable () -> Void
    ) async -> Bool {
        let due = ContinuousClock.now + pause
        let wasEnding = isEnding
        if let given, due >= given { return false }
        while ContinuousClock.now < due {
            if let remaining {
                if !isAsked, !wasEnding { return true }
                guard due - .now < remaining else { return false }
            }
            await alarm.wait(for: due - .now)
            if Task.isCancelled { return false }
            whilePausing()
        }
        return true
    }

    private func note(_ rejected: UInt64, _ message: String) {
        guard rejected > 0 || !message.isEmpty else { return note(trouble: nil) }
        if rejected > 0 { telemetry.countDropped(.rejected, rejected) }
        state.withLock { $0.lost &+= rejected }
        note(trouble: "\(rejected) \(signal.items) rejected: \(message.prefix(200))")
    }

    /// Says it when it has changed whether all is well.
    private func note(trouble: String?) {
        let before = state.withLock { state in
            defer { state.trouble = trouble }
            return state.trouble
        }
        if let trouble, before == nil {
            telemetry.say("\(signal.name) do not reach \(settings.shownEndpoint): \(trouble.singleLine); trying on")
        } else if trouble == nil, before != nil {
            telemetry.say("\(signal.name) reach \(settings.shownEndpoint) again")
        }
    }
}

extension String {
    /// What a server says is shown in one line, without what moves a terminal's cursor.
    var singleLine: String {
        String(unicodeScalars.map { $0.properties.generalCategory == .control ? " " : Character($0) })
    }
}
