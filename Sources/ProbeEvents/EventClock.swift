internal import Glibc

/// The two clocks of events: durations from CLOCK_MONOTONIC, wall time for display and export only.
public struct EventClock: Sendable, Hashable {
    /// CLOCK_MONOTONIC at the sample, nanoseconds.
    public let monotonicNanoseconds: UInt64
    /// Wall clock at the sample, nanoseconds since 1970 in UTC.
    public let wallNanoseconds: UInt64

    /// A sample of both clocks.
    public init(monotonicNanoseconds: UInt64, wallNanoseconds: UInt64) {
        self.monotonicNanoseconds = monotonicNanoseconds
        self.wallNanoseconds = wallNanoseconds
    }

    /// Both clocks now.
    public static var now: EventClock {
        EventClock(monotonicNanoseconds: read(CLOCK_MONOTONIC), wallNanoseconds: read(CLOCK_REALTIME))
    }

    /// CLOCK_MONOTONIC now, nanoseconds.
    public static var monotonicNow: UInt64 { read(CLOCK_MONOTONIC) }

    /// The wall time of a moment on CLOCK_MONOTONIC, by this sample, nanoseconds since 1970 in UTC.
    public func wall(atMonotonic nanoseconds: UInt64) -> UInt64 {
        wallNanoseconds &- (monotonicNanoseconds &- nanoseconds)
    }

    private static func read(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        // Both clocks exist on every Linux, so that the call cannot fail.
        clock_gettime(clock, &time)
        return UInt64(clamping: time.tv_sec) &* 1_000_000_000 &+ UInt64(clamping: time.tv_nsec)
    }
}

extension EventStamp {
    /// A stamp whose wall time follows from a sample of the clocks.
    public init(source: SourceKind, startNanoseconds: UInt64, durationNanoseconds: UInt64 = 0, clock: EventClock) {
        self.init(
            source: source, startNanoseconds: startNanoseconds, durationNanoseconds: durationNanoseconds,
            wallNanoseconds: clock.wall(atMonotonic: startNanoseconds))
    }

    /// A stamp of this moment.
    public static func now(source: SourceKind) -> EventStamp {
        let clock = EventClock.now
        return EventStamp(source: source, startNanoseconds: clock.monotonicNanoseconds, clock: clock)
    }
}
