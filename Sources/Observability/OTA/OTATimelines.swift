package import ProbeEvents
internal import Synchronization

/// Makes time lines of sessions over the air out of what all taps see: whoever listens gets each when it is over.
///
/// A sink beside the others. Who tells an event pays for a look at it, and for a note where it has to do with a session;
/// what belongs together is found aside.
package final class OTATimelines: EventSink {
    /// Hears time lines, in the order in which the sessions ended; it must not tell events itself.
    package typealias Listener = @Sendable (OTATimeline) -> Void

    /// How time passes.
    package enum Clock: Sendable {
        /// By itself: what has ended is looked for aside, whether more is heard or not.
        case running
        /// As the events say, which are told again, faster or slower than they were.
        case recorded

        fileprivate func now(hearing event: ProbeEvent) -> UInt64 {
            switch self {
            case .running: EventClock.monotonicNow
            case .recorded: event.stamp.endNanoseconds
            }
        }
    }

    private struct State {
        var correlation = OTACorrelation()
        /// When it was looked last, or the first thing that is waited for was heard; nil while nothing is.
        var looked: UInt64?
        var listeners: [Listener] = []
        var counted = 0
    }

    /// How often it is looked whether something that ended has settled, nanoseconds.
    private static let pauseNanoseconds: UInt64 = 250_000_000

    private let state = Mutex(State())
    /// What is told is told one after the other.
    private let telling = Mutex(())
    private let clock: Clock
    private let onUnfollowed: @Sendable (Int) -> Void

    /// - Parameters:
    ///   - clock: what to go by.
    ///   - onUnfollowed: counts what was too much at once.
    package init(clock: Clock = .running, onUnfollowed: @escaping @Sendable (Int) -> Void = { _ in }) {
        (self.clock, self.onUnfollowed) = (clock, onUnfollowed)
    }

    /// Time lines that are over from now on are told to this one, too.
    package func add(_ listener: @escaping Listener) { state.withLock { $0.listeners.append(listener) } }

    /// Takes one event.
    package func receive(_ event: ProbeEvent) {
        guard Self.concerns(event) else { return }
        let now = clock.now(hearing: event)
        let (begins, isDue) = state.withLock { state in
            let mayEnd = state.correlation.take(event, now: now)
            // In a recording that goes on at an earlier time the pause is over, too.
            if let looked = state.looked { return (false, now &- looked >= Self.pauseNanoseconds) }
            if mayEnd { state.looked = now }
            return (mayEnd, false)
        }
        switch clock {
        case .running: if begins { Task { [weak self] in await self?.look() } }
        case .recorded: if isDue { tell(now: now) }
        }
    }

    /// Tells all that has ended: no more will come.
    package func finish() { tell(now: EventClock.monotonicNow, all: true) }

    /// The many that have nothing to do with sessions cost no lock.
    private static func concerns(_ event: ProbeEvent) -> Bool {
        switch event {
        case .triggerSeen, .readerChanged, .bipOpened, .bipData, .bipClosed, .bipFailed, .tls, .ota, .esim(.download):
            true
        default: false
        }
    }

    private func look() async {
        repeat {
            try? await Task.sleep(for: .nanoseconds(Self.pauseNanoseconds))
        } while tell(now: EventClock.monotonicNow)
    }

    /// Whether something is still waited for.
    @discardableResult
    private func tell(now: UInt64, all: Bool = false) -> Bool {
        telling.withLock { _ in
            let (timelines, listeners, unfollowed, isWaiting) = state.withLock { state in
                let timelines = state.correlation.concluded(now: now, all: all)
                let unfollowed = state.correlation.unfollowed - state.counted
                state.counted += unfollowed
                let isWaiting = state.correlation.isWaiting
                state.looked = isWaiting ? now : nil
                return (timelines, state.listeners, unfollowed, isWaiting)
            }
            if unfollowed > 0 { onUnfollowed(unfollowed) }
            for timeline in timelines { listeners.forEach { $0(timeline) } }
            return isWaiting
        }
    }
}
