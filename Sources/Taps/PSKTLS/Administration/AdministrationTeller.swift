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
    private var handshake: EventStamp?
    private var identity: String?
    private var hasBegun = false
    private var hasScript = false

    init(
        _ link: TLSLink, hasher: PSKIdentityHasher?, client: ClientProcess, level: Redaction.Level,
        into sink: any EventSink
    ) {
        self.link = OTALink(device: link.tap, session: link.connection, connection: link.connection)
        (self.hasher, self.client, self.level, self.sink) = (hasher, client, level, sink)
    }

    mutating func handshakeDone(_ stamp: EventStamp, isSuccess: Bool, identity: String?) {
        guard isSuccess else { return }
        (handshake, self.identity) = (stamp, identity)
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

    private mutating func begin(_ began: EventClock, _ agent: [UInt8]?, _ isResumed: Bool) {
        hasBegun = true
        let known = agent.flatMap { hasher?(.adminAgent, $0) } ?? identity
        tell(
            .began(
                OTASessionBegan(
                    stamp: stamp(began, until: began.monotonicNanoseconds), link: link, sessionProtocol: .scp81,
                    identity: known, isResumed: isResumed)))
        if let handshake { tell(.leg(OTALegDone(stamp: handshake, link: link, leg: .tlsHandshake))) }
    }

    private mutating func tell(_ turn: AdministrationTurn) {
        tell(
            .turn(
                OTATurnDone(
                    stamp: stamp(turn.began, until: turn.ended.monotonicNanoseconds), link: link,
                    scriptStatus: turn.scriptStatus, httpStatus: turn.httpStatus, commandCount: turn.commandCount,
                    scriptBytes: turn.scriptBytes, resultBytes: turn.resultBytes, hasNext: turn.hasNext)))
        guard let handshake, !hasScript, turn.scriptBytes > 0 else { return }
        hasScript = true
        let done = handshake.startNanoseconds &+ handshake.durationNanoseconds
        tell(
            .leg(
                OTALegDone(
                    stamp: EventStamp(
                        source: .pskTlsTap, startNanoseconds: done,
                        durationNanoseconds: turn.ended.monotonicNanoseconds &- done, clock: turn.ended),
                    link: link, leg: .tlsToFirstCommand)))
    }

    /// How long each command took is not known: each is told with an equal part of the whole, which is an upper bound.
    private mutating func tell(_ run: AdministrationRun) {
        tell(.leg(OTALegDone(stamp: stamp(run.began, until: run.endedNanoseconds), link: link, leg: .script)))
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
        let last = end.lastAnswer ?? end.began
        tell(.leg(OTALegDone(stamp: stamp(last, until: clock.monotonicNanoseconds), link: link, leg: .toClose)))
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
