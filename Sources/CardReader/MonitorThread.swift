internal import Glibc

/// A thread of its own for a call that blocks; signals go to other threads.
enum MonitorThread {
    private final class Work {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Starts a detached thread.
    static func start(_ body: @escaping @Sendable () -> Void) throws(CardReaderError) {
        let work = Unmanaged.passRetained(Work(body))
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        defer { pthread_attr_destroy(&attributes) }
        // A thread inherits the mask; a program that waits for signals must not lose them to a reader's wait.
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, &before)
        var thread = pthread_t()
        let failure = pthread_create(
            &thread, &attributes,
            { argument in
                if let argument { Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body() }
                return nil
            }, work.toOpaque())
        pthread_sigmask(SIG_SETMASK, &before, nil)
        guard failure == 0 else {
            work.release()
            throw .system(call: "pthread_create", errno: failure)
        }
    }
}

/// Something that happens once and can be waited for, by any number of threads.
///
/// `@unchecked`: the pointers never change, and what they point to is used under the lock only.
final class OneTimeSignal: @unchecked Sendable {
    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var wasRaised = false

    init() {
        pthread_mutex_init(lock, nil)
        // A wait must not end early or late when somebody sets the wall clock.
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
    func raise() {
        pthread_mutex_lock(lock)
        wasRaised = true
        pthread_cond_broadcast(condition)
        pthread_mutex_unlock(lock)
    }

    /// Whether it was raised; waits for it no longer than this.
    func wait(atMost wait: Duration) -> Bool {
        var deadline = timespec()
        clock_gettime(CLOCK_MONOTONIC, &deadline)
        let (seconds, attoseconds) = wait.components
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
    var isRaised: Bool {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        return wasRaised
    }
}
