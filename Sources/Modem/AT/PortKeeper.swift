internal import NIOCore
internal import ProbeEvents
internal import Synchronization

/// Numbers of calls, so that one can be given up from elsewhere.
final class CallNumbers: Sendable {
    private let last = Atomic<UInt64>(0)

    func next() -> UInt64 { last.wrappingAdd(1, ordering: .relaxed).newValue }
}

/// An AT port on its event loop: opens it, moves bytes between it and the channel, wakes the channel in time.
final class PortKeeper {
    private struct Call {
        var ticket: UInt64
        var promise: EventLoopPromise<ATAnswer>
    }

    private let settings: ATPortSettings
    private let sink: (any EventSink)?
    private let onNews: @Sendable (ATPortNews) -> Void
    private let loop: any EventLoop

    private var channel: ATChannel
    /// Tells a capture what passes; nil without one.
    private var copy: ATLineCopy?
    private var port: SerialPort?
    /// Counts openings: a late word from one that is over concerns nobody.
    private var opening = 0
    private var isStarted = false
    private var isOpening = false
    /// Whether its coming was told.
    private var isTold = false
    private var calls: [UInt64: Call] = [:]
    private let timer: DeadlineTimer
    private var refusal: ModemError?
    private var isStuck = false
    private var ends: [EventLoopPromise<Void>] = []

    init(
        _ settings: ATPortSettings, _ sink: (any EventSink)?, _ capture: (any WireSink)?,
        _ onNews: @escaping @Sendable (ATPortNews) -> Void, _ loop: any EventLoop
    ) {
        self.settings = settings
        self.sink = sink
        self.onNews = onNews
        self.loop = loop
        timer = DeadlineTimer(loop)
        channel = ATChannel(now: 0, pace: settings.pace)
        copy = capture.map { ATLineCopy(modem: settings.modem, into: $0) }
    }

    private var now: UInt64 { EventClock.now.monotonicNanoseconds }

    // MARK: Opening and closing

    func start() {
        guard !isStarted else { return }
        isStarted = true
        open()
    }

    func stop() -> EventLoopFuture<Void> {
        isStarted = false
        let end = loop.makePromise(of: Void.self)
        if port == nil, !isOpening {
            end.succeed()
        } else {
            ends.append(end)
            port?.close()
        }
        return end.futureResult
    }

    private func open() {
        guard isStarted, port == nil, !isOpening else { return }
        isOpening = true
        opening += 1
        let opening = opening
        let keeper = NIOLoopBound(self, eventLoop: loop)
        let handlers = SerialPort.Handlers(
            received: { buffer in keeper.value.received(buffer, opening) }, closed: { keeper.value.closed(opening) })
        SerialPort.open(settings.path, settings: settings.serial, loop: loop, handlers: handlers)
            .assumeIsolated()
            .whenComplete { result in
                switch result {
                case .success(let port): self.opened(port.value)
                case .failure(let error): self.refused(error)
                }
            }
    }

    private func opened(_ port: SerialPort) {
        isOpening = false
        self.port = port
        // Stopped, or hung up, before it was open.
        guard isStarted, port.isOpen else {
            port.isOpen ? port.close() : closed(opening)
            return
        }
        refusal = nil
        isStuck = false
        channel = ATChannel(now: now, pace: settings.pace)
        isTold = true
        onNews(.opened)
        tell(.modemCame)
        setTimer()
    }

    private func refused(_ error: any Error) {
        isOpening = false
        endStop()
        openLater()
        guard isStarted, let error = error as? ModemError, error != refusal else { return }
        refusal = error
        // That it is not there was told when it went, or never was.
        if error != .noSuchPort(path: settings.path) { tell(.portRefused, error: error.deviceError) }
        onNews(.refused(error))
    }

    private func closed(_ number: Int) {
        guard number == opening, port != nil else { return }
        port = nil
        copy?.forget()
        perform(channel.closed(now: now))
        timer.cancel()
        if isTold { tell(.modemWent, error: isStarted ? .unavailable : nil) }
        isTold = false
        onNews(.closed)
        endStop()
        openLater()
    }

    private func endStop() {
        for end in ends { end.succeed() }
        ends = []
    }

    private func openLater() {
        guard isStarted else { return }
        loop.assumeIsolated().scheduleTask(in: TimeAmount(settings.retry)) { self.open() }
    }

    // MARK: Commands

    func send(_ command: ATCommand, number: UInt64) -> EventLoopFuture<ATAnswer> {
        let promise = loop.makePromise(of: ATAnswer.self)
        guard port != nil else {
            promise.succeed(ATAnswer(command: command, final: FinalResult(.portLost)))
            return promise.futureResult
        }
        let (ticket, actions) = channel.send(command, now: now)
        calls[number] = Call(ticket: ticket, promise: promise)
        perform(actions)
        setTimer()
        return promise.futureResult
    }

    func giveUp(number: UInt64) {
        guard let call = calls[number] else { return }
        perform(channel.abort(call.ticket, now: now))
        setTimer()
    }

    // MARK: Bytes and time

    private func received(_ buffer: ByteBuffer, _ number: Int) {
        guard number == opening, port != nil else { return }
        copy?.received(buffer.readableBytesView)
        perform(channel.received(buffer.readableBytesView, now: now))
        setTimer()
    }

    private func setTimer() {
        timer.set(port == nil ? nil : channel.deadline) {
            self.perform(self.channel.advance(now: self.now))
            self.setTimer()
        }
    }

    private func perform(_ actions: [ATAction]) {
        for action in actions {
            switch action {
            case .write(let bytes):
                port?.write(bytes)
                copy?.sent(bytes)
            case .answered(let ticket, let answer): finish(ticket, answer)
            case .unsolicited(let seen):
                sink?.receive(
                    .urc(
                        URCSeen(
                            stamp: .now(source: .modem), modem: settings.modem, code: seen.code,
                            lengthBytes: UInt32(clamping: seen.line.count))))
                onNews(.unsolicited(seen))
            case .ready:
                if isStuck { tell(.answersAgain) }
                isStuck = false
                onNews(.ready)
            case .stuck:
                isStuck = true
                tell(.stoppedAnswering, error: .unresponsive)
                onNews(.stuck)
            }
        }
    }

    private func finish(_ ticket: UInt64, _ answer: ATAnswer) {
        if let sent = answer.sentNanoseconds {
            let stamp = EventStamp(
                source: .modem, startNanoseconds: sent, durationNanoseconds: answer.durationNanoseconds, clock: .now)
            sink?.receive(
                .atCommand(
                    ATCommandDone(
                        stamp: stamp, modem: settings.modem, command: answer.command.name,
                        result: answer.final.result, errorCode: answer.final.errorCode)))
        }
        guard let number = calls.first(where: { $0.value.ticket == ticket })?.key else { return }
        calls.removeValue(forKey: number)?.promise.succeed(answer)
    }

    private func tell(_ change: ModemChange.Change, error: DeviceErrorType? = nil) {
        sink?.receive(
            .modemChanged(
                ModemChange(stamp: .now(source: .modem), modem: settings.modem, change: change, error: error)))
    }
}
