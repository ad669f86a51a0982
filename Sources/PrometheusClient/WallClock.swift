internal import Glibc

/// The clock that people read.
enum WallClock {
    /// Now, nanoseconds since 1970 in UTC.
    static var nanoseconds: UInt64 {
        var time = timespec()
        // The clock exists on every Linux, so that the call cannot fail.
        clock_gettime(CLOCK_REALTIME, &time)
        return UInt64(clamping: time.tv_sec) &* 1_000_000_000 &+ UInt64(clamping: time.tv_nsec)
    }
}
