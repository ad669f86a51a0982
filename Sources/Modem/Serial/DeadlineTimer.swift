internal import NIOCore

/// Wakes somebody on its event loop at a deadline that moves.
final class DeadlineTimer {
    private let loop: any EventLoop
    private var scheduled: Scheduled<Void>?
    private var deadline: UInt64?

    init(_ loop: any EventLoop) { self.loop = loop }

    /// Wakes at this deadline, on CLOCK_MONOTONIC, and at none that was set before; nil is none.
    func set(_ deadline: UInt64?, _ wake: @escaping () -> Void) {
        guard deadline != self.deadline else { return }
        cancel()
        guard let deadline else { return }
        self.deadline = deadline
        scheduled = loop.assumeIsolated().scheduleTask(deadline: .uptimeNanoseconds(deadline)) {
            self.deadline = nil
            wake()
        }
    }

    func cancel() {
        scheduled?.cancel()
        (scheduled, deadline) = (nil, nil)
    }
}
