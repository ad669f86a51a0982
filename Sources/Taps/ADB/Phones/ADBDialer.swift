internal import NIOCore
internal import NIOPosix

/// Connects to the adb server, on one event loop.
struct ADBDialer {
    private static let patience = TimeAmount.seconds(5)

    private let server: RelayEnds.Endpoint
    private let loop: any EventLoop

    init(_ server: RelayEnds.Endpoint, _ loop: any EventLoop) { (self.server, self.loop) = (server, loop) }

    /// Makes a call; `onNews` is told nothing when there is no connection.
    func call(
        _ requests: [String], onConnection: @escaping (Result<any Channel, any Error>) -> Void,
        onNews: @escaping (ADBCallHandler.News) -> Void
    ) {
        ClientBootstrap(group: loop)
            .connectTimeout(Self.patience)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            // Of several addresses that are tried, one is read.
            .channelOption(.autoRead, value: false)
            .connect(host: server.host, port: server.port)
            .assumeIsolated()
            .whenComplete { result in
                onConnection(result)
                guard let channel = try? result.get() else { return }
                let handler = ADBCallHandler(ADBCall(requests), onNews: onNews)
                // What fails here is gone already.
                guard (try? channel.pipeline.syncOperations.addHandler(handler)) != nil else { return onNews(.closed) }
                try? channel.syncOptions?.setOption(.autoRead, value: true)
            }
    }
}

/// Waits between attempts, each twice as long as the one before, up to a limit.
struct Backoff {
    private static let longest = TimeAmount.seconds(30)

    private let first: TimeAmount
    private var current: TimeAmount

    init(_ first: Duration) {
        self.first = TimeAmount(first)
        current = self.first
    }

    /// The next wait.
    mutating func next() -> TimeAmount {
        defer { current = min(current + current, Self.longest) }
        return current
    }

    /// What was waited for is there.
    mutating func reset() { current = first }
}
