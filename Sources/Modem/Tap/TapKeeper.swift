internal import CProbe
internal import Glibc
internal import NIOCore
internal import NIOPosix
internal import ProbeEvents
internal import SmartCard
internal import Synchronization

/// A relay on its event loop: opens both ends, moves bytes, and tells what it heard; begins anew when the modem comes
/// back.
final class TapKeeper {
    /// What is there while both ends are open.
    private struct Open {
        var number: Int
        var ends: TapEnds
        var modem: RelayHandler
        var client: RelayHandler
        /// Wakes when the client's end is opened or closed.
        var alarm: (any Channel)?
    }

    /// How often the client's settings are looked at while it has the port and sends nothing.
    private static let look = TimeAmount.milliseconds(250)

    private let settings: ATTapSettings
    private let known: KnownState
    private let loop: any EventLoop
    private var teller: TapTeller
    private var listener = TapListener()
    /// Tells a capture what passes; nil without one.
    private var copy: ATLineCopy?

    private var open: Open?
    private var number = 0
    private var isStarted = false
    private var isOpening = false
    private var refusal: ModemError?
    private var ends: [EventLoopPromise<Void>] = []
    private let timer: DeadlineTimer
    private var looking: RepeatedTask?
    /// How often the client's end is open.
    private var opens = 0
    private var isPresent = false
    /// Whether the line was hung up when the last client left.
    private var hangsUp = false
    private var line = serial_line()

    init(_ settings: ATTapSettings, _ known: KnownState, _ capture: (any WireSink)?, _ loop: any EventLoop) {
        self.settings = settings
        self.known = known
        self.loop = loop
        timer = DeadlineTimer(loop)
        teller = TapTeller(
            modem: settings.modem, vendor: settings.vendor, level: capture?.level ?? .standard)
        copy = capture.map { ATLineCopy(modem: settings.modem, into: $0) }
    }

    private var now: UInt64 { EventClock.monotonicNow }

    // MARK: Beginning and end

    func start(_ sink: any EventSink) {
        guard !isStarted else { return }
        isStarted = true
        teller.begin(sink)
        openEnds()
    }

    func stop() -> EventLoopFuture<Void> {
        isStarted = false
        close(error: nil)
        guard isOpening else { return loop.makeSucceededVoidFuture() }
        let end = loop.makePromise(of: Void.self)
        ends.append(end)
        return end.futureResult
    }

    private func openEnds() {
        guard isStarted, open == nil, !isOpening else { return }
        isOpening = true
        NIOThreadPool.singleton.runIfActive(eventLoop: loop) { [settings] in try TapEnds(settings) }
            .assumeIsolated()
            .flatMap { self.watch($0) }
            .whenComplete { result in
                self.isOpening = false
                if case .failure(let error) = result { self.refused(error) }
                if !self.isStarted { self.close(error: nil) }
                for end in self.ends { end.succeed() }
                self.ends = []
            }
    }

    /// Puts three channels on what is open: the modem's port, the client's terminal, the alarm of its opens.
    private func watch(_ ends: TapEnds) -> EventLoopFuture<Void> {
        number += 1
        let number = number
        let keeper = NIOLoopBound(self, eventLoop: loop)
        let modem = RelayHandler(
            onBytes: { keeper.value.fromModem($0) }, onEnd: { keeper.value.lost(number) })
        let client = RelayHandler(
            onBytes: { keeper.value.fromClient($0) }, onEnd: { keeper.value.lost(number) })
        RelayHandler.join(modem, client)
        open = Open(number: number, ends: ends, modem: modem, client: client)
        line = serial_line()
        // The port first: what the client sends finds it there.
        return add(modem, to: ends.port.descriptor).assumeIsolated()
            .flatMap { self.add(client, to: ends.client.master) }
            .flatMap { self.addAlarm(ends.alarm) }
            .map { self.opened(number) }
            .flatMapErrorThrowing { error in
                self.close(error: nil)
                let number = (error as? IOError)?.errnoCode ?? EIO
                throw ModemError.system(path: self.settings.port, doing: "watching", errno: number)
            }
            .nonisolated()
    }

