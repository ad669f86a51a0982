internal import Synchronization

/// Items that wait to be exported: so many at most, then the oldest goes and is counted.
package final class ExportQueue<Item: Sendable>: Sendable {
    private struct State {
        var items: RingQueue<Item>
        var isClosed = false
        var wake: (@Sendable () -> Void)?
    }

    private let state: Mutex<State>
    private let batchSize: Int
    private let countDropped: @Sendable (Int) -> Void

    /// A queue for `capacity` items, at least 1.
    ///
    /// - Parameters:
    ///   - batchSize: with so many it wakes whoever exports.
    ///   - onDrop: counts what was dropped; called on the thread that put an item in, outside of the queue's lock.
    package init(capacity: Int = 2_048, batchSize: Int = 512, onDrop: @escaping @Sendable (Int) -> Void) {
        state = Mutex(State(items: RingQueue(capacity: capacity)))
        // A queue that never has a whole batch would wake nobody.
        self.batchSize = min(max(1, batchSize), max(1, capacity))
        countDropped = onDrop
    }

    /// How many wait.
    package var count: Int { state.withLock { $0.items.count } }

    /// Calls this each time when a whole batch has come together.
    package func whenFull(_ wake: @escaping @Sendable () -> Void) { state.withLock { $0.wake = wake } }

    /// Puts one in; never waits.
    package func append(_ item: Item) {
        let (isDropped, wake) = state.withLock { state -> (Bool, (@Sendable () -> Void)?) in
            guard !state.isClosed else { return (true, nil) }
            let before = state.items.count
            let oldest = state.items.append(item)
            return (oldest != nil, before + 1 == batchSize ? state.wake : nil)
        }
        if isDropped { countDropped(1) }
        wake?()
    }

    /// Takes the oldest, at most so many.
    package func take(_ limit: Int) -> [Item] {
        state.withLock { state in
            var batch: [Item] = []
            batch.reserveCapacity(min(limit, state.items.count))
            while batch.count < limit, let item = state.items.popFirst() { batch.append(item) }
            return batch
        }
    }

    /// Takes no more from now on; what comes is dropped and counted.
    package func close() { state.withLock { $0.isClosed = true } }
}
