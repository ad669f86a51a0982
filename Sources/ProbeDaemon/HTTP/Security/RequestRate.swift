internal import ProbeEvents
internal import Synchronization
internal import WebConfigFile

/// Lets through one request each interval, and a burst after a pause.
final class RequestRate: Sendable {
    let limit: WebConfig.RateLimit
    private let intervalNanoseconds: Double
    private let state: Mutex<(permits: Double, atNanoseconds: UInt64)>

    /// A limit that nobody has used yet.
    init(_ limit: WebConfig.RateLimit) {
        self.limit = limit
        let (seconds, attoseconds) = limit.interval.components
        intervalNanoseconds = max(1, Double(seconds) * 1e9 + Double(attoseconds) / 1e9)
        state = Mutex((Double(limit.burst), EventClock.monotonicNow))
    }

    /// Takes one; nil when there is one, else for how many seconds there is none.
    func secondsToWait() -> Int? {
        let now = EventClock.monotonicNow
        return state.withLock { state in
            let new = Double(now - min(state.atNanoseconds, now)) / intervalNanoseconds
            state = (min(Double(limit.burst), state.permits + new), max(now, state.atNanoseconds))
            guard state.permits < 1 else {
                state.permits -= 1
                return nil
            }
            return Int(((1 - state.permits) * intervalNanoseconds / 1e9).rounded(.up))
        }
    }
}
