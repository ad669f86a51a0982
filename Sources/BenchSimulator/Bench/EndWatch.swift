internal import Dispatch
internal import Glibc
internal import NIOPosix

/// Waits for what ends a simulator.
package enum EndWatch {
    /// What came first.
    package enum End: Equatable, Sendable {
        case signal(Int32)
        /// A call that blocks has come back.
        case returned
    }

    /// The first of SIGINT, SIGTERM, SIGHUP and the return of a blocking call, which gets a thread of its own.
    ///
    /// - Parameter call: must return at the end of what it waits for; it is not interrupted.
    package static func firstEnd(
        during call: (@Sendable () -> Void)? = nil
    ) async -> End {
        let (ends, continuation) = AsyncStream.makeStream(of: End.self)
        let sources = [SIGINT, SIGTERM, SIGHUP].map { number in
            // dispatch hears a signal on Linux only when it is not delivered
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler { continuation.yield(.signal(number)) }
            source.resume()
            return source
        }
        if let call {
            NIOThreadPool.singleton.submit { _ in
                call()
                continuation.yield(.returned)
            }
        }
        defer { for source in sources { source.cancel() } }
        for await end in ends { return end }
        return .returned
    }
}
