internal import NIOCore
internal import NIOPosix

/// A virtual card in one slot of vpcd: connects, answers, comes back when pcscd was restarted.
///
/// All state lives on one event loop; the methods may be called from anywhere.
package final class VPCDClient: Sendable {
    /// Where vpcd listens, and what the client tells of itself.
    package struct Options: Sendable {
        package var host = "127.0.0.1"
        /// vpcd's first slot is 35963 (8C7B hex), each further slot one more.
        package var port = VPCDClient.firstPort
        /// Longest pause between two attempts to connect.
        package var longestPause = Duration.milliseconds(500)
        package var log: OracleLog?
        /// Told of each change, on the event loop.
        package var onChange: @Sendable (VPCDEvent) -> Void = { _ in }

        package init() {}
    }

    package static let firstPort = 35_963

    private let loop: any EventLoop
    private let seat: NIOLoopBoundBox<CardSeat>

    /// The card is not in the reader until `insert()`.
    package convenience init(card: VirtualCard, options: Options) {
        self.init(card: card, options: options, loop: MultiThreadedEventLoopGroup.singleton.next())
    }

    init(card: VirtualCard, options: Options, loop: any EventLoop) {
        self.loop = loop
        seat = .makeBoxSendingValue(CardSeat(card: card, options: options, loop: loop), eventLoop: loop)
    }

    /// Puts the card in; it connects as soon as vpcd listens.
    package func insert() {
        loop.execute { self.seat.value.insert() }
    }

    /// Pulls the card, in the middle of a command too.
    package func remove() {
        loop.execute { self.seat.value.remove() }
    }

    /// What the card is doing.
    package func status() async -> VPCDStatus {
        // the loop ends with the process only
        (try? await loop.submit { self.seat.value.status }.get()) ?? VPCDStatus()
    }
}

/// A change that a bench or its user wants to know.
package enum VPCDEvent: Equatable, Sendable {
    /// Nobody listens there; told once, the attempts go on.
    case waiting
    case connected
    /// pcscd has the ATR of the powered card; told again at each look at it.
    case powered
    /// pcscd looked whether the card is there, without power.
    case polled
    case disconnected
}

/// What `status` of the control socket tells of one card.
package struct VPCDStatus: Equatable, Sendable {
    /// Put in by its user; it may still wait for vpcd.
    package var isInserted = false
    package var isConnected = false
    package var isPowered = false
    /// A command is in work.
    package var isBusy = false
    /// How often pcscd asked for the ATR since start; it does so to see whether the card is there.
    package var looks = 0
    /// Commands since start.
    package var commands = 0
    /// How often it got power since start.
    package var powerUps = 0
}

extension VPCDStatus: CustomStringConvertible {
    /// Names and values for a script to read.
    package var description: String {
        "inserted=\(isInserted) connected=\(isConnected) powered=\(isPowered) busy=\(isBusy)"
            + " commands=\(commands) powerups=\(powerUps)"
    }
}

/// The card's side of the connection; on its event loop only.
final class CardSeat {
    private var card: VirtualCard
    private let options: VPCDClient.Options
    private let loop: any EventLoop
    private(set) var status = VPCDStatus()
    private var channel: (any Channel)?
    private var queue: [VPCDMessage] = []
    private var work: (command: [UInt8], start: UInt64, timer: Scheduled<Void>)?
    private var retry: Scheduled<Void>?
    private var backOff = CardSeat.shortestBackOff

    /// pcscd needs about 0.1 s to start: a first try soon.
    private static let shortestBackOff = TimeAmount.milliseconds(5)
    private var isWaitingTold = false

    init(card: VirtualCard, options: VPCDClient.Options, loop: any EventLoop) {
        self.card = card
        self.options = options
        self.loop = loop
    }

    func insert() {
        guard !status.isInserted else { return }
        status.isInserted = true
        backOff = Self.shortestBackOff
        retry?.cancel()
        connect()
    }

    func remove() {
        retry?.cancel()
        guard status.isInserted else { return }
        status.isInserted = false
        abandonWork(.removed)
        leave()
    }

    // MARK: Connection

