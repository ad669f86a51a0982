internal import ProbeEvents
internal import Synchronization

/// A thread that waits inside pcscd and can be told to end, by any other.
final class InterruptibleWait: Sendable {
    /// Raised when it should end; the thread looks before each call that blocks.
    let stopping = OneTimeSignal()
    /// Raised when it has ended.
    let ended = OneTimeSignal()
    private let isStarted = Atomic(false)
    private let context = Mutex<PCSCContext?>(nil)

    /// Starts the thread.
    func start(_ body: @escaping @Sendable () -> Void) throws(CardReaderError) {
        isStarted.store(true, ordering: .sequentiallyConsistent)
        do throws(CardReaderError) {
            try MonitorThread.start { [ended] in
                body()
                ended.raise()
            }
        } catch {
            ended.raise()
            throw error
        }
    }

    /// Where the thread waits, while it does.
    func enter(_ context: PCSCContext?) { self.context.withLock { $0 = context } }

    /// Lets the thread end; returns at once.
    ///
    /// A cancel can come before the wait that it should end, and blocks itself when pcscd hangs: it is repeated, on a
    /// thread that nobody waits for. A thread that is started later sees that it should end.
    func interrupt() {
        stopping.raise()
        guard isStarted.load(ordering: .sequentiallyConsistent) else { return }
        try? MonitorThread.start { [self] in
            repeat {
                context.withLock { $0 }?.cancel()
            } while !ended.wait(atMost: .milliseconds(50))
        }
    }
}
