internal import Glibc

/// The clock of /proc's start times.
enum BootClock {
    /// Time since the machine was started, sleep included, nanoseconds.
    static var nanoseconds: UInt64 {
        var time = timespec()
        // On every Linux since 2.6.39, so that the call cannot fail.
        clock_gettime(CLOCK_BOOTTIME, &time)
        return UInt64(clamping: time.tv_sec) &* 1_000_000_000 &+ UInt64(clamping: time.tv_nsec)
    }
}
