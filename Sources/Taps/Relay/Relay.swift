internal import NIOCore
internal import NIOPosix
internal import ProbeEvents
internal import Synchronization

/// Stands between clients and a server: hands on what passes, both ways, and has a copy of it read.
///
/// No thread is its own. Nothing is kept open longer, or closed sooner, than by the two sides; when it stops, the
/// connections through it end.
final class Relay: Sendable {
    /// Makes the reader of a connection, which has this number.
    typealias MakeReader = @Sendable (_ connection: UInt64) -> any RelayReader

    private struct State {
        var standing = RelayStanding()
        var listener: (any Channel)?
        var lastNumber: UInt64 = 0
        var open: [UInt64: Open] = [:]
    }

    private struct Open {
        var channel: any Channel
        var end: EventLoopFuture<Void>
    }

    /// How long `stop` waits for what is on its way to go out.
    private static let farewell = TimeAmount.seconds(2)

    private let ends: RelayEnds
    private let source: SourceKind
    private let remedy: String
    private let group = MultiThreadedEventLoopGroup.singleton
    private let state = Mutex(State())

    /// - Parameters:
    ///   - source: who tells of it.
    ///   - remedy: what to do about a server that cannot be reached.
    init(_ ends: RelayEnds, source: SourceKind, remedy: String) {
        (self.ends, self.source, self.remedy) = (ends, source, remedy)
    }

    /// How it is now.
    var standing: RelayStanding {
        state.withLock { state in
            var standing = state.standing
            standing.connections = state.open.count
            return standing
        }
    }

    /// Listens; that there is no server yet is no failure.
    func start(into sink: any EventSink, reader: @escaping MakeReader) throws(RelayError) {
        let listener = try listen(into: sink, reader)
        let port = listener.localAddress?.port ?? ends.listen.port
        state.withLock { state in
            state.listener = listener
            state.standing.listening = RelayEnds.Endpoint(host: ends.listen.host, port: port)
        }
        sink.receive(.sourceState(SourceState(stamp: .now(source: source), isWorking: true, message: "")))
    }

    /// Ends with all its connections, and all was read when it returns. Not for an event loop.
    func stop() {
        let listener = state.withLock { state in
            state.standing.listening = nil
            return state.listener.take()
        }
        try? listener?.close().wait()
        let open = state.withLock { Array($0.open.values) }
        for one in open { one.channel.triggerUserOutboundEvent(ForwardHandler.Stop(), promise: nil) }
        let latest = group.next().scheduleTask(in: Self.farewell) {
            for one in open { one.channel.close(promise: nil) }
        }
        for one in open { try? one.end.wait() }
        latest.cancel()
    }

    // MARK: Connections

    private func listen(into sink: any EventSink, _ reader: @escaping MakeReader) throws(RelayError) -> any Channel {
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            // A card that lost its power says nothing: the kernel asks, in the end.
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
            .childChannelInitializer { [self] channel in
                channel.eventLoop.makeCompletedFuture { try accept(channel, into: sink, reader) }
            }
        let port = ends.listen.port
        do {
            guard ends.listen.host.isEmpty else {
                return try bootstrap.bind(host: ends.listen.host, port: port).wait()
            }
            // One socket for both families, unless the machine has no IPv6.
            let both = try? bootstrap.bind(host: "::", port: port).wait()
            return try both ?? bootstrap.bind(host: "0.0.0.0", port: port).wait()
        } catch {
            throw RelayError(ends, error)
        }
    }

    private func accept(_ channel: any Channel, into sink: any EventSink, _ reader: MakeReader) throws {
        let end = channel.eventLoop.makePromise(of: Void.self)
        guard let number = enter(Open(channel: channel, end: end.futureResult)) else {
            end.succeed()
            sink.receive(.eventsDropped(EventsDropped(stamp: .now(source: source), reason: .refused, count: 1)))
            return channel.close(promise: nil)
        }
        let connection = ForwardedConnection(ends, reader(number), channel.eventLoop) { [self] in
            noteTarget($0, sink)
        } onEnd: { [self] in
            state.withLock { $0.open[number] = nil }
            end.succeed()
        }
        try connection.begin(with: channel)
    }

    private func enter(_ open: Open) -> UInt64? {
        state.withLock { state in
            guard state.open.count < ends.connectionLimit else {
                state.standing.refused &+= 1
                return nil
            }
            state.lastNumber += 1
            state.open[state.lastNumber] = open
            return state.lastNumber
        }
    }

    /// Tells when the server cannot be reached, and when it can again.
    private func noteTarget(_ result: Result<Void, any Error>, _ sink: any EventSink) {
        var refusal: String?
        if case .failure(let error) = result {
            refusal = "the server at \(ends.target) cannot be reached: \(ConnectFailure.text(error)); \(remedy)"
        }
        let (isNews, fault) = state.withLock { state in
            defer { state.standing.refusal = refusal }
            return (state.standing.refusal != refusal, refusal ?? state.standing.unread)
        }
        if isNews { tell(fault, sink) }
    }

    /// Its reader says what of the connections it cannot read; told when there is news of it.
    func note(unread: String?, news: String?, isNews: Bool, _ sink: any EventSink) {
        let fault = state.withLock { state in
            state.standing.unread = unread
            return news ?? state.standing.refusal ?? unread
        }
        if isNews { tell(fault, sink) }
    }

    private func tell(_ fault: String?, _ sink: any EventSink) {
        let message = fault.map { "\(ends.name): \($0)" } ?? ""
        sink.receive(
            .sourceState(SourceState(stamp: .now(source: source), isWorking: fault == nil, message: message)))
    }
}

/// How a relay is, for health checks.
package struct RelayStanding: Sendable, Equatable {
    /// Where it listens; nil when it does not.
    package var listening: RelayEnds.Endpoint?
    /// Why the server could not be reached last time; nil when it could.
    package var refusal: String?
    /// Why connections are told from outside only, though they could be read; nil when none are.
    package var unread: String?
    /// Connections that are open now.
    package var connections = 0
    /// Connections that were refused since there were too many.
    package var refused: UInt64 = 0
}
