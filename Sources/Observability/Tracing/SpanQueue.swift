internal import Synchronization

/// Ended spans that wait to be exported: so many at most, then the oldest goes and is counted.
package final class SpanQueue: Sendable {
    private struct State {
        var spans: RingQueue<SpanData>
        var isClosed = false
    }

    private let state: Mutex<State>
    private let batchSize: Int
    private let countDropped: @Sendable (Int) -> Void
    private let wake: Mutex<(@Sendable () -> Void)?> = Mutex(nil)

    /// A queue for `capacity` spans, at least 1.
    ///
    /// - Parameters:
    ///   - batchSize: with so many it wakes whoever exports.
    ///   - onDrop: counts what was dropped; called on the thread that ended a span, outside of the queue's lock.
    package init(capacity: Int = 2_048, batchSize: Int = 512, onDrop: @escaping @Sendable (Int) -> Void) {
        state = Mutex(State(spans: RingQueue(capacity: capacity)))
        // A queue that never has a whole batch would wake nobody.
        self.batchSize = min(max(1, batchSize), max(1, capacity))
        countDropped = onDrop
    }

    /// How many wait.
    package var count: Int { state.withLock { $0.spans.count } }

    /// Calls this each time when a whole batch has come together.
    package func whenFull(_ wake: @escaping @Sendable () -> Void) { self.wake.withLock { $0 = wake } }

    /// Puts one in; never waits.
    package func append(_ span: SpanData) {
        let (isDropped, isFull) = state.withLock { state -> (Bool, Bool) in
            guard !state.isClosed else { return (true, false) }
            let before = state.spans.count
            let oldest = state.spans.append(span)
            return (oldest != nil, before + 1 == batchSize)
        }
        if isDropped { countDropped(1) }
        if isFull { wake.withLock { $0 }?() }
    }

    /// Takes the oldest, at most so many.
    package func take(_ limit: Int) -> [SpanData] {
        state.withLock { state in
            var batch: [SpanData] = []
            batch.reserveCapacity(min(limit, state.spans.count))
            while batch.count < limit, let span = state.spans.popFirst() { batch.append(span) }
            return batch
        }
    }

    /// Takes no more from now on; what comes is dropped and counted.
    package func close() { state.withLock { $0.isClosed = true } }
}
