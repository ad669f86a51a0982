public import ProbeEvents
internal import Synchronization

/// Tells readers and cards that come and go, and whether pcscd answers, from a thread of its own.
///
/// pcscd may be absent, die and return: its readers are told as gone when it dies, and are told anew when it is back.
public final class ReaderMonitor: EventSource {
    /// How long it waits where.
    public struct Timing: Sendable, Hashable {
        /// The longest wait for pcscd's news; after it the readers are listed again.
        ///
        /// pcscd tells of readers that come while it is being asked, not of those that came between two questions.
        public var longestWait: Duration
        /// The first pause before pcscd is tried again; it doubles each time.
        public var firstRetry: Duration
        /// The longest pause before pcscd is tried again.
        public var longestRetry: Duration
        /// The pause after each answer, so that busy programs do not make pcscd answer the monitor all the time.
        public var pause: Duration

        /// Waits of at most a second each.
        public init(
            longestWait: Duration = .seconds(1), firstRetry: Duration = .milliseconds(100),
            longestRetry: Duration = .seconds(1), pause: Duration = .milliseconds(20)
        ) {
            self.longestWait = longestWait
            self.firstRetry = firstRetry
            self.longestRetry = longestRetry
            self.pause = pause
        }
    }

    private struct State {
        var worker: MonitorWorker?
        var wasStarted = false
    }

    private let timing: Timing
    private let state = Mutex(State())

    /// A monitor that is not running yet.
    public init(timing: Timing = Timing()) {
        self.timing = timing
    }

    deinit { stop() }

    /// Begins to tell; an absent pcscd is told as a `SourceState` and waited for, not thrown.
    public func start(into sink: any EventSink) throws {
        try begin(into: sink)
    }

    /// Ends; returns within two seconds, even when pcscd hangs. Safe to call twice.
    public func stop() {
        let worker = state.withLock { $0.worker }
        worker?.end(within: timing.longestWait + .seconds(1))
    }

    /// What is known now: the present readers, and whether pcscd answers.
    public var snapshot: ReaderMonitorSnapshot {
        state.withLock { $0.worker }?.snapshot
            ?? ReaderMonitorSnapshot(
                isWorking: false, message: "the reader monitor was not started", readers: [], lastAnswerNanoseconds: 0)
    }

    private func begin(into sink: any EventSink) throws(CardReaderError) {
        let isFirst = state.withLock { state in
            defer { state.wasStarted = true }
            return !state.wasStarted
        }
        guard isFirst else { throw .alreadyStarted }
        let worker = MonitorWorker(timing: timing, sink: sink)
        state.withLock { $0.worker = worker }
        do {
            try worker.start()
        } catch {
            state.withLock { $0.worker = nil }
            throw error
        }
    }
}
