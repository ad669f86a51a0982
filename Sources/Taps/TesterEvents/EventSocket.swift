internal import Glibc
internal import NIOCore
internal import NIOPosix
package import ProbeEvents
internal import Synchronization

/// Takes events from other processes on a local socket, a JSON object a line, and tells them on.
///
/// What is said on a connection, each line ended by a line feed:
///
/// 1. The probe: `{"hello":"cardlink-probe","v":1,"version":"0.1.0"}`, or `{"refused":"…","v":1}` and the end.
/// 2. The sender, if it wants receipts: `{"hello":"pytest","v":1}`, as its first line.
/// 3. The sender: events, as ``EventLine`` reads them. A line that is none is counted and skipped. Readers and cards
///    that come and go are not taken, since each probe sees them for itself; nor is an end of what did not begin on
///    this connection.
/// 4. The probe, now and then to those that said hello, and to everybody after the sender has shut its side down:
///    `{"received":12,"skipped":0,"v":1}`: how many lines were told as events and how many were not.
///
/// A sender may ask what was said to cards in its tests that failed: `{"ask":"tests","suite":{…},"v":1}` is answered by
/// a line `{"tests":[…],"v":1}`.
///
/// Sessions and clients live as long as their connection: what it leaves open is told as failed, the client gone.
/// Senders may be of this user, root, or a group that is named. All connections share one or two threads, and are
/// read in turn: reading a line costs more than all that is done for it, and one thread is at its end with 50,000 a
/// second.
package final class EventSocket: EventSource {
    /// More connections at once are refused, and counted.
    package static let connectionLimit = 64

    /// How long ``stop()`` waits until what was sent is told, and senders know how far they were read.
    private static let longestFarewell = TimeAmount.seconds(5)

    /// What was said to cards in the tests of a suite that failed; called on the socket's thread.
    package typealias Answer = @Sendable (TestSuiteRun) -> [FailedTest]

    private struct State {
        var running: Running?
        var connections: [ObjectIdentifier: any Channel] = [:]
        var counts = EventSocketCounts()
    }

    private struct Running {
        let group: MultiThreadedEventLoopGroup
        let listener: any Channel
        let file: LocalSocket.File
    }

    private let path: String
    private let groupName: String?
    private let threads: Int
    private let answer: Answer
    private let state = Mutex(State())

    /// A socket that will listen at this path, for members of the group too where one is named.
    package init(path: String, group: String? = nil, threads: Int = 2, answer: @escaping Answer = { _ in [] }) {
        self.path = path
        (self.threads, self.answer) = (threads, answer)
        groupName = group
    }

    deinit { stop() }

    /// What was heard so far.
    package var counts: EventSocketCounts {
        state.withLock { state in
            var counts = state.counts
            counts.connections = state.connections.count
            return counts
        }
    }

    /// Listens and begins to tell events to the sink, those of a connection from one thread.
    package func start(into sink: any EventSink) throws {
        let running = try listen(into: sink)
        state.withLock { $0.running = running }
    }

    /// Tells what senders have sent by now, tells them how far they were read, and ends. Safe to call twice.
    package func stop() {
        guard let running = state.withLock({ $0.running.take() }) else { return }
        LocalSocket.remove(path, ifStill: running.file)
        // One turn of the listener's loop accepts whoever has connected by now, and one of each makes them known. What
        // fails here is closed already.
        try? running.listener.eventLoop.submit {}.wait()
        try? running.listener.close().wait()
        for loop in running.group.makeIterator() { try? loop.submit {}.wait() }
        let channels = state.withLock { Array($0.connections.values) }
        let farewells = channels.map { channel in
            channel.triggerUserOutboundEvent(EventConnectionHandler.Farewell(), promise: nil)
            return channel.closeFuture
        }
        let latest = running.group.next().scheduleTask(in: Self.longestFarewell) {
            for channel in channels { channel.close(promise: nil) }
        }
        for farewell in farewells { try? farewell.wait() }
        latest.cancel()
        try? running.group.syncShutdownGracefully()
    }

    private func listen(into sink: any EventSink) throws(EventSocketError) -> Running {
        let gid = groupName.flatMap(groupNumber(named:))
        if let groupName, gid == nil { throw .unknownGroup(groupName) }
        let socket: (descriptor: Int32, file: LocalSocket.File)
        do throws(LocalSocket.Failure) {
            socket = try LocalSocket.listen(at: path, group: gid)
        } catch {
            throw .cannotListen(path: path, errno: error.errno)
        }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.maxMessagesPerRead, value: UInt(Self.connectionLimit))
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { [weak self] channel in
                channel.eventLoop.makeCompletedFuture { try self?.accept(channel, group: gid, sink: sink) }
            }
        do {
            let listener = try bootstrap.withBoundSocket(socket.descriptor).wait()
            return Running(group: group, listener: listener, file: socket.file)
        } catch {
            LocalSocket.remove(path, ifStill: socket.file)
            try? group.syncShutdownGracefully()
            throw .cannotListen(path: path, errno: (error as? IOError)?.errnoCode ?? EIO)
        }
    }

    private func accept(_ channel: any Channel, group: gid_t?, sink: any EventSink) throws {
        let pipeline = channel.pipeline.syncOperations
        let peer = try pipeline.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) { descriptor in
            // NIO accepts without it, and a child process would hold the connection open.
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            return SocketPeer(of: descriptor)
        }
        if let reason = refusal(of: peer ?? nil, group: group) {
            let stamp = EventStamp.now(source: .testerSocket)
            sink.receive(.eventsDropped(EventsDropped(stamp: stamp, reason: .refused, count: 1)))
            try pipeline.addHandler(RefusalHandler(reason: reason))
            return
        }
        let id = ObjectIdentifier(channel)
        state.withLock { $0.connections[id] = channel }
        let handler = EventConnectionHandler(
            sink: sink, answer: answer, onProgress: { [weak self] in self?.note($0) },
            onEnd: { [weak self] in self?.state.withLock { $0.connections[id] = nil } })
        try pipeline.addHandler(handler)
    }

    /// Why a connection is not taken; nil when it is.
    private func refusal(of peer: SocketPeer?, group: gid_t?) -> String? {
        guard let peer, peer.isAllowed(group: group) else {
            state.withLock { $0.counts.refusedPeers += 1 }
            let user = peer.map { "user \($0.user)" } ?? "a user the kernel does not name"
            let allowed = groupName.map { "this user, root and the group \($0)" } ?? "this user and root"
            return "events are taken from \(allowed), not from \(user)"
        }
        return state.withLock { state in
            guard state.connections.count >= Self.connectionLimit else { return nil }
            state.counts.refusedConnections += 1
            return "\(Self.connectionLimit) connections are open already"
        }
    }

    private func note(_ progress: Receipt) {
        state.withLock { state in
            state.counts.received &+= progress.received
            state.counts.skipped &+= progress.skipped
        }
    }
}

/// What an event socket has heard.
package struct EventSocketCounts: Sendable, Hashable {
    /// Connections that are open now.
    package var connections = 0
    /// Lines that were told as events.
    package var received: UInt64 = 0
    /// Lines that were no events, or none that are taken.
    package var skipped: UInt64 = 0
    /// Connections refused because of who made them.
    package var refusedPeers: UInt64 = 0
    /// Connections refused because there were too many.
    package var refusedConnections: UInt64 = 0
}
