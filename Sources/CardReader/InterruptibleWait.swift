internal import Synchronization

/// A thread that waits inside pcscd and can be told to end, by any other.
final class InterruptibleWait: Sendable {
    /// Raised when it should end.
    let stopping = OneTimeSignal()
    /// To be raised by the thread as its last deed.
    let ended = OneTimeSignal()
    private let context = Mutex<PCSCContext?>(nil)

    /// Where the thread waits, while it does.
    func enter(_ context: PCSCContext?) { self.context.withLock { $0 = context } }

    /// Lets the thread end; returns at once.
    ///
    /// A cancel can come before the wait that it should end, and blocks itself when pcscd hangs: it is repeated, on a
    /// thread that nobody waits for.
    func interrupt() {
        stopping.raise()
        try? MonitorThread.start { [self] in
            repeat {
                context.withLock { $0 }?.cancel()
            } while !ended.wait(atMost: .milliseconds(50))
        }
    }
}
