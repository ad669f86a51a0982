internal import Dispatch
package import ProbeEvents
internal import Synchronization

/// A bounded queue in front of a sink that needs time: whoever tells an event never waits for the sink.
///
/// When the queue is full its oldest event is dropped and told to the counter. Events reach the sink one at a time and
/// in order, on a serial dispatch queue of its own, which has a thread only while there is something to do.
package final class QueuedSink: EventSink {
    /// Counts dropped events: the kind of source whose events were lost, and how many.
    ///
    /// It is called on the thread that told the newer event, before the sink hears any event that is newer than the
    /// dropped one, under the queue's lock: it must not tell events itself.
    package typealias DropCounter = @Sendable (_ source: SourceKind, _ count: UInt64) -> Void

    private let sink: any EventSink
    private let countDropped: DropCounter
    private let worker: DispatchQueue
    private let state: Mutex<State>

    private struct State {
        var events: RingQueue<ProbeEvent>
        var isDraining = false
        var isFinished = false
        var whenIdle: [DispatchSemaphore] = []
    }

    /// A queue for at most `capacity` events (at least 1) in front of a sink.
    package init(_ sink: any EventSink, name: String, capacity: Int, onDrop: @escaping DropCounter) {
        self.sink = sink
        countDropped = onDrop
        worker = DispatchQueue(label: "cardlink.sink.\(name)")
        state = Mutex(State(events: RingQueue(capacity: capacity)))
    }

    /// How many events wait.
    package var length: Int { state.withLock { $0.events.count } }

    /// Puts one event into the queue; after ``finish(within:)`` it is dropped and counted.
    package func receive(_ event: ProbeEvent) {
        var mustWake = false
        state.withLock { state in
            guard !state.isFinished else { return countDropped(event.stamp.source, 1) }
            if let oldest = state.events.append(event) { countDropped(oldest.stamp.source, 1) }
            mustWake = !state.isDraining
            state.isDraining = true
        }
        if mustWake { worker.async { self.drain() } }
    }

    /// Takes no more events and waits until the sink has those that are queued, or until the time is over.
    ///
    /// Returns whether the sink has them all; what it has not taken by then is dropped and counted.
    @discardableResult
    package func finish(within limit: Duration) -> Bool {
        let idle = DispatchSemaphore(value: 0)
        let isBusy = state.withLock { state in
            state.isFinished = true
            if state.isDraining { state.whenIdle.append(idle) }
            return state.isDraining
        }
        guard isBusy, idle.wait(timeout: .now() + .nanoseconds(limit.wholeNanoseconds)) == .timedOut else {
            return true
        }
        let left = state.withLock { $0.events.removeAll() }
        for event in left { countDropped(event.stamp.source, 1) }
        // The sink may have become idle since: then nothing was lost.
        return state.withLock { !$0.isDraining } && left.isEmpty
    }

    private func drain() {
        while let event = next() { sink.receive(event) }
    }

    private func next() -> ProbeEvent? {
        let (event, waiting) = state.withLock { state -> (ProbeEvent?, [DispatchSemaphore]) in
            if let event = state.events.popFirst() { return (event, []) }
            state.isDraining = false
            defer { state.whenIdle = [] }
            return (nil, state.whenIdle)
        }
        for idle in waiting { idle.signal() }
        return event
    }
}

/// A first-in first-out queue of fixed capacity whose oldest element makes room for a new one.
struct RingQueue<Element: Sendable>: Sendable {
    private var slots: [Element?]
    private var oldest = 0
    private(set) var count = 0

    init(capacity: Int) {
        slots = Array(repeating: nil, count: max(1, capacity))
    }

    /// Adds at the end; returns the oldest element when it had to go.
    mutating func append(_ element: Element) -> Element? {
        if count < slots.count {
            slots[(oldest + count) % slots.count] = element
            count += 1
            return nil
        }
        let dropped = slots[oldest]
        slots[oldest] = element
        oldest = (oldest + 1) % slots.count
        return dropped
    }

    mutating func popFirst() -> Element? {
        guard count > 0 else { return nil }
        let element = slots[oldest]
        slots[oldest] = nil
        oldest = (oldest + 1) % slots.count
        count -= 1
        return element
    }

    mutating func removeAll() -> [Element] {
        var elements: [Element] = []
        while let element = popFirst() { elements.append(element) }
        return elements
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
