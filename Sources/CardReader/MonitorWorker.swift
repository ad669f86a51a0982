internal import ProbeEvents
internal import Synchronization

/// What the monitor's thread does: connect to pcscd, ask, tell, and begin again when pcscd is lost.
final class MonitorWorker: Sendable {
    private let timing: ReaderMonitor.Timing
    private let sink: any EventSink
    private let wait = InterruptibleWait()
    private let known: Mutex<ReaderMonitorSnapshot>

    init(timing: ReaderMonitor.Timing, sink: any EventSink) {
        self.timing = timing
        self.sink = sink
        known = Mutex(
            ReaderMonitorSnapshot(
                isWorking: false, message: "pcscd was not asked yet", readers: [], lastAnswerNanoseconds: 0))
    }

    var snapshot: ReaderMonitorSnapshot { known.withLock { $0 } }

    /// Lets the thread end and waits for it; a thread that pcscd holds is left behind and tells nothing more.
    func end(within limit: Duration) {
        wait.interrupt()
        _ = wait.ended.wait(atMost: limit)
    }

    /// Starts the thread.
    func start() throws(CardReaderError) {
        try wait.start { self.run() }
    }

    /// The thread's whole life.
    private func run() {
        var retry = timing.firstRetry
        var refusal: UInt32?
        while !wait.stopping.isRaised {
            do {
                let context = try PCSCContext()
                wait.enter(context)
                try watch(context) { retry = timing.firstRetry }
            } catch {
                fail(error, after: refusal)
                refusal = if case .failed(.establishContext, let code) = error { code } else { nil }
            }
            wait.enter(nil)
            if wait.stopping.wait(atMost: retry) { return }
            retry = min(retry * 2, timing.longestRetry)
        }
    }

    private func watch(_ context: PCSCContext, _ whenWorking: () -> Void) throws(CardReaderError) {
        var tracker = ReaderTracker()
        defer { tell(tracker.loseService()) }
        while !wait.stopping.isRaised {
            if tracker.needsListing {
                let names = try context.listReaders()
                work()
                whenWorking()
                tell(tracker.list(names))
                remember(tracker)
            }
            let queries = tracker.queries(atMost: PCSCContext.mostReaders)
            do {
                if let answers = try context.getStatusChange(queries, within: timing.longestWait) {
                    tell(tracker.observe(answers))
                } else {
                    tracker.doubtList()
                }
            } catch .failed(.getStatusChange, ResultCode.cancelled), .failed(.getStatusChange, ResultCode.unknownReader)
            {
                // A reader can go between the list and the question.
                tracker.doubtList()
            }
            remember(tracker)
            if wait.stopping.wait(atMost: timing.pause) { return }
        }
    }

    private func tell(_ news: [ReaderTracker.News]) {
        for item in news where !wait.stopping.isRaised {
            sink.receive(
                .readerChanged(
                    ReaderChange(
                        stamp: .now(source: .readerMonitor), reader: item.reader, change: item.change,
                        atr: HexBytes(item.atr))))
        }
    }

    private func remember(_ tracker: ReaderTracker) {
        let answered = EventClock.monotonicNow
        known.withLock { known in
            known.lastAnswerNanoseconds = answered
            known.readers = tracker.readers.map { reader in
                ReaderMonitorSnapshot.Reader(name: reader.name, state: reader.state.words, atr: HexBytes(reader.atr))
            }
        }
    }

    private func work() {
        let isNews = known.withLock { known in
            defer {
                known.isWorking = true
                known.message = ""
            }
            return !known.isWorking
        }
        if isNews { tellState(isWorking: true, message: "") }
    }

    /// Tells that pcscd is lost, and why it still is when the reason is another than at the attempt before.
    private func fail(_ error: CardReaderError, after refusal: UInt32?) {
        guard !wait.stopping.isRaised else { return }
        let message = error.explanation
        let isNews = known.withLock { known in
            let isFirst = known.isWorking || known.lastAnswerNanoseconds == 0 && refusal == nil
            known.isWorking = false
            known.message = message
            known.readers = []
            return isFirst
        }
        if isNews || (refusal != nil && error.code != refusal) { tellState(isWorking: false, message: message) }
    }

    private func tellState(isWorking: Bool, message: String) {
        guard !wait.stopping.isRaised else { return }
        sink.receive(
            .sourceState(
                SourceState(stamp: .now(source: .readerMonitor), isWorking: isWorking, message: message)))
    }
}