    private func connect() {
        guard status.isInserted, channel == nil else { return }
        let seat = NIOLoopBound(self, eventLoop: loop)
        ClientBootstrap(group: loop)
            .connectTimeout(.seconds(5))
            // vpcd sends length and body apart: without both options an APDU costs 40 ms and more
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(VPCDHandler(seat: seat.value))
                }
            }
            .connect(host: options.host, port: options.port)
            .assumeIsolated()
            .whenComplete { result in
                switch result {
                case .success(let channel): self.connected(channel)
                case .failure: self.refused()
                }
            }
    }

    private func connected(_ channel: any Channel) {
        // closed before this was told, or removed meanwhile
        guard status.isInserted, channel.isActive else {
            channel.close(promise: nil)
            return connectLater()
        }
        self.channel = channel
        status.isConnected = true
        isWaitingTold = false
        options.onChange(.connected)
    }

    private func refused() {
        connectLater()
        guard status.isInserted, !isWaitingTold else { return }
        isWaitingTold = true
        options.onChange(.waiting)
    }

    private func connectLater() {
        guard status.isInserted, channel == nil else { return }
        retry = loop.assumeIsolated().scheduleTask(in: backOff) { self.connect() }
        backOff = min(backOff * 2, TimeAmount(options.longestPause))
    }

    /// Closes the connection and takes the power away.
    private func leave() {
        let old = channel
        channel = nil
        queue = []
        status.isConnected = false
        status.isPowered = false
        card.reset()
        old?.close(promise: nil)
        if old != nil { options.onChange(.disconnected) }
    }

    /// The other side closed: pcscd was stopped or has died.
    func closed(_ closing: any Channel) {
        guard let channel, channel === closing else { return }
        abandonWork(.lost)
        leave()
        connectLater()
    }

    // MARK: Messages

    func received(_ messages: [VPCDMessage], on source: any Channel) {
        // connect() may not have told yet that it is done
        if channel == nil, status.isInserted { connected(source) }
        guard channel === source else { return }
        backOff = Self.shortestBackOff
        queue += messages
        answerNext()
    }

    private func answerNext() {
        while work == nil, !queue.isEmpty {
            answer(queue.removeFirst())
        }
    }

    private func answer(_ message: VPCDMessage) {
        switch message {
        case .powerOff:
            card.reset()
            status.isPowered = false
        case .powerOn, .reset:
            card.reset()
            status.isPowered = true
            if message == .powerOn { status.powerUps += 1 }
        case .askATR:
            status.looks += 1
            send(card.atr)
            options.onChange(status.isPowered ? .powered : .polled)
        case .command(let command):
            status.commands += 1
            work(on: command)
        case .unknown:
            break
        }
    }

    private func work(on command: [UInt8]) {
        let start = OracleLog.now()
        let reply = card.process(command)
        guard reply.delay > .zero else { return finish(command, start, reply) }
        status.isBusy = true
        let timer = loop.assumeIsolated().scheduleTask(in: TimeAmount(reply.delay)) {
            self.work = nil
            self.status.isBusy = false
            self.finish(command, start, reply)
            self.answerNext()
        }
        work = (command, start, timer)
    }

    private func finish(_ command: [UInt8], _ start: UInt64, _ reply: CardReply) {
        guard reply.removesCard else {
            // first the log: whoever has the answer finds it there
            options.log?.record(command, startedAt: start, .answered(reply.response))
            send(reply.response)
            return
        }
        options.log?.record(command, startedAt: start, .removed)
        remove()
        if let pause = reply.returnsAfter {
            retry = loop.assumeIsolated().scheduleTask(in: TimeAmount(pause)) { self.insert() }
        }
    }

    private func abandonWork(_ outcome: OracleLog.Outcome) {
        guard let work else { return }
        work.timer.cancel()
        options.log?.record(work.command, startedAt: work.start, outcome)
        self.work = nil
        status.isBusy = false
    }

    private func send(_ payload: [UInt8]) {
        guard let channel else { return }
        // one buffer and one write: length and body leave in one segment
        channel.writeAndFlush(ByteBuffer(bytes: VPCDFraming.frame(payload)), promise: nil)
    }
}

/// Cuts what arrives into messages, and keeps the kernel acknowledging at once.
private final class VPCDHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let seat: CardSeat
    private var framing = VPCDFraming()

    init(seat: CardSeat) {
        self.seat = seat
    }

    func channelActive(context: ChannelHandlerContext) {
        acknowledgeAtOnce(context)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // the option does not last: the kernel falls back to delayed acknowledgement by itself
        acknowledgeAtOnce(context)
        seat.received(framing.received(unwrapInboundIn(data).readableBytesView), on: context.channel)
    }

    func channelInactive(context: ChannelHandlerContext) {
        seat.closed(context.channel)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func acknowledgeAtOnce(_ context: ChannelHandlerContext) {
        // on a socket that just closed this fails, which channelInactive tells anyway
        try? context.channel.syncOptions?.setOption(.tcpOption(.init(rawValue: Self.quickAcknowledge)), value: 1)
    }

    /// TCP_QUICKACK of Linux, tcp(7).
    private static let quickAcknowledge: CInt = 12
}
