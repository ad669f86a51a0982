internal import Glibc

/// Something that happens once and can be waited for, by any number of threads.
///
/// `@unchecked`: the pointers never change, and what they point to is used under the lock only.
package final class OneTimeSignal: @unchecked Sendable {
    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var wasRaised = false
    /// Longer waits would not fit the kernel's time.
    private static let longest = Duration.seconds(1 << 32)

    /// One that was not raised yet.
    package init() {
        pthread_mutex_init(lock, nil)
        // A wait must not end early or late when somebody sets the wall clock, as that of a DispatchSemaphore does on Linux.
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(lock)
        condition.deallocate()
        lock.deallocate()
    }

    /// Lets every present and later wait end.
    package func raise() {
        pthread_mutex_lock(lock)
        wasRaised = true
        pthread_cond_broadcast(condition)
        pthread_mutex_unlock(lock)
    }

    /// Whether it was raised; waits for it no longer than this.
    @discardableResult
    package func wait(atMost wait: Duration) -> Bool {
        var deadline = timespec()
        clock_gettime(CLOCK_MONOTONIC, &deadline)
        let (seconds, attoseconds) = min(wait, Self.longest).components
        let nanoseconds = deadline.tv_nsec + Int(attoseconds / 1_000_000_000)
        deadline.tv_sec += Int(seconds) + nanoseconds / 1_000_000_000
        deadline.tv_nsec = nanoseconds % 1_000_000_000
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        while !wasRaised {
            guard pthread_cond_timedwait(condition, lock, &deadline) == 0 else { break }
        }
        return wasRaised
    }

    /// Whether it was raised.
    package var isRaised: Bool {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        return wasRaised
    }
}
