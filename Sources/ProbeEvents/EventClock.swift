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
    /// The clocks at its start.
    package var begin: EventClock {
        EventClock(monotonicNanoseconds: startNanoseconds, wallNanoseconds: wallNanoseconds)
    }

    /// The clocks at its end.
    package var end: EventClock {
        EventClock(monotonicNanoseconds: endNanoseconds, wallNanoseconds: endWallNanoseconds)
    }

    /// Its end on CLOCK_MONOTONIC, nanoseconds.
    package var endNanoseconds: UInt64 { Self.sum(startNanoseconds, durationNanoseconds) }

    /// The wall clock at its end, nanoseconds since 1970 in UTC.
    package var endWallNanoseconds: UInt64 { Self.sum(wallNanoseconds, durationNanoseconds) }

    /// Whoever tells an event may say what no clock does.
    private static func sum(_ start: UInt64, _ duration: UInt64) -> UInt64 {
        let (end, overflow) = start.addingReportingOverflow(duration)
        return overflow ? .max : end
    }

    /// A stamp whose wall time follows from a sample of the clocks.
    public init(source: SourceKind, startNanoseconds: UInt64, durationNanoseconds: UInt64 = 0, clock: EventClock) {
        self.init(
            source: source, startNanoseconds: startNanoseconds, durationNanoseconds: durationNanoseconds,
            wallNanoseconds: clock.wall(atMonotonic: startNanoseconds))
    }

    /// A stamp of what began at a moment of CLOCK_MONOTONIC and ends now; without length where that is still to come.
    package init(source: SourceKind, since nanoseconds: UInt64, until clock: EventClock) {
        let start = min(nanoseconds, clock.monotonicNanoseconds)
        self.init(
            source: source, startNanoseconds: start, durationNanoseconds: clock.monotonicNanoseconds - start,
            clock: clock)
    }

    /// A stamp of this moment.
    public static func now(source: SourceKind) -> EventStamp {
        let clock = EventClock.now
        return EventStamp(source: source, startNanoseconds: clock.monotonicNanoseconds, clock: clock)
    }
}
