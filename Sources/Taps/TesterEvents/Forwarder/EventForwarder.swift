internal import FoundationEssentials
internal import Glibc
internal import NIOCore
internal import NIOPosix
package import ProbeEvents
internal import Synchronization

/// Hands every event on to a daemon that listens on an ``EventSocket``, from memory of bounded size.
///
/// Whoever tells an event never waits. When the daemon goes away it is looked for again, and told anew what is open;
/// what it has not confirmed is sent to the next one. What cannot be kept that long is counted.
package final class EventForwarder: EventSink {
    /// How much is kept.
    package struct Limits: Sendable, Hashable {
        /// Events that wait to be sent.
        package var events = 16_384
        /// Their size in memory, about.
        package var bytes = 16 << 20
        /// Events that were sent and not confirmed.
        package var unconfirmed = 2_048
        /// Their size in memory, about.
        package var unconfirmedBytes = 4 << 20

        /// The bounds of a `run`.
        package init() {}
    }

    /// How long an event waits for others, so that few wake-ups carry them. At 200 events a second both ends together
    /// take 2.1% of a core with 20 ms and 1.0% with 100 ms.
    private static let gathering = TimeAmount.milliseconds(100)
    /// So many do not wait for more.
    private static let batch = 64
    private static let firstPause = TimeAmount.milliseconds(100)
    private static let longestPause = TimeAmount.seconds(1)

    private struct State {
        var queue: ForwardQueue
        var channel: (any Channel)?
        var isWakeUnderWay = false
        var retry: Scheduled<Void>?
        var pause = EventForwarder.firstPause
        var isFinishing = false
        var isOver = false
        /// Signalled when all is confirmed, or nobody is there while finishing.
        var whenDone: OneTimeSignal?
    }

    private let path: String
    private let patience: Duration
    private let loop: any EventLoop
    private let state: Mutex<State>

    /// A forwarder to the daemon that listens at this path; nil when nobody listens there.
    ///
    /// Throws an ``EventForwarderError`` when whoever listens is no probe of our version, refuses us, or does not
    /// answer in time. Must not be called on an event loop.
    package static func connect(
        path: String, within limit: Duration = .seconds(1), limits: Limits = Limits()
    ) throws -> EventForwarder? {
        let forwarder = EventForwarder(path: path, patience: limit, limits: limits)
        do {
            try forwarder.link().wait()
            return forwarder
        } catch EventForwarderError.cannotConnect(_, ENOENT), EventForwarderError.cannotConnect(_, ECONNREFUSED) {
            return nil
        }
    }

    private init(path: String, patience: Duration, limits: Limits) {
        self.path = path
        self.patience = patience
        loop = MultiThreadedEventLoopGroup.singleton.next()
        state = Mutex(State(queue: ForwardQueue(limits: limits)))
    }

    deinit {
        state.withLock { $0.channel }?.close(promise: nil)
    }

    /// Whether a daemon is there now.
    package var isConnected: Bool { state.withLock { $0.queue.isConnected } }

    /// How many events a daemon has confirmed.
    package var delivered: UInt64 { state.withLock { $0.queue.delivered } }

    /// How many events wait to be sent.
    package var waiting: Int { state.withLock { $0.queue.waitingCount } }

    /// What was lost so far.
    package var losses: [LossKind: UInt64] { state.withLock { $0.queue.losses } }

    /// Queues one event; one that a daemon sees for itself is passed over.
    package func receive(_ event: ProbeEvent) {
        guard event.isToldOutside else { return }
        let (isFirst, isBatch) = state.withLock { state in
            guard !state.isFinishing else {
                state.queue.refuse(event)
                return (false, false)
            }
            state.queue.append(event)
            guard state.queue.isConnected else { return (false, false) }
            defer { state.isWakeUnderWay = true }
            return (!state.isWakeUnderWay, state.queue.waitingCount == Self.batch)
        }
        if isBatch {
            loop.execute { self.send() }
        } else if isFirst {
            loop.scheduleTask(in: Self.gathering) { self.send() }
        }
    }

    /// Takes no more events and waits until the daemon has confirmed all, or the time is over, or nobody is there, or
    /// the daemon has confirmed nothing for a second: whoever waits for us is not held up by one that hangs.
    ///
    /// Returns how many events no daemon has confirmed, of all that were ever handed to it. Safe to call twice.
    @discardableResult
    package func finish(within limit: Duration) -> UInt64 {
        let done = OneTimeSignal()
        let mustWait = state.withLock { state in
            state.isFinishing = true
            guard !state.queue.isEmpty else { return false }
            state.whenDone = done
            return true
        }
        if mustWait {
            loop.execute { self.hurry() }
            let end = ContinuousClock.now + limit
            var before: UInt64
            repeat {
                before = delivered
                guard !done.wait(atMost: min(end - .now, .seconds(1))) else { break }
            } while delivered > before && .now < end
        }
        let (channel, retry, lost) = state.withLock { state in
            state.queue.abandon()
            state.isOver = true
            state.whenDone = nil
            return (state.channel, state.retry, state.queue.lossCount)
        }
        retry?.cancel()
        channel?.close(promise: nil)
        return lost
    }

    // Everything below runs on the event loop, but for `link` which may be called from anywhere.

    /// Connects and waits for the greeting.
    private func link() -> EventLoopFuture<Void> {
        let descriptor: Int32
        do throws(LocalSocket.Failure) {
            descriptor = try LocalSocket.connect(to: path)
        } catch {
            return loop.makeFailedFuture(EventForwarderError.cannotConnect(path: path, errno: error.errno))
        }
        let greeted = loop.makePromise(of: Void.self)
        let late = loop.scheduleTask(in: TimeAmount(patience)) { [path] in
            greeted.fail(EventForwarderError.noAnswer(path: path))
        }
        let connected = ClientBootstrap(group: loop)
            .channelInitializer { [weak self, path] channel in
                channel.eventLoop.makeCompletedFuture {
                    let link = ForwarderLink(path: path, greeted: greeted) { news in self?.hear(news) }
                    try channel.pipeline.syncOperations.addHandler(link)
                }
            }
            .withConnectedSocket(descriptor)
        connected.whenFailure { greeted.fail($0) }
        return connected.flatMap { channel in
            greeted.futureResult
                .flatMapThrowing { try self.linked(channel) }
                .flatMapErrorThrowing { error in
                    channel.close(promise: nil)
                    throw error
                }
        }
        .always { _ in late.cancel() }
    }

    private func linked(_ channel: any Channel) throws(EventForwarderError) {
        let isTaken = state.withLock { state in
            // The greeting may have been the last word.
            guard channel.isActive, !state.isOver else { return false }
            state.channel = channel
            state.pause = Self.firstPause
            state.queue.connected()
            return true
        }
        guard isTaken else { throw .noProbe(path: path) }
        send()
    }

    private func hear(_ news: ForwarderLink.News) {
        switch news {
        case .canWrite: send()
        case .receipt(let receipt):
            let done = state.withLock { state in
                state.queue.confirm(receipt, clock: .now)
                return state.queue.isEmpty ? state.whenDone.take() : nil
            }
            done?.raise()
            send()
        case .ended:
            let wasLinked = state.withLock { state in
                state.queue.disconnected()
                return state.channel.take() != nil
            }
            if wasLinked { lookAgain() }
        }
    }

    /// Writes as much as the socket and the bounds allow.
    private func send() {
        let channel = state.withLock { state in
            state.isWakeUnderWay = false
            return state.channel
        }
        guard let channel else { return }
        while channel.isWritable {
            let batch = state.withLock { state in
                var batch: [ProbeEvent] = []
                while batch.count < Self.batch, let event = state.queue.next(clock: .now) { batch.append(event) }
                return batch
            }
            guard !batch.isEmpty else { break }
            var bytes = channel.allocator.buffer(capacity: batch.count * 640)
            for event in batch {
                // A blank would be no line to the daemon, and the numbers would not agree.
                bytes.writeBytes((try? EventLine.encode(event)) ?? Data("{}".utf8))
                bytes.writeInteger(UInt8(0x0A))
            }
            channel.writeAndFlush(bytes, promise: nil)
        }
    }

    /// Tries once more without a pause, unless an attempt is under way; when that fails nobody is there.
    private func hurry() {
        let (isThere, retry) = state.withLock { ($0.channel != nil, $0.retry.take()) }
        retry?.cancel()
        if isThere { send() } else if retry != nil { tryAgain() }
    }

    private func lookAgain() {
        state.withLock { state in
            guard !state.isOver else { return }
            let pause = state.isFinishing ? .zero : state.pause
            state.pause = min(pause * 2, Self.longestPause)
            state.retry = loop.scheduleTask(in: pause) { [weak self] in
                // Taken by whoever tries: one that is due runs although `hurry` has cancelled it, and one under way is
                // no retry to come. Two connections would tell the daemon things twice.
                guard let self, self.state.withLock({ $0.retry.take() }) != nil else { return }
                tryAgain()
            }
        }
    }

    private func tryAgain() {
        link().whenFailure { [weak self] _ in
            guard let self else { return }
            let (isFinishing, done) = state.withLock { ($0.isFinishing, $0.isFinishing ? $0.whenDone.take() : nil) }
            done?.raise()
            if !isFinishing { lookAgain() }
        }
    }
}
