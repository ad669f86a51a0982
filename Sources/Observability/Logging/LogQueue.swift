internal import Dispatch
internal import ProbeEvents
internal import Synchronization

/// Why a line was lost.
package enum LogLoss: Sendable, Hashable, CaseIterable {
    /// Lines came faster than they could be written.
    case queueFull
    /// The output could not be written.
    case write
    /// The program ended before it was written.
    case end
}

/// Records that wait for their writer: so many at most, and so many bytes; then the oldest go and are counted.
final class LogQueue: Sendable {
    /// What the writer is to do next.
    enum Work {
        /// To write these, and before them how many were lost in their place.
        case write([LogRecord], lost: [LogLoss: Int])
        /// To wait until it is woken.
        case wait
        /// To end.
        case end
    }

    private struct State {
        var records: RingQueue<LogRecord>
        var bytes = 0
        /// Lost, and not yet told in the log.
        var untold: [LogLoss: Int] = [:]
        var lost: [LogLoss: Int] = [:]
        /// What the writer has taken and not written yet.
        var taken = 0
        var isIdle = false
        var isFailing = false
        var isClosed = false
        var hasEnded = false
        var gaveUp = false
        var deadlineNanoseconds = UInt64.max
        var counter: (@Sendable (LogLoss, Int) -> Void)?

        mutating func lose(_ loss: LogLoss, _ count: Int) {
            untold[loss, default: 0] += count
            lost[loss, default: 0] += count
        }

        mutating func popFirst() -> LogRecord? {
            guard let record = records.popFirst() else { return nil }
            bytes -= record.weight
            return record
        }
    }

    private let state: Mutex<State>
    private let byteLimit: Int
    private let wake = DispatchSemaphore(value: 0)
    private let closing = OneTimeSignal()
    private let ended = OneTimeSignal()

    init(capacity: Int, byteLimit: Int) {
        state = Mutex(State(records: RingQueue(capacity: capacity)))
        self.byteLimit = byteLimit
    }

    // MARK: For whoever says something

    func append(_ record: LogRecord) {
        let weight = record.weight
        let (lost, mustWake) = state.withLock { state -> (Loss?, Bool) in
            guard !state.isClosed else {
                state.lose(.end, 1)
                return (Loss(.end, 1, state.counter), false)
            }
            var dropped = 0
            while state.bytes > byteLimit - weight, state.popFirst() != nil { dropped += 1 }
            if let oldest = state.records.append(record) {
                dropped += 1
                state.bytes -= oldest.weight
            }
            state.bytes += weight
            defer { state.isIdle = false }
            guard dropped > 0 else { return (nil, state.isIdle) }
            let loss: LogLoss = state.isFailing ? .write : .queueFull
            state.lose(loss, dropped)
            return (Loss(loss, dropped, state.counter), state.isIdle)
        }
        lost?.tell()
        if mustWake { wake.signal() }
    }

    var count: Int { state.withLock { $0.records.count + $0.taken } }

    func countLosses(_ counter: @escaping @Sendable (LogLoss, Int) -> Void) {
        let before = state.withLock { state in
            state.counter = counter
            return state.lost
        }
        for (loss, count) in before { counter(loss, count) }
    }

    /// Takes no more, and waits for the writer's end; whether nothing was left over.
    func finish(within limit: Duration) -> Bool {
        let isFirst = state.withLock { state in
            defer { state.isClosed = true }
            if !state.isClosed {
                state.deadlineNanoseconds =
                    EventClock.monotonicNow &+ UInt64(limit.wholeNanoseconds)
            }
            return !state.isClosed
        }
        guard isFirst else { return state.withLock { $0.hasEnded && !$0.gaveUp } }
        closing.raise()
        wake.signal()
        // A little more than the writer has, which knows best what is left.
        let isLate = !ended.wait(atMost: limit + .milliseconds(100))
        let (isWhole, loss) = state.withLock { state -> (Bool, Loss?) in
            guard isLate, !state.hasEnded else { return (!state.gaveUp, nil) }
            return (false, Self.giveUp(&state))
        }
        loss?.tell()
        return isWhole
    }

    // MARK: For the writer

    func next(_ limit: Int) -> Work {
        state.withLock { state in
            state.taken = 0
            guard state.records.count > 0 else {
                guard !state.isClosed else {
                    state.hasEnded = true
                    return .end
                }
                state.isIdle = true
                return .wait
            }
            var batch: [LogRecord] = []
            while batch.count < limit, let record = state.popFirst() { batch.append(record) }
            state.taken = batch.count
            defer { state.untold = [:] }
            return .write(batch, lost: state.untold)
        }
    }

    /// Waits until there is work.
    func waitForWork() { wake.wait() }

    /// Waits a while, or until ``finish(within:)``.
    func pause(_ duration: Duration) { closing.wait(atMost: duration) }

    /// Notes whether the output can be written.
    func setFailing(_ isFailing: Bool) { state.withLock { $0.isFailing = isFailing } }

    /// Notes how many of the taken lines have not been written yet.
    func setTaken(_ count: Int) { state.withLock { $0.taken = count } }

    /// How much was lost because it is time to end rather than to try once more; nil when it is not.
    ///
    /// `isSlow`: the output only needs time.
    func giveUp(isSlow: Bool) -> Int? {
        let loss = state.withLock { state -> Loss? in
            let isOver = EventClock.monotonicNow >= state.deadlineNanoseconds
            guard state.isClosed, !isSlow || isOver else { return nil }
            return Self.giveUp(&state)
        }
        loss?.tell()
        return loss?.count
    }

    func tellEnd() { ended.raise() }

    private static func giveUp(_ state: inout State) -> Loss {
        let left = state.records.removeAll().count + state.taken
        state.hasEnded = true
        state.gaveUp = true
        state.lose(.end, left)
        return Loss(.end, left, state.counter)
    }

    /// A loss that is told outside of the lock.
    private struct Loss {
        let loss: LogLoss
        let count: Int
        let counter: (@Sendable (LogLoss, Int) -> Void)?

        init(_ loss: LogLoss, _ count: Int, _ counter: (@Sendable (LogLoss, Int) -> Void)?) {
            (self.loss, self.count, self.counter) = (loss, count, counter)
        }

        func tell() { if count > 0 { counter?(loss, count) } }
    }
}

extension LogRecord {
    /// About how many bytes it holds.
    fileprivate var weight: Int { 256 + message.utf8.count + fields.reduce(0) { $0 + $1.weight } }
}

extension LogField {
    fileprivate var weight: Int { key.utf8.count + value.weight }
}

extension LogValue {
    fileprivate var weight: Int {
        switch self {
        case .text(let text): 64 + text.utf8.count
        case .flag, .integer, .number: 64
        case .list(let values): values.reduce(64) { $0 + $1.weight }
        case .map(let fields): fields.reduce(64) { $0 + $1.weight }
        }
    }
}
