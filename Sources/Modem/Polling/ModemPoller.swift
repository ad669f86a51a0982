public import ProbeEvents
internal import Synchronization

/// Watches a modem on a port of its own: who it is, its card, registration, signal, at intervals.
public final class ModemPoller: EventSource {
    /// Hashes an identity under the site's key.
    public typealias IdentityHasher = @Sendable (IdentityKind, [UInt8]) -> String

    private let settings: ATPortSettings
    private let hasher: IdentityHasher?
    private let capture: (any WireSink)?
    private let state: Mutex<State>

    private struct State {
        var plan: PollPlan
        var toolkit: ToolkitTrail
        var port: ATPort?
        var task: Task<Void, Never>?
        var sink: (any EventSink)?
        var wake: CheckedContinuation<Void, Never>?
        var isWoken = false
        var refusal: ModemError?
        /// A question waits for its answer.
        var isAsking = false
    }

    /// A watch over a modem, which begins with `start`.
    ///
    /// - Parameters:
    ///   - settings: which port, and how it is spoken to.
    ///   - intervals: how often what is asked.
    ///   - hasher: without one no identity is told, not even hashed.
    public convenience init(
        _ settings: ATPortSettings, intervals: PollIntervals = PollIntervals(), hasher: IdentityHasher? = nil
    ) {
        self.init(settings, intervals: intervals, capture: nil, hasher: hasher)
    }

    /// The same; a capture hears what passes on the port, too.
    package init(
        _ settings: ATPortSettings, intervals: PollIntervals, capture: (any WireSink)?, hasher: IdentityHasher?
    ) {
        self.settings = settings
        (self.hasher, self.capture) = (hasher, capture)
        let toolkit = ToolkitTrail(modem: settings.modem, source: .modem)
        state = Mutex(State(plan: PollPlan(intervals), toolkit: toolkit))
    }

    /// The modem's name.
    public var modem: String { settings.modem }

    /// The port that it is watched on.
    public var path: String { settings.path }

    /// What is known of the modem now.
    public var reading: ModemReading { state.withLock { $0.plan.reading } }

    /// Why its port cannot be had; nil when it can, or when it was not tried yet.
    public var refusal: ModemError? { state.withLock { $0.refusal } }

    /// Waits until all was asked once; false when the modem did not answer, or not all, in time.
    public func firstRound(within limit: Duration) async -> Bool {
        let end = EventClock.now.monotonicNanoseconds.addingSaturating(limit.wholeNanoseconds)
        while EventClock.now.monotonicNanoseconds < end, !Task.isCancelled {
            let (isDone, isRefused) = state.withLock { state in
                (
                    state.plan.isRoundDone(now: EventClock.now.monotonicNanoseconds) && !state.isAsking,
                    state.refusal != nil
                )
            }
            if isDone || isRefused { return isDone }
            try? await Task.sleep(for: .milliseconds(20))
        }
        return false
    }

    /// Begins to watch; that there is no modem is no failure, it may come later.
    public func start(into sink: any EventSink) {
        let port = ATPort(settings, sink: sink, capture: capture) { [weak self] news in self?.take(news) }
        let isNew = state.withLock { state in
            guard state.port == nil else { return false }
            state.port = port
            state.sink = sink
            state.task = Task { [weak self] in await self?.poll(port) }
            return true
        }
        guard isNew else { return }
        sink.receive(.sourceState(SourceState(stamp: .now(source: .modem), isWorking: true, message: "")))
        port.start()
    }

    /// Ends the watch, and gives the port back soon after.
    public func stop() {
        let (port, task) = end()
        task?.cancel()
        guard let port else { return }
        Task { await port.stop() }
    }

    /// Ends the watch; the port is free when this returns.
    public func stopped() async {
        let (port, task) = end()
        task?.cancel()
        await port?.stop()
        await task?.value
    }

    private func end() -> (ATPort?, Task<Void, Never>?) {
        let (port, task, left, sink) = state.withLock { state in
            defer { (state.port, state.task) = (nil, nil) }
            return (state.port, state.task, state.toolkit.reset(.sourceGone, at: .now), state.sink)
        }
        if let sink { left.forEach(sink.receive) }
        return (port, task)
    }

    // MARK: What the port tells

