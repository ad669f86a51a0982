internal import ProbeEvents
internal import Synchronization

/// What the monitor's thread does: connect to pcscd, ask, tell, and begin again when pcscd is lost.
final class MonitorWorker: Sendable {
    private let timing: ReaderMonitor.Timing
    private let sink: any EventSink
    private let stopping: OneTimeSignal
    private let ended: OneTimeSignal
    private let context = Mutex<PCSCContext?>(nil)
    private let known: Mutex<ReaderMonitorSnapshot>

    init(timing: ReaderMonitor.Timing, sink: any EventSink) {
        self.timing = timing
        self.sink = sink
        stopping = OneTimeSignal()
        ended = OneTimeSignal()
        known = Mutex(
            ReaderMonitorSnapshot(
                isWorking: false, message: "pcscd was not asked yet", readers: [], lastAnswerNanoseconds: 0))
    }

    var snapshot: ReaderMonitorSnapshot { known.withLock { $0 } }

    /// Lets the thread end and waits for it; a thread that pcscd holds is left behind and tells nothing more.
    func end(within wait: Duration) {
        stopping.raise()
        // A cancel can come before the wait it should end, and blocks itself when pcscd hangs: it is repeated, on a
        // thread that nobody waits for.
        let canceller = self
        try? MonitorThread.start {
            repeat {
                canceller.context.withLock { $0 }?.cancel()
            } while !canceller.ended.wait(atMost: .milliseconds(50))
        }
        _ = ended.wait(atMost: wait)
    }

    /// The thread's whole life.
    func run() {
        defer { ended.raise() }
        var retry = timing.firstRetry
        var refusal: UInt32?
        while !stopping.isRaised {
            do {
                let context = try PCSCContext()
                self.context.withLock { $0 = context }
                try watch(context) { retry = timing.firstRetry }
            } catch {
                fail(error, after: refusal)
                refusal = if case .failed(.establishContext, let code) = error { code } else { nil }
            }
            self.context.withLock { $0 = nil }
            if stopping.wait(atMost: retry) { return }
            retry = min(retry * 2, timing.longestRetry)
        }
    }

    private func watch(_ context: PCSCContext, _ whenWorking: () -> Void) throws(CardReaderError) {
        var tracker = ReaderTracker()
        defer { tell(tracker.loseService()) }
        while !stopping.isRaised {
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
            if stopping.wait(atMost: timing.pause) { return }
        }
    }

    private func tell(_ news: [ReaderTracker.News]) {
        for item in news where !stopping.isRaised {
            sink.receive(
                .readerChanged(
                    ReaderChange(
                        stamp: .now(source: .readerMonitor), reader: item.reader, change: item.change,
                        atr: HexBytes(item.atr))))
        }
    }

    private func remember(_ tracker: ReaderTracker) {
        let answered = EventClock.now.monotonicNanoseconds
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
        guard !stopping.isRaised else { return }
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
        guard !stopping.isRaised else { return }
        sink.receive(
            .sourceState(
                SourceState(stamp: .now(source: .readerMonitor), isWorking: isWorking, message: message)))
    }
}
