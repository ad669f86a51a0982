internal import CProbe
internal import Glibc
package import ProbeEvents
internal import Synchronization

/// Hears the shims: accepts client processes on a socket, drains their rings, tells events.
///
/// A thread of its own waits for sockets, and looks at the rings every 20 ms while one is attached.
package final class ShimReceiver: EventSource {
    /// How often the rings are looked at while a client is attached, milliseconds. Measured: 0.15% of a core.
    static let pollMilliseconds: Int32 = 20
    /// More clients at once are refused, and counted.
    static let clientLimit = 256

    private struct State {
        var sink: (any EventSink)?
        var listener: Int32 = -1
        var clients: [Int32: ShimClient] = [:]
        var clientsSeen = 0
        var isStopping = false
    }

    private let path: String
    private let state = Mutex(State())
    private let wake: Int32
    private let thread = Mutex<pthread_t?>(nil)

    /// A receiver that will listen at this path.
    package init(path: String) {
        self.path = path
        wake = receiver_bell()
    }

    deinit { close(wake) }

    /// The clients that are attached now.
    package var attachedClients: [ClientProcess] {
        state.withLock { $0.clients.values.compactMap(\.process).sorted { $0.pid < $1.pid } }
    }

    /// How many clients were ever attached.
    package var clientsSeen: Int { state.withLock { $0.clientsSeen } }

    /// Listens and begins to tell events to the sink.
    package func start(into sink: any EventSink) throws {
        let listener = receiver_listen(path)
        guard listener >= 0 else { throw ShimReceiverError.cannotListen(path: path, errno: errno) }
        state.withLock {
            $0.sink = sink
            $0.listener = listener
        }
        let started = thread.withLock { thread -> Int32 in
            var created = pthread_t()
            let result = pthread_create(
                &created, nil,
                { context in
                    guard let context else { return nil }
                    Unmanaged<ShimReceiver>.fromOpaque(context).takeRetainedValue().run()
                    return nil
                }, Unmanaged.passRetained(self).toOpaque())
            if result == 0 { thread = created }
            return result
        }
        guard started == 0 else {
            Unmanaged.passUnretained(self).release()
            stop()
            throw ShimReceiverError.cannotListen(path: path, errno: started)
        }
    }

    /// Tells what lies in the rings now; for a scrape, which must not be 20 ms behind.
    package func drain() {
        state.withLock { Self.drain(&$0) }
    }

    /// Tells what lies in the rings, then lets all clients go. They go on without a receiver. Safe to call twice.
    package func stop() {
        let wasRunning = state.withLock { state in
            defer { state.isStopping = true }
            return !state.isStopping
        }
        guard wasRunning else { return }
        receiver_ring_bell(wake)
        if let running = thread.withLock({ $0.take() }) { pthread_join(running, nil) }
        state.withLock { state in
            Self.drain(&state)
            for (descriptor, client) in state.clients {
                client.detach()
                close(descriptor)
            }
            state.clients = [:]
            guard state.listener >= 0 else { return }
            close(state.listener)
            unlink(path)
            state.listener = -1
        }
    }

    private func run() {
        var waited: [pollfd] = []
        while true {
            let (descriptors, isStopping) = state.withLock { ([wake, $0.listener] + $0.clients.keys, $0.isStopping) }
            guard !isStopping else { return }
            waited = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            let timeout = descriptors.count > 2 ? Self.pollMilliseconds : -1
            poll(&waited, nfds_t(waited.count), timeout)
            state.withLock { state in
                if waited[1].revents != 0 { accept(&state) }
                Self.drain(&state)
                for entry in waited.dropFirst(2) where entry.revents != 0 { Self.hear(entry.fd, &state) }
            }
        }
    }

    private func accept(_ state: inout State) {
        var peer = receiver_peer()
        while true {
            let descriptor = receiver_accept(state.listener, &peer)
            guard descriptor >= 0 else { return }
            let isAllowed = peer.uid == geteuid() || peer.uid == 0
            guard isAllowed, state.clients.count < Self.clientLimit else {
                close(descriptor)
                Self.tellDropped(.receiverGone, 1, to: state.sink)
                continue
            }
            state.clients[descriptor] = ShimClient(pid: peer.pid)
        }
    }

    private static func drain(_ state: inout State) {
        guard let sink = state.sink else { return }
        let clock = EventClock.now
        for (_, client) in state.clients { client.drain(into: sink, clock: clock, isFinal: false) }
    }

    /// Takes all that a client's socket has; at its end, all that its ring has.
    private static func hear(_ descriptor: Int32, _ state: inout State) {
        guard let client = state.clients[descriptor], let sink = state.sink else { return }
        while true {
            var message = ring_message()
            var file: Int32 = -1
            let received = receiver_read(descriptor, &message, &file)
            if received == 0 { return }
            guard received > 0, client.hear(message, file: file, sink: sink) else {
                if received > 0 || client.process == nil { tellDropped(.malformed, 1, to: sink) }
                client.end(into: sink)
                close(descriptor)
                state.clients[descriptor] = nil
                return
            }
            if Int(message.kind) == RING_HELLO { state.clientsSeen += 1 }
        }
    }

    private static func tellDropped(_ reason: DropReason, _ count: UInt64, to sink: (any EventSink)?) {
        sink?.receive(.eventsDropped(EventsDropped(stamp: .now(source: .shim), reason: reason, count: count)))
    }
}

/// Why shims cannot be heard.
package enum ShimReceiverError: ExplainedError, Equatable {
    /// The socket could not be made.
    case cannotListen(path: String, errno: Int32)

    /// One line: what, where, what to do next.
    package var explanation: String {
        switch self {
        case .cannotListen(let path, EADDRINUSE):
            "cannot listen on \(path): another probe answers there; stop it, or choose another --runtime-dir"
        case .cannotListen(let path, ENAMETOOLONG):
            "cannot listen on \(path): longer than 107 bytes; choose a shorter --runtime-dir"
        case .cannotListen(let path, let number):
            "cannot listen on \(path): \(String(cString: strerror(number))); choose another --runtime-dir"
        }
    }
}
