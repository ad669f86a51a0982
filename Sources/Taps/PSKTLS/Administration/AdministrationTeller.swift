internal import ProbeEvents
internal import SmartCard

/// Tells as events what an administration server and a card say in one connection.
struct AdministrationTeller {
    private let link: OTALink
    private let hasher: PSKIdentityHasher?
    private let client: ClientProcess
    /// How much of commands is told.
    private let level: Redaction.Level
    private let sink: any EventSink
    private var session = AdministrationSession()
    private var card = CardContext()
    private var identity: String?

    init(
        _ link: TLSLink, hasher: PSKIdentityHasher?, client: ClientProcess, level: Redaction.Level,
        into sink: any EventSink
    ) {
        self.link = OTALink(device: link.tap, session: link.connection, connection: link.connection)
        (self.hasher, self.client, self.level, self.sink) = (hasher, client, level, sink)
    }

    mutating func handshakeDone(isSuccess: Bool, identity: String?) {
        if isSuccess { self.identity = identity }
    }

    mutating func received(_ data: TLSApplicationData) {
        for item in session.received(data) { tell(item, endedAt: nil) }
    }

    mutating func ended(by peer: TLSPeer?, at clock: EventClock) {
        for item in session.ended(at: clock) { tell(item, endedAt: clock) }
    }

    private mutating func tell(_ news: AdministrationNews, endedAt clock: EventClock?) {
        switch news {
        case .began(let began, let agent, let isResumed): begin(began, agent, isResumed)
        case .turn(let turn): tell(turn)
        case .script(let run): tell(run)
        case .ended(let end): if let clock { tell(end, at: clock) }
        }
    }

    private func begin(_ began: EventClock, _ agent: [UInt8]?, _ isResumed: Bool) {
        let known = agent.flatMap { hasher?(.adminAgent, $0) } ?? identity
        tell(
            .began(
                OTASessionBegan(
                    stamp: stamp(began, until: began.monotonicNanoseconds), link: link, sessionProtocol: .scp81,
                    identity: known, isResumed: isResumed)))
    }

    private func tell(_ turn: AdministrationTurn) {
        tell(
            .turn(
                OTATurnDone(
                    stamp: stamp(turn.began, until: turn.ended.monotonicNanoseconds), link: link,
                    scriptStatus: turn.scriptStatus, httpStatus: turn.httpStatus, commandCount: turn.commandCount,
                    scriptBytes: turn.scriptBytes, resultBytes: turn.resultBytes, hasNext: turn.hasNext)))
    }

    /// How long each command took is not known: each is told with an equal part of the whole, which is an upper bound.
    private mutating func tell(_ run: AdministrationRun) {
        let whole = run.endedNanoseconds &- run.began.monotonicNanoseconds
        let part = whole / UInt64(max(1, run.exchanges.count))
        var start = run.began.monotonicNanoseconds
        for exchange in run.exchanges {
            let stamp = EventStamp(
                source: .pskTlsTap, startNanoseconds: start, durationNanoseconds: part, clock: run.began)
            tell(exchange, stamp)
            start &+= part
        }
    }

    private mutating func tell(_ exchange: AdministrationRun.Exchange, _ stamp: EventStamp) {
        let kept = Redaction.kept(command: exchange.command, response: exchange.response, level: level)
        let told = APDUExchange(
            stamp: stamp, client: client, thread: 0, session: link.session, reader: link.device, interface: .pskTls,
            sessionProtocol: .scp81, name: CommandAPDU(exchange.command).name(context: card),
            command: HexBytes(kept.command), response: HexBytes(kept.response), isCut: kept.cut, resultCode: 0,
            waitNanoseconds: 0, isWaitExact: false)
        if let statusWord = told.statusWord { card.observe(command: kept.command, statusWord: statusWord) }
        sink.receive(.apdu(told))
    }

    private func tell(_ end: AdministrationEnd, at clock: EventClock) {
        tell(
            .ended(
                OTASessionEnded(
                    stamp: stamp(end.began, until: clock.monotonicNanoseconds), link: link, sessionProtocol: .scp81,
                    status: end.isComplete ? .completed : .failed, error: end.error)))
    }

    private func tell(_ event: OTAEvent) { sink.receive(.ota(event)) }

    private func stamp(_ began: EventClock, until end: UInt64) -> EventStamp {
        EventStamp(
            source: .pskTlsTap, startNanoseconds: began.monotonicNanoseconds,
            durationNanoseconds: end &- began.monotonicNanoseconds, clock: began)
    }
}
