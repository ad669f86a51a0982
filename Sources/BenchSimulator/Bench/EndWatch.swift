internal import Dispatch
internal import Glibc
internal import NIOPosix

/// Waits for what ends a simulator. From its making on, SIGINT, SIGTERM and SIGHUP end nothing by themselves: make it
/// before anything exists that has to be cleared away.
package struct EndWatch {
    /// What came first.
    package enum End: Equatable, Sendable {
        case signal(Int32)
        /// A call that blocks has come back.
        case returned
    }

    private let ends: AsyncStream<End>
    private let continuation: AsyncStream<End>.Continuation
    private let sources: [any DispatchSourceSignal]

    package init() {
        let (ends, continuation) = AsyncStream.makeStream(of: End.self)
        self.ends = ends
        self.continuation = continuation
        sources = [SIGINT, SIGTERM, SIGHUP].map { number in
            // dispatch hears a signal on Linux only when it is not delivered
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler { continuation.yield(.signal(number)) }
            source.resume()
            return source
        }
    }

    /// The first of SIGINT, SIGTERM, SIGHUP and the return of a blocking call, which gets a thread of its own.
    ///
    /// - Parameter call: must return at the end of what it waits for; it is not interrupted.
    package func firstEnd(during call: (@Sendable () -> Void)? = nil) async -> End {
        if let call {
            NIOThreadPool.singleton.submit { [continuation] _ in
                call()
                continuation.yield(.returned)
            }
        }
        defer { for source in sources { source.cancel() } }
        for await end in ends { return end }
        return .returned
    }
}
