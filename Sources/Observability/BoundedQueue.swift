internal import Dispatch
internal import ProbeEvents
internal import Synchronization

/// A bounded queue in front of whoever needs time: whoever adds to it never waits for that.
///
/// When it is full, by number or by weight, the oldest element goes. Elements are taken one at a time and in order, on a
/// serial dispatch queue of its own, which has a thread only while there is something to do.
package final class BoundedQueue<Element: Sendable>: Sendable {
    private let onDrop: @Sendable (Element) -> Void
    private let take: @Sendable (Element) -> Void
    private let weight: @Sendable (Element) -> Int
    private let weightLimit: Int
    private let worker: DispatchQueue
    private let gathering: DispatchTimeInterval
    private let whenDrained: @Sendable () -> Void
    private let state: Mutex<State>

    private struct State {
        var elements: RingQueue<Element>
        /// Of all elements that wait.
        var weight = 0
        var isDraining = false
        var isFinished = false
        var whenIdle: [OneTimeSignal] = []
    }

    /// A queue for at most `capacity` elements (at least 1).
    ///
    /// - Parameters:
    ///   - weightLimit: how much all elements may weigh together; one alone may weigh more.
    ///   - weight: what one weighs, such as its bytes.
    ///   - gathering: how long the first element waits for others, so that one wake-up serves them all.
    ///   - whenDrained: called on the taker's thread each time it has all that was queued.
    ///   - onDrop: is told of each element that is dropped, on the thread that added a newer one, before that is taken, and
    ///     under the queue's lock: it must not add elements itself.
    ///   - take: takes elements.
    package init(
        name: String, capacity: Int, weightLimit: Int = .max,
        weight: @escaping @Sendable (Element) -> Int = { _ in 0 }, gathering: Duration = .zero,
        whenDrained: @escaping @Sendable () -> Void = {}, onDrop: @escaping @Sendable (Element) -> Void,
        take: @escaping @Sendable (Element) -> Void
    ) {
        (self.onDrop, self.take, self.weight, self.weightLimit) = (onDrop, take, weight, weightLimit)
        self.gathering = .nanoseconds(gathering.wholeNanoseconds)
        self.whenDrained = whenDrained
        worker = DispatchQueue(label: "cardlink.sink.\(name)")
        state = Mutex(State(elements: RingQueue(capacity: capacity)))
    }

    /// How many elements wait.
    package var length: Int { state.withLock { $0.elements.count } }

    /// Adds an element; after ``finish(within:)`` it is dropped.
    package func append(_ element: Element) {
        var mustWake = false
        state.withLock { state in
            guard !state.isFinished else { return onDrop(element) }
            if let oldest = state.elements.append(element) { drop(oldest, &state) }
            state.weight += weight(element)
            while state.weight > weightLimit, state.elements.count > 1, let oldest = state.elements.popFirst() {
                drop(oldest, &state)
            }
            mustWake = !state.isDraining
            state.isDraining = true
        }
        if mustWake { wake() }
    }

    private func drop(_ element: Element, _ state: inout State) {
        state.weight -= weight(element)
        onDrop(element)
    }

    /// Returns when all that was queued before has been taken.
    package func flush() async {
        await withCheckedContinuation { continuation in
            worker.async {
                self.drain()
                continuation.resume()
            }
        }
    }

    /// Takes no more elements and waits until those that are queued were taken, or until the time is over.
    ///
    /// Returns whether all were taken; the others are dropped.
    @discardableResult
    package func finish(within limit: Duration) -> Bool {
        let idle = OneTimeSignal()
        let isBusy = state.withLock { state in
            state.isFinished = true
            if state.isDraining { state.whenIdle.append(idle) }
            return state.isDraining
        }
        guard isBusy else { return true }
        // What waits need not wait for others any more.
        worker.async { self.drain() }
        guard !idle.wait(atMost: limit) else { return true }
        let left = state.withLock { $0.elements.removeAll() }
        for element in left { onDrop(element) }
        // Whoever takes them may have become idle since: then nothing was lost.
        return state.withLock { !$0.isDraining } && left.isEmpty
    }

    private func wake() {
        guard gathering != .nanoseconds(0) else { return worker.async { self.drain() } }
        worker.asyncAfter(deadline: .now() + gathering) { self.drain() }
    }

    private func drain() {
        while let element = next() { take(element) }
        whenDrained()
    }

    private func next() -> Element? {
        let (element, waiting) = state.withLock { state -> (Element?, [OneTimeSignal]) in
            if let element = state.elements.popFirst() {
                state.weight -= weight(element)
                return (element, [])
            }
            state.isDraining = false
            defer { state.whenIdle = [] }
            return (nil, state.whenIdle)
        }
        for idle in waiting { idle.raise() }
        return element
    }
}

extension Duration {
    /// Whole nanoseconds, 0 for negative ones; longer than 292 years counts as that.
    var wholeNanoseconds: Int {
        guard self > .zero else { return 0 }
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, sumOverflow) = product.addingReportingOverflow(attoseconds / 1_000_000_000)
        return overflow || sumOverflow ? .max : Int(sum)
    }
}