    private func add(_ handler: RelayHandler, to descriptor: Int32) -> EventLoopFuture<Void> {
        let handler = NIOLoopBound(handler, eventLoop: loop)
        let copies: DescriptorCopies
        do { copies = try DescriptorCopies(2, of: descriptor) } catch { return loop.makeFailedFuture(error) }
        let marks = ChannelOptions.Types.WriteBufferWaterMark(
            low: RelayHandler.lowMarkBytes, high: RelayHandler.highMarkBytes)
        return NIOPipeBootstrap(group: loop)
            .channelOption(.writeBufferWaterMark, value: marks)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(handler.value)
                }
            }
            .takingOwnershipOfDescriptors(input: copies[0], output: copies[1])
            .map { _ in }
    }

    private func addAlarm(_ descriptor: Int32) -> EventLoopFuture<Void> {
        let keeper = NIOLoopBound(self, eventLoop: loop)
        let copies: DescriptorCopies
        do { copies = try DescriptorCopies(1, of: descriptor) } catch { return loop.makeFailedFuture(error) }
        return NIOPipeBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        OpensHandler { keeper.value.countOpens() })
                }
            }
            .takingOwnershipOfDescriptor(input: copies[0])
            .assumeIsolated()
            .map { self.open?.alarm = $0 }
            .nonisolated()
    }

    private func opened(_ number: Int) {
        guard open?.number == number else { return }
        refusal = nil
        opens = 0
        known.state.withLock { $0 = ATTap.State(isOpen: true) }
        teller.vendor.attached = open?.ends.vendor
        teller.tell(.modemCame)
    }

    private func refused(_ error: any Error) {
        openLater()
        guard isStarted, let error = error as? ModemError, error != refusal else { return }
        refusal = error
        known.state.withLock { $0.refusal = error }
        // That it is not there was told when it went, or never was.
        if error != .noSuchPort(path: settings.port) { teller.tell(.portRefused, error: error.deviceError) }
    }

    private func lost(_ number: Int) {
        guard open?.number == number else { return }
        close(error: .unavailable)
        openLater()
    }

    private func close(error: DeviceErrorType?) {
        guard let open else { return }
        self.open = nil
        // What could still be read was; the client hears the hang-up when all ends of its terminal are closed.
        open.modem.close()
        open.client.close()
        open.alarm?.close(promise: nil)
        open.ends.end()
        timer.cancel()
        looking?.cancel()
        looking = nil
        isPresent = false
        listener.portLost(now: now).forEach { teller.heard($0) }
        teller.closeSession(error == nil ? nil : .readerUnavailable)
        teller.forgetModem()
        copy?.forget()
        if known.state.withLock({ $0.isOpen }) { teller.tell(.modemWent, error: error) }
        known.state.withLock { $0 = ATTap.State() }
    }

    private func openLater() {
        guard isStarted else { return }
        loop.assumeIsolated().scheduleTask(in: TimeAmount(settings.retry)) { self.openEnds() }
    }

    // MARK: Bytes

    private func fromClient(_ packet: ByteBuffer) {
        var buffer = packet
        // What is not 0 tells that the client has thrown bytes away: there are none behind it.
        guard let open, buffer.readInteger(as: UInt8.self) == 0, buffer.readableBytes > 0 else { return }
        followLine()
        open.modem.send(buffer)
        if !isPresent { countOpens() }
        copy?.sent(buffer.readableBytesView)
        tell(listener.sent(buffer.readableBytesView, now: now))
    }

    private func fromModem(_ buffer: ByteBuffer) {
        guard let open else { return }
        if !isPresent { countOpens() }
        // A port that nobody has open keeps nothing for who opens it next.
        if isPresent { open.client.send(buffer) }
        copy?.note(teller.vendor.vendor)
        copy?.received(buffer.readableBytesView)
        tell(listener.received(buffer.readableBytesView, now: now))
    }

    private func tell(_ news: [TapNews]) {
        for item in news {
            teller.heard(item)
            if item == .stoppedAnswering || item == .answersAgain {
                known.state.withLock { $0.isAnswering = item == .answersAgain }
            }
        }
        timer.set(open == nil ? nil : listener.deadline) { self.tell(self.listener.advance(now: self.now)) }
    }

    // MARK: The client

    /// Sets the port's wire as the client has set its terminal. A pseudo terminal does not tell of changes (packet mode
    /// does with EXTPROC only, which changes how a client reads), so that it is asked: 0.1 microseconds.
    private func followLine() {
        guard let open else { return }
        var now = serial_line()
        guard serial_get_line(open.ends.client.master, &now) == 0, now != line else { return }
        line = now
        serial_set_line(open.ends.port.descriptor, &now)
    }

    /// Reads what the watch has to tell by now.
    private func countOpens() {
        guard let open else { return }
        var bytes = [UInt8](repeating: 0, count: 4_096)
        let count = read(open.ends.watch, &bytes, bytes.count)
        guard count > 0 else { return }
        var isLost = false
        opens += Int(serial_count_opens(bytes, Int32(clamping: count), &isLost))
        // Where some are not known, nobody is there until somebody is heard.
        opens = isLost ? 0 : max(0, opens)
        opens > 0 ? clientCame() : clientLeft()
    }

    private func clientCame() {
        guard let open, !isPresent else { return }
        isPresent = true
        // What could not be delivered to the client before is none of this one's.
        serial_forget_input(open.ends.client.otherEnd)
        if hangsUp { serial_set_ready(open.ends.port.descriptor, true) }
        hangsUp = false
        teller.openSession()
        nameClient(at: open.ends.client.device)
        let keeper = NIOLoopBound(self, eventLoop: loop)
        looking = loop.scheduleRepeatedTask(initialDelay: Self.look, delay: Self.look) { _ in
            keeper.value.followLine()
        }
    }

    /// Looks for the program that has the terminal open. That takes milliseconds: on the loop bytes would wait for it.
    private func nameClient(at device: String) {
        let session = teller.lastSession
        NIOThreadPool.singleton.runIfActive(eventLoop: loop) { Machine().holder(of: device, besides: getpid()) }
            .assumeIsolated()
            .whenComplete { self.teller.beginSession(session, of: (try? $0.get()).flatMap(\.self)) }
    }

    private func clientLeft() {
        guard let open, isPresent else { return }
        isPresent = false
        looking?.cancel()
        looking = nil
        followLine()
        serial_forget_input(open.ends.client.otherEnd)
        hangsUp = serial_hangs_up(&line)
        if hangsUp { serial_set_ready(open.ends.port.descriptor, false) }
        listener.clientLeft()
        teller.closeSession()
    }
}

/// Wakes the relay; what there is to count it reads itself, when it needs to know.
private final class OpensHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let onChange: () -> Void

    init(_ onChange: @escaping () -> Void) { self.onChange = onChange }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { onChange() }
}

extension serial_line {
    fileprivate static func != (left: serial_line, right: serial_line) -> Bool {
        left.control != right.control || left.in_speed != right.in_speed || left.out_speed != right.out_speed
    }
}
