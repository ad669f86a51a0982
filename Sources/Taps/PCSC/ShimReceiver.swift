internal import CProbe
internal import Glibc
package import ProbeEvents
internal import Synchronization

/// Hears the shims: accepts client processes on a socket, drains their rings, tells events.
///
/// A thread of its own waits for sockets, and looks at the rings every 100 ms while one is attached.
package final class ShimReceiver: EventSource {
    /// How often the rings are looked at while a client is attached, milliseconds.
    static let pollMilliseconds: Int32 = 100
    /// How long nobody is let in when this process is out of descriptors, milliseconds.
    static let pauseMilliseconds: Int32 = 100

    private struct State {
        var clients: ShimClients?
        var listener: Int32 = -1
        var seen = 0
        var isStopping = false
        var halfway: (@Sendable () -> Void)?
    }

    private let path: String
    private let inherited: ProcessEnvironment
    private let state = Mutex(State())
    private let wake: Int32
    private let thread = Mutex<pthread_t?>(nil)

    /// A receiver that will listen at this path.
    ///
    /// - Parameter inherited: what its clients were started with, as far as they do not say; one may have ended before it
    ///   is asked.
    package init(path: String, inherited: [[UInt8]] = []) {
        self.path = path
        self.inherited = ProcessEnvironment(inherited)
        wake = receiver_bell()
    }

    deinit { close(wake) }

    /// The clients that are attached now.
    package var attachedClients: [ClientProcess] {
        state.withLock { $0.clients?.processes.sorted { $0.pid < $1.pid } ?? [] }
    }

    /// How many clients were ever attached.
    package var clientsSeen: Int { state.withLock { $0.clients?.seen ?? $0.seen } }

    /// Asks for a call halfway between two looks at the rings, for what must be looked at more often than these; before
    /// `start`.
    package func callHalfway(_ call: @escaping @Sendable () -> Void) { state.withLock { $0.halfway = call } }

    /// Listens and begins to tell events to the sink.
    package func start(into sink: any EventSink) throws {
        let listener = receiver_listen(path)
        guard listener >= 0 else { throw ShimReceiverError.cannotListen(path: path, errno: errno) }
        state.withLock {
            $0.clients = ShimClients(listener: listener, inherited: inherited, sink: sink)
            $0.listener = listener
        }
        let failure = startThread()
        guard failure == 0 else {
            stop()
            throw ShimReceiverError.cannotListen(path: path, errno: failure)
        }
    }

    /// Tells all that clients have written until now; for a scrape, which must not be 100 ms behind.
    package func drain() {
        state.withLock { Self.takeAll(&$0) }
    }

    /// Tells all that clients have written, then lets them go. They go on without a receiver. Safe to call twice.
    package func stop() {
        let wasRunning = state.withLock { state in
            defer { state.isStopping = true }
            return !state.isStopping
        }
        guard wasRunning else { return }
        receiver_ring_bell(wake)
        if let running = thread.withLock({ $0.take() }) { pthread_join(running, nil) }
        state.withLock { state in
            // A client that came and went a moment ago waits in the sockets with all it has to tell.
            Self.takeAll(&state)
            state.clients?.letGo()
            state.seen = state.clients?.seen ?? 0
            state.clients = nil
            guard state.listener >= 0 else { return }
            // In this order: the name may be another receiver's as soon as nobody answers.
            unlink(path)
            close(state.listener)
            state.listener = -1
        }
    }

    private static func takeAll(_ state: inout State) {
        _ = state.clients?.accept()
        state.clients?.hearAll()
        state.clients?.drain()
    }

    /// Starts the thread that waits for sockets, deaf to signals: these are for the program's own threads.
    private func startThread() -> Int32 {
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        let context = Unmanaged.passRetained(self)
        var created = pthread_t()
        let failure = pthread_create(
            &created, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<ShimReceiver>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, context.toOpaque())
        if failure == 0 {
            thread.withLock { $0 = created }
        } else {
            context.release()
        }
        return failure
    }

    private func run() {
        var isDoorOpen = true
        let halfway = state.withLock(\.halfway)
        while true {
            let (door, others, isStopping) = state.withLock {
                ($0.listener, $0.clients?.descriptors ?? [], $0.isStopping)
            }
            guard !isStopping else { return }
            var waited = [
                pollfd(fd: wake, events: Int16(POLLIN), revents: 0),
                pollfd(fd: isDoorOpen ? door : -1, events: Int16(POLLIN), revents: 0),
            ]
            waited += others.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            if others.isEmpty {
                poll(&waited, nfds_t(waited.count), isDoorOpen ? -1 : Self.pauseMilliseconds)
            } else if poll(&waited, nfds_t(waited.count), Self.pollMilliseconds / 2) == 0 {
                halfway?()
                poll(&waited, nfds_t(waited.count), Self.pollMilliseconds / 2)
            }
            isDoorOpen = state.withLock { state in
                let isRoom = waited[1].revents == 0 || state.clients?.accept() ?? true
                for entry in waited.dropFirst(2) where entry.revents != 0 { state.clients?.hear(entry.fd) }
                state.clients?.drain()
                return isRoom
            }
        }
    }
}
