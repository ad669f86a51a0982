internal import Glibc

/// How this process ends.
package enum ProcessEnd {
    /// By a signal, as a shell is to see it, whatever was done to hear it.
    package static func by(signal number: Int32) -> Never {
        signal(number, SIG_DFL)
        // Dispatch's threads block signals.
        var set = sigset_t()
        sigemptyset(&set)
        sigaddset(&set, number)
        pthread_sigmask(SIG_UNBLOCK, &set, nil)
        raise(number)
        exit(128 + number)
    }
}
