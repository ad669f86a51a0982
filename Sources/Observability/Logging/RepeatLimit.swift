internal import Dispatch
internal import Logging
internal import ProbeEvents
internal import Synchronization

/// Holds back what is said again and again: of one thing a few a window are told, then how many more there were.
///
/// What it remembers is bounded: a place is found by the record's hash, and a new record takes the place of an old one.
final class RepeatLimit: Sendable {
    /// What becomes of a record.
    struct Verdict {
        /// Whether it is told.
        var isTold = true
        /// How often was said what had its place before, when that was held back.
        var earlier: LogRecord?
        /// Whether it is the first that is held back since somebody last waited for a window's end.
        var isFirstHeldBack = false
    }

    /// A record, less what tells two sayings of it apart.
    fileprivate struct Saying: Hashable {
        var level: Logger.Level
        var logger: String
        var message: String
        var fields: [LogField]
    }

    fileprivate struct Place {
        var saying: Saying
        /// The last one, less its span, since it stands for many.
        var last: LogRecord
        var startNanoseconds: UInt64
        var told = 1
        var heldBack: Int64 = 0
    }

    private struct State {
        var places: [Place?]
        var isWaiting = false
    }

    /// How often one thing is told in a window.
    static let burst = 5
    private static let placeCount = 256

    private let window: Duration
    private let state = Mutex(State(places: Array(repeating: nil, count: placeCount)))

    init(window: Duration) { self.window = window }

    /// Decides on one record.
    func judge(_ record: LogRecord) -> Verdict {
        let saying = Saying(
            level: record.level, logger: record.logger, message: record.message, fields: record.fields)
        let index = Int(UInt(bitPattern: saying.hashValue) % UInt(Self.placeCount))
        let now = EventClock.monotonicNow
        return state.withLock { state in
            guard var place = state.places[index], place.saying == saying,
                now &- place.startNanoseconds < UInt64(window.wholeNanoseconds)
            else {
                let earlier = state.places[index]?.summary
                state.places[index] = Place(saying: saying, last: record, startNanoseconds: now)
                return Verdict(earlier: earlier)
            }
            defer { state.places[index] = place }
            place.last = record
            guard place.told >= Self.burst else {
                place.told += 1
                return Verdict()
            }
            place.heldBack += 1
            defer { state.isWaiting = true }
            return Verdict(isTold: false, isFirstHeldBack: !state.isWaiting)
        }
    }

    /// Takes the counts of all that was held back, oldest first; each may be told anew.
    func takeHeldBack() -> [LogRecord] {
        state.withLock { state in
            state.isWaiting = false
            var summaries: [LogRecord] = []
            for index in state.places.indices {
                guard let summary = state.places[index]?.summary else { continue }
                summaries.append(summary)
                state.places[index] = nil
            }
            return summaries.sorted { $0.wallNanoseconds < $1.wallNanoseconds }
        }
    }

    /// Does this when a window is over.
    func afterWindow(_ work: @escaping @Sendable () -> Void) {
        DispatchQueue.global().asyncAfter(deadline: .now() + .nanoseconds(window.wholeNanoseconds), execute: work)
    }
}

extension RepeatLimit.Place {
    /// The last saying, with how many were held back; nil when none was.
    fileprivate var summary: LogRecord? {
        guard heldBack > 0 else { return nil }
        var record = last
        record.span = nil
        record.fields.removeAll { $0.key == "repeated" }
        record.fields.append(LogField("repeated", .integer(heldBack)))
        return record
    }
}
