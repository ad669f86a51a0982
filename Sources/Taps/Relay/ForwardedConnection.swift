internal import NIOCore
internal import NIOPosix
internal import ProbeEvents

/// A client's connection and the one to the server that belongs to it, on one event loop: each buffer is handed on, and
/// read from a copy afterwards.
final class ForwardedConnection {
    private let ends: RelayEnds
    private let loop: any EventLoop
    private let onTarget: (Result<Void, any Error>) -> Void
    private let onEnd: () -> Void
    private var reader: any RelayReader
    private var client: ForwardHandler?
    private var server: ForwardHandler?
    /// What the client sent before there was a server.
    private var early: [ByteBuffer] = []
    private var hasClientClosed = false
    private var isStopped = false
    private var isConnecting = true

    /// - Parameters:
    ///   - onTarget: is told whether the server could be reached.
    ///   - onEnd: is told when both sides are gone and all was told.
    init(
        _ ends: RelayEnds, _ reader: any RelayReader, _ loop: any EventLoop,
        onTarget: @escaping (Result<Void, any Error>) -> Void, onEnd: @escaping () -> Void
    ) {
        (self.ends, self.reader, self.loop) = (ends, reader, loop)
        (self.onTarget, self.onEnd) = (onTarget, onEnd)
    }

    /// Takes the client's channel, and connects to the server.
    func begin(with channel: any Channel) throws {
        let client = ForwardHandler { [self] in took($0, from: .client) }
        try channel.pipeline.syncOperations.addHandler(client)
        self.client = client
        reader.opened(from: channel.remoteAddress, to: channel.localAddress)
        let header = ends.proxyHeader.map {
            ByteBuffer(bytes: $0.bytes(from: channel.remoteAddress, to: channel.localAddress))
        }
        ClientBootstrap(group: loop)
            // The system decides how long that takes, as it would for the client.
            .connectTimeout(.hours(1))
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            // Of several addresses that are tried, one is read.
            .channelOption(.autoRead, value: false)
            .connect(host: ends.target.host, port: ends.target.port)
            .assumeIsolated()
            .whenComplete { self.connected($0, header) }
    }

    private func connected(_ result: Result<any Channel, any Error>, _ header: ByteBuffer?) {
        isConnecting = false
        onTarget(result.map { _ in })
        guard let client, !isStopped, let channel = try? result.get() else {
            if let channel = try? result.get() { channel.close(promise: nil) }
            if client != nil, !isStopped { reader.closed(by: .server, isReset: true) }
            return client?.reset() ?? endIfOver()
        }
        let server = ForwardHandler { [self] in took($0, from: .server) }
        self.server = server
        // What fails here is gone already, and the handler never sees it.
        guard (try? channel.pipeline.syncOperations.addHandler(server)) != nil else {
            return took(.gone, from: .server)
        }
        for buffer in (header.map { [$0] } ?? []) + early { server.send(buffer) }
        early = []
        if hasClientClosed { server.end() }
        ForwardHandler.join(client, server)
        try? channel.syncOptions?.setOption(.autoRead, value: true)
    }

    // MARK: Deeds

    private func took(_ deed: ForwardHandler.Deed, from side: RelaySide) {
        let other = side == .client ? server : client
        switch deed {
        case .sent(let buffer):
            let clock = EventClock.now
            if let other { other.send(buffer) } else { early.append(buffer) }
            reader.received(buffer.readableBytesView, from: side, at: clock)
        case .closed:
            if side == .client { hasClientClosed = true }
            other?.end()
            reader.closed(by: side, isReset: false)
        case .reset:
            reader.closed(by: side, isReset: true)
            other?.reset()
        case .gone:
            if !isStopped { reader.closed(by: side, isReset: false) }
            other?.end(.all)
            if side == .client { client = nil } else { server = nil }
            endIfOver()
        case .stopped:
            isStopped = true
            client?.end(.all)
            server?.end(.all)
            reader.stopped()
        }
    }

    private func endIfOver() {
        guard client == nil, server == nil, !isConnecting else { return }
        reader.ended()
        onEnd()
    }
}
