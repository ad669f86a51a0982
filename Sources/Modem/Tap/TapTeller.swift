internal import ProbeEvents
internal import SmartCard

/// Tells as events what a relay heard; each time that a tester has the port is a session.
struct TapTeller {
    private let modem: String
    private var sink: (any EventSink)?
    private var lastSession: UInt64 = 0
    private var client = ClientProcess(id: 0, pid: 0, program: "")
    /// The session that is open; nil for none.
    private var trail: SessionTrail?
    /// What the modem says of its card, and what the tester tells the card through it.
    private var toolkit: ToolkitTrail

    init(modem: String) {
        self.modem = modem
        toolkit = ToolkitTrail(modem: modem, source: .atTap, seesAnswers: true)
    }

    mutating func begin(_ sink: any EventSink) {
        self.sink = sink
        sink.receive(.sourceState(SourceState(stamp: .now(source: .atTap), isWorking: true, message: "")))
    }

    // MARK: The modem

    func tell(_ change: ModemChange.Change, error: DeviceErrorType? = nil) {
        sink?.receive(
            .modemChanged(ModemChange(stamp: .now(source: .atTap), modem: modem, change: change, error: error)))
    }

    mutating func heard(_ news: TapNews) {
        switch news {
        case .answered(let answer):
            tell(answer)
            if answer.isSuccess {
                let clock = EventClock.now
                let sent = answer.sentNanoseconds ?? clock.monotonicNanoseconds
                let then = EventClock(monotonicNanoseconds: sent, wallNanoseconds: clock.wall(atMonotonic: sent))
                tell(toolkit.note(command: Array(answer.command.text.utf8), at: then))
            }
            if let card = CardCommand(answer) { tell(card, of: answer) }
        case .unsolicited(let seen):
            sink?.receive(
                .urc(
                    URCSeen(
                        stamp: .now(source: .atTap), modem: modem, code: seen.code,
                        lengthBytes: UInt32(clamping: seen.line.count))))
            tell(toolkit.note(seen, vendor: .unknown, at: .now))
        case .stoppedAnswering: tell(.stoppedAnswering, error: .unresponsive)
        case .answersAgain: tell(.answersAgain)
        }
    }

    /// Nobody tells of the modem's card any more.
    mutating func forgetCard() { tell(toolkit.reset(.sourceGone, at: .now)) }

    private func tell(_ events: [ProbeEvent]) {
        for event in events { sink?.receive(event) }
    }

    private func tell(_ answer: ATAnswer) {
        sink?.receive(
            .atCommand(
                ATCommandDone(
                    stamp: stamp(of: answer), modem: modem, command: answer.command.name,
                    result: answer.final.result, errorCode: answer.final.errorCode)))
    }

    private func stamp(of answer: ATAnswer) -> EventStamp {
        EventStamp(
            source: .atTap, startNanoseconds: answer.sentNanoseconds ?? 0,
            durationNanoseconds: answer.durationNanoseconds, clock: .now)
    }

    // MARK: The card

    /// The modem's own part in the time is not known, so that the card's time is an upper bound.
    private mutating func tell(_ card: CardCommand, of answer: ATAnswer) {
        let kept = Redaction.kept(command: card.command, response: card.response)
        let exchange = APDUExchange(
            stamp: stamp(of: answer), client: client, thread: 0, session: trail == nil ? 0 : lastSession,
            reader: modem, interface: .at, sessionProtocol: .unknown,
            name: trail?.name(of: card.command) ?? CommandAPDU(card.command).name(), command: HexBytes(kept.command),
            response: HexBytes(kept.response), isCut: kept.cut, resultCode: 0, waitNanoseconds: 0,
            isWaitExact: false)
        let effects = trail?.note(exchange) ?? []
        tell([.apdu(exchange)] + effects)
    }

    // MARK: The tester

    /// A tester opened the port.
    mutating func openSession() {
        guard trail == nil else { return }
        let stamp = EventStamp.now(source: .atTap)
        lastSession += 1
        client = ClientProcess(id: .random(in: 1...UInt64(Int64.max)), pid: 0, program: "")
        trail = SessionTrail(
            number: lastSession, client: client, reader: modem, activeProtocol: .unknown,
            openedNanoseconds: stamp.startNanoseconds, source: .atTap, interface: .at)
        sink?.receive(
            .sessionOpened(
                ReaderSessionOpened(
                    stamp: stamp, client: client, session: lastSession, reader: modem, sessionProtocol: .unknown,
                    shareMode: 1, type: .at)))
    }

    /// The tester closed the port, or it was lost.
    mutating func closeSession(_ error: SessionErrorType? = nil) {
        guard var trail else { return }
        self.trail = nil
        let clock = EventClock.now
        let opened = min(trail.openedNanoseconds, clock.monotonicNanoseconds)
        let stamp = EventStamp(
            source: .atTap, startNanoseconds: opened, durationNanoseconds: clock.monotonicNanoseconds - opened,
            clock: clock)
        tell(trail.end(stamp, otherwise: error))
    }
}
