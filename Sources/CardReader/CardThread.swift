internal import Glibc

/// A thread of its own on which an actor's work is done: what blocks in PC/SC never holds a thread of the shared pool.
///
/// `@unchecked`: the pointers never change, and what changes is used under the lock only.
final class CardThread: SerialExecutor, @unchecked Sendable {
    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let news = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var jobs: [UnownedJob] = []
    private var lastDeed: (@Sendable () -> Void)?

    /// Starts the thread, which waits for work until ``end(after:)``.
    static func start() throws(CardReaderError) -> CardThread {
        let thread = CardThread()
        try MonitorThread.start { thread.work() }
        return thread
    }

    private init() {
        pthread_mutex_init(lock, nil)
        pthread_cond_init(news, nil)
    }

    deinit {
        pthread_cond_destroy(news)
        pthread_mutex_destroy(lock)
        news.deallocate()
        lock.deallocate()
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        withLock {
            jobs.append(job)
            pthread_cond_signal(news)
        }
    }

    /// Ends the thread after one last deed; nothing may be enqueued any more.
    func end(after deed: @escaping @Sendable () -> Void) {
        withLock {
            lastDeed = deed
            pthread_cond_signal(news)
        }
    }

    private func work() {
        while true {
            let (taken, deed) = withLock {
                while jobs.isEmpty, lastDeed == nil { pthread_cond_wait(news, lock) }
                defer { jobs = [] }
                return (jobs, lastDeed)
            }
            for job in taken { job.runSynchronously(on: asUnownedSerialExecutor()) }
            if let deed {
                deed()
                return
            }
        }
    }

    private func withLock<Value>(_ body: () -> Value) -> Value {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        return body()
    }
}