    private func take(_ news: ATPortNews) {
        let clock = EventClock.now
        let (found, channels, sink) = state.withLock { state -> ([ModemNews], [ProbeEvent], (any EventSink)?) in
            var found: [ModemNews] = []
            var channels: [ProbeEvent] = []
            switch news {
            case .opened: state.refusal = nil
            case .ready: state.plan.begin(now: clock.monotonicNanoseconds)
            case .stuck: state.plan.pause()
            case .closed:
                state.plan.pause()
                channels = state.toolkit.reset(.sourceGone, at: clock)
            case .refused(let error): state.refusal = error
            case .unsolicited(let seen):
                channels = state.toolkit.note(seen, vendor: state.plan.reading.vendor, at: clock)
                found = state.plan.take(seen)
            }
            return (found, channels, state.sink)
        }
        tell(found, sink)
        if let sink { channels.forEach(sink.receive) }
        if news == .ready { wake() }
    }

    // MARK: Asking

    private func poll(_ port: ATPort) async {
        while !Task.isCancelled {
            let next = state.withLock { state in
                let question = state.plan.next(now: EventClock.now.monotonicNanoseconds)
                state.isAsking = question != nil
                return question
            }
            guard let question = next else {
                await pause()
                continue
            }
            let answer = await port.send(question.command)
            let (found, sink) = state.withLock { state in
                state.isAsking = false
                return (state.plan.take(answer, to: question), state.sink)
            }
            tell(found, sink)
        }
    }

    /// Waits until something is due, the modem came, or the task is cancelled.
    private func pause() async {
        let (due, isAnswering) = state.withLock { ($0.plan.nextDue, $0.plan.reading.isAnswering) }
        let now = EventClock.now.monotonicNanoseconds
        let timer = Task { [weak self] in
            let nanoseconds = isAnswering ? (due.map { $0 - min($0, now) } ?? .max) : .max
            // An hour at most: a clock needs no larger numbers.
            guard (try? await Task.sleep(nanoseconds: min(nanoseconds, 3_600_000_000_000))) != nil else { return }
            self?.wake()
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isWoken = state.withLock { state in
                    if state.isWoken || Task.isCancelled { return true }
                    state.wake = continuation
                    return false
                }
                if isWoken { continuation.resume() }
            }
        } onCancel: {
            wake()
        }
        state.withLock { $0.isWoken = false }
        timer.cancel()
    }

    private func wake() {
        let waiting = state.withLock { state in
            defer { state.wake = nil }
            state.isWoken = true
            return state.wake
        }
        waiting?.resume()
    }

    // MARK: Telling

    private func tell(_ news: [ModemNews], _ sink: (any EventSink)?) {
        guard let sink else { return }
        for item in news { sink.receive(event(for: item)) }
    }

    private func event(for news: ModemNews) -> ProbeEvent {
        let stamp = EventStamp.now(source: .modem)
        let modem = settings.modem
        switch news {
        case .identified: return .modemIdentified(identification(stamp))
        case .sim(let state): return .simChanged(SIMChange(stamp: stamp, modem: modem, state: state))
        case .registration(let registration):
            return .registrationChanged(
                RegistrationChange(
                    stamp: stamp, modem: modem, domain: registration.domain, state: registration.state,
                    technology: registration.technology ?? .unknown,
                    operatorName: registration.state.isRegistered ? reading.operatorChoice?.name : nil))
        case .signal(let signal):
            return .signalMeasured(
                SignalMeasured(
                    stamp: stamp, modem: modem, technology: signal.technology, rssi: signal.rssi, rsrp: signal.rsrp,
                    rscp: signal.rscp, rsrq: signal.rsrq, sinr: signal.sinr, ecio: signal.ecio))
        }
    }

    private func identification(_ stamp: EventStamp) -> ModemIdentified {
        let reading = reading
        return ModemIdentified(
            stamp: stamp, modem: settings.modem, vendor: reading.vendor, model: reading.model,
            firmware: reading.firmware, identities: hashes(of: reading))
    }

    private func hashes(of reading: ModemReading) -> [ModemIdentified.Identity] {
        guard let hasher else { return [] }
        return IdentityKind.allCases.compactMap { kind in
            reading.identities[kind].map { ModemIdentified.Identity(kind: kind, hash: hasher(kind, $0)) }
        }
    }
}
