internal import ProbeEvents
internal import Synchronization

/// Something that is open now and ends once: a session, a channel, a test.
///
/// However often its end is told, and from whichever threads, the first time counts. One that is let go of without an end
/// ends as abandoned.
public final class OpenRecord<Ending: Sendable>: Sendable {
    private let startedNanoseconds: UInt64
    private let isEnded = Atomic(false)
    private let abandoned: Ending
    private let count: @Sendable (_ nanoseconds: UInt64, Ending) -> Void

    init(abandoned: Ending, _ count: @escaping @Sendable (_ nanoseconds: UInt64, Ending) -> Void) {
        startedNanoseconds = EventClock.monotonicNow
        self.abandoned = abandoned
        self.count = count
    }

    deinit { end(abandoned) }

    /// Ends it; false when it had ended before.
    @discardableResult
    public func end(_ ending: Ending) -> Bool {
        guard !isEnded.exchange(true, ordering: .relaxed) else { return false }
        count(EventClock.monotonicNow &- startedNanoseconds, ending)
        return true
    }
}

extension Collector {
    /// Does work, and tells how long it took and what error it ended with; the error goes on to the caller.
    func timed<Result, Failure: Error>(
        _ work: () throws(Failure) -> Result, _ record: (_ nanoseconds: UInt64, Failure?) -> Void
    ) throws(Failure) -> Result {
        let start = EventClock.monotonicNow
        do throws(Failure) {
            let result = try work()
            record(EventClock.monotonicNow &- start, nil)
            return result
        } catch {
            record(EventClock.monotonicNow &- start, error)
            throw error
        }
    }

    /// The same for work that waits.
    func timed<Result, Failure: Error>(
        isolation: isolated (any Actor)?, _ work: () async throws(Failure) -> Result,
        _ record: (_ nanoseconds: UInt64, Failure?) -> Void
    ) async throws(Failure) -> Result {
        let start = EventClock.monotonicNow
        do throws(Failure) {
            let result = try await work()
            record(EventClock.monotonicNow &- start, nil)
            return result
        } catch {
            record(EventClock.monotonicNow &- start, error)
            throw error
        }
    }
}
