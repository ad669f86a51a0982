internal import ProbeEvents
internal import SmartCard

/// Tells as events what a relay heard; each time that a tester has the port is a session.
struct TapTeller {
    private let modem: String
    /// Whose modem it is, by which its lines are read.
    var vendor: KnownVendor
    /// How much of commands to the card is told.
    private let level: Redaction.Level
    private var sink: (any EventSink)?
    /// The number of the session that was opened last.
    private(set) var lastSession: UInt64 = 0
    private var client = ClientProcess(id: 0, pid: 0, program: "")
    /// The session that is open; nil for none.
    private var trail: SessionTrail?
    /// A session that is open, and whose program is still looked for; nil for none.
    private var opening: Opening?
    /// What the modem says of its card, and what the tester tells the card through it.
    private var toolkit: ToolkitTrail

    /// What a session did before its program was known.
    private struct Opening {
        var stamp: EventStamp
        var exchanges: [(CardCommand, ATAnswer)] = []
    }

    /// Commands to the card that wait for the name of their program at most.
    private static let waitingLimit = 64

    init(modem: String, vendor: ModemVendor?, level: Redaction.Level = .standard) {
        (self.modem, self.level) = (modem, level)
        self.vendor = KnownVendor(named: vendor)
        toolkit = ToolkitTrail(modem: modem, source: .atTap)
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
            vendor.learn(answer)
            if answer.isSuccess {
                let clock = EventClock.now
                let sent = answer.sentNanoseconds ?? clock.monotonicNanoseconds
                let then = EventClock(monotonicNanoseconds: sent, wallNanoseconds: clock.wall(atMonotonic: sent))
                tell(toolkit.note(command: Array(answer.command.text.utf8), at: then))
            }
            if let card = CardCommand(answer) { take(card, of: answer) }
        case .unsolicited(let seen):
            sink?.receive(
                .urc(
                    URCSeen(
                        stamp: .now(source: .atTap), modem: modem, code: seen.code,
                        lengthBytes: UInt32(clamping: seen.line.count))))
            tell(toolkit.note(seen, vendor: vendor.vendor, at: .now))
        case .stoppedAnswering: tell(.stoppedAnswering, error: .unresponsive)
        case .answersAgain: tell(.answersAgain)
        }
    }

    /// The port is gone: nobody tells of the modem and its card any more.
    mutating func forgetModem() {
        vendor.forget()
        tell(toolkit.reset(.sourceGone, at: .now))
    }

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

    private mutating func take(_ card: CardCommand, of answer: ATAnswer) {
        guard opening != nil else { return tell(card, of: answer) }
        opening?.exchanges.append((card, answer))
        if opening?.exchanges.count == Self.waitingLimit { beginSession(lastSession, of: nil) }
    }

    /// The modem's own part in the time is not known, so that the card's time is an upper bound.
    private mutating func tell(_ card: CardCommand, of answer: ATAnswer) {
        let kept = Redaction.kept(command: card.command, response: card.response, level: level)
        let exchange = APDUExchange(
            stamp: stamp(of: answer), client: client, thread: 0, session: trail == nil ? 0 : lastSession,
            reader: modem, interface: .at, sessionProtocol: .unknown,
            name: trail?.name(of: card.command) ?? CommandAPDU(card.command).name(), command: HexBytes(kept.command),
            response: HexBytes(kept.response), isCut: kept.cut, resultCode: card.resultCode, waitNanoseconds: 0,
            isWaitExact: false)
        let effects = trail?.note(exchange) ?? []
        tell([.apdu(exchange)] + effects)
    }

    // MARK: The tester

    /// A tester opened the port; `beginSession` is to follow, with its name.
    mutating func openSession() {
        guard trail == nil, opening == nil else { return }
        lastSession += 1
        opening = Opening(stamp: .now(source: .atTap))
    }

    /// The program that opened the port is known, or could not be found; what it did by then is told behind that.
    mutating func beginSession(_ number: UInt64, of program: Machine.Process?) {
        guard number == lastSession, let opened = opening else { return }
        opening = nil
        client = ClientProcess(
            id: .random(in: 1...UInt64(Int64.max)), pid: program?.pid ?? 0, program: program?.name ?? "")
        trail = SessionTrail(
            number: number, client: client, reader: modem, activeProtocol: .unknown,
            openedNanoseconds: opened.stamp.startNanoseconds, source: .atTap, interface: .at)
        sink?.receive(
            .sessionOpened(
                ReaderSessionOpened(
                    stamp: opened.stamp, client: client, session: number, reader: modem, sessionProtocol: .unknown,
                    shareMode: 1, type: .at)))
        for (card, answer) in opened.exchanges { tell(card, of: answer) }
    }

    /// The tester closed the port, or it was lost.
    mutating func closeSession(_ error: SessionErrorType? = nil) {
        beginSession(lastSession, of: nil)
        guard var trail else { return }
        self.trail = nil
        tell(trail.end(EventStamp(source: .atTap, since: trail.openedNanoseconds, until: .now), otherwise: error))
    }
}
