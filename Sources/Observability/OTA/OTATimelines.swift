package import ProbeEvents
internal import Synchronization

/// Makes time lines of sessions over the air out of what all taps see: whoever listens gets each when it is over.
///
/// A sink beside the others. Who tells an event pays for a look at it, and for a note where it has to do with a session;
/// what belongs together is found aside.
package final class OTATimelines: EventSink {
    /// Hears time lines, in the order in which the sessions ended; it must not tell events itself.
    package typealias Listener = @Sendable (OTATimeline) -> Void

    private struct State {
        var correlation = OTACorrelation()
        var isLooking = false
        var listeners: [Listener] = []
        var counted = 0
    }

    /// How often it is looked whether something that ended has settled.
    private static let pause = Duration.milliseconds(250)

    private let state = Mutex(State())
    /// What is told is told one after the other.
    private let telling = Mutex(())
    private let onUnfollowed: @Sendable (Int) -> Void

    /// Whether time passes as the events say.
    private let areRecorded: Bool

    /// - Parameters:
    ///   - areRecorded: whether events are told again, faster or slower than they were.
    ///   - onUnfollowed: counts what was too much at once.
    package init(areRecorded: Bool = false, onUnfollowed: @escaping @Sendable (Int) -> Void = { _ in }) {
        (self.areRecorded, self.onUnfollowed) = (areRecorded, onUnfollowed)
    }

    /// Time lines that are over from now on are told to this one, too.
    package func add(_ listener: @escaping Listener) { state.withLock { $0.listeners.append(listener) } }

    /// Takes one event.
    package func receive(_ event: ProbeEvent) {
        guard Self.concerns(event) else { return }
        if areRecorded {
            let now = event.stamp.endNanoseconds
            let mustLook = state.withLock { state in
                state.isLooking = state.correlation.take(event, now: now) || state.isLooking
                return state.isLooking
            }
            if mustLook { tell(now: now) }
        } else {
            let mustLook = state.withLock { state in
                guard state.correlation.take(event, now: EventClock.monotonicNow), !state.isLooking else {
                    return false
                }
                state.isLooking = true
                return true
            }
            if mustLook { Task { [weak self] in await self?.look() } }
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
        repeat { try? await Task.sleep(for: Self.pause) } while tell(now: EventClock.monotonicNow)
    }

    /// Whether something is still waited for.
    @discardableResult
    private func tell(now: UInt64, all: Bool = false) -> Bool {
        telling.withLock { _ in
            let (timelines, listeners, unfollowed, isWaiting) = state.withLock { state in
                let timelines = state.correlation.concluded(now: now, all: all)
                let unfollowed = state.correlation.unfollowed - state.counted
                state.counted += unfollowed
                state.isLooking = state.correlation.isWaiting
                return (timelines, state.listeners, unfollowed, state.isLooking)
            }
            if unfollowed > 0 { onUnfollowed(unfollowed) }
            for timeline in timelines { listeners.forEach { $0(timeline) } }
            return isWaiting
        }
    }
}
