internal import Synchronization

/// Lets one task wait for a time, or until somebody rings.
final class Alarm: Sendable {
    private struct State {
        var isRung = false
        var waiting: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    /// Wakes the task that waits, or else the next that would wait.
    func ring() {
        let waiting = state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.isRung = state.waiting == nil
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume()
    }

    /// Waits; a ring that came before ends it at once. For one task at a time.
    func wait(for time: Duration) async {
        let timer = Task {
            do { try await Task.sleep(for: time) } catch { return }
            ring()
        }
        await withCheckedContinuation { continuation in
            let isRung = state.withLock { state -> Bool in
                if !state.isRung { state.waiting = continuation }
                defer { state.isRung = false }
                return state.isRung
            }
            if isRung { continuation.resume() }
        }
        timer.cancel()
    }
}
