internal import ProbeEvents
internal import SmartCard

/// One open session with the card in a reader: makes its calls, and tells each of them. Blocks as the library does.
struct CardSession: Sendable {
    let number = CallTeller.newNumber()
    let reader: String
    let teller: CallTeller
    private let context: PCSCContext
    private let card: PCSCCard
    private var trail: SessionTrail
    private var protocolInUse: UInt32
    private var share: ShareMode
    private var transactions = 0
    /// The ATR at the last connect or reconnect; empty without a card.
    private(set) var atr: [UInt8] = []
    /// The reader as pcscd told it then; a card that comes or goes makes it another.
    private(set) var query: ReaderQuery

    /// Connects, by a context of its own: the library makes the calls of one context one after the other, and a card
    /// that takes its time must hold up no other.
    init(
        reader: String, share: ShareMode, protocols: CardProtocols, teller: CallTeller
    ) throws(CardReaderError) {
        let context = try teller.establish()
        let (outcome, card, active) = PCSCCard.connect(context, reader: reader, share: share, protocols: protocols)
        guard let card else {
            teller.tell(.connect, outcome, reader: reader)
            teller.release(context)
            throw .refused(.connect, code: outcome.code, reader: reader)
        }
        (self.reader, self.teller, self.context, self.card, self.share) = (reader, teller, context, card, share)
        (protocolInUse, query) = (active, ReaderQuery(name: reader))
        let activeProtocol = SessionProtocol(pcsc: active)
        trail = SessionTrail(
            number: number, client: CallTeller.client, reader: reader, activeProtocol: activeProtocol,
            openedNanoseconds: outcome.endNanoseconds, source: .cardReader)
        teller.tell(.connect, outcome, session: number, reader: reader)
        teller.tell(
            .sessionOpened(
                ReaderSessionOpened(
                    stamp: outcome.stamp, client: CallTeller.client, session: number, reader: reader,
                    sessionProtocol: activeProtocol, shareMode: share.rawValue)))
        identify()
    }

    /// The protocol in use.
    var activeProtocol: SessionProtocol { trail.activeProtocol }

    /// Whether no other program can have used the reader or made a call wait: waits are then known to be none.
    private var isAlone: Bool { share == .exclusive || transactions > 0 }

    /// Sends one command as it is.
    mutating func transmit(_ command: [UInt8]) throws(CardReaderError) -> [UInt8] {
        let (outcome, response) = card.transmit(command, over: protocolInUse)
        let kept = Redaction.kept(command: command, response: response)
        let exchange = APDUExchange(
            stamp: outcome.stamp, client: CallTeller.client, thread: CallTeller.thread, session: number,
            reader: reader, interface: .pcsc, sessionProtocol: activeProtocol, name: trail.name(of: command),
            command: HexBytes(kept.command), response: HexBytes(kept.response), isCut: kept.cut,
            resultCode: outcome.code, waitNanoseconds: 0, isWaitExact: isAlone, isSharingExact: isAlone)
        let effects = trail.note(exchange)
        teller.tell(.apdu(exchange))
        effects.forEach { teller.tell($0) }
        try check(outcome, .transmit)
        return response
    }

    mutating func reconnect(
        share: ShareMode, protocols: CardProtocols, initialization: Disposition
    ) throws(CardReaderError) {
        let (outcome, active) = card.reconnect(share: share, protocols: protocols, initialization: initialization)
        tell(.reconnect, outcome)
        try check(outcome, .reconnect)
        self.share = share
        protocolInUse = active
        trail.reconnect(to: SessionProtocol(pcsc: active), after: outcome.stamp).forEach { teller.tell($0) }
        identify()
    }

    mutating func beginTransaction() throws(CardReaderError) {
        let outcome = card.beginTransaction()
        tell(.beginTransaction, outcome)
        try check(outcome, .beginTransaction)
        transactions += 1
    }

    mutating func endTransaction(_ disposition: Disposition) throws(CardReaderError) {
        let outcome = card.endTransaction(disposition)
        tell(.endTransaction, outcome)
        transactions -= 1
        try check(outcome, .endTransaction)
        if disposition != .leave { trail.cardReset(after: outcome.stamp).forEach { teller.tell($0) } }
    }

    func status() throws(CardReaderError) -> CardStatus {
        let (outcome, state, active, atr) = card.status()
        tell(.status, outcome)
        try check(outcome, .status)
        return CardStatus(
            state: CardStatus.State(rawValue: UInt16(truncatingIfNeeded: state)),
            sessionProtocol: SessionProtocol(pcsc: active), atr: atr)
    }

    func control(_ code: UInt32, _ bytes: [UInt8]) throws(CardReaderError) -> [UInt8] {
        let (outcome, answer) = card.control(code, bytes)
        tell(.control, outcome, controlCode: code)
        try check(outcome, .control)
        return answer
    }

    func attribute(_ id: UInt32) throws(CardReaderError) -> [UInt8] {
        let (outcome, value) = card.attribute(id)
        tell(.getAttribute, outcome)
        try check(outcome, .getAttribute)
        return value
    }

    func setAttribute(_ id: UInt32, _ value: [UInt8]) throws(CardReaderError) {
        let outcome = card.setAttribute(id, value)
        tell(.setAttribute, outcome)
        try check(outcome, .setAttribute)
    }

    /// Ends the session, and with it the connection to pcscd; what the disconnect says is told and given back.
    mutating func close(_ disposition: Disposition) -> CardReaderError? {
        let outcome = card.disconnect(disposition)
        tell(.disconnect, outcome)
        let opened = trail.openedNanoseconds
        let stamp = EventStamp(
            source: .cardReader, startNanoseconds: opened, durationNanoseconds: outcome.endNanoseconds &- opened,
            clock: outcome.clock)
        trail.end(stamp, resultCode: outcome.code).forEach { teller.tell($0) }
        teller.release(context)
        return outcome.isSuccess ? nil : .refused(.disconnect, code: outcome.code, reader: reader)
    }

    /// Asks which card this is. SCardStatus would wait for the end of another program's transaction; this does not.
    private mutating func identify() {
        let seen = (try? teller.statusChange(context, [ReaderQuery(name: reader)], within: .zero))??.first
        query.known = (seen?.event ?? 0) & ~UInt32(ReaderState.changed.rawValue)
        let isNews = seen?.atr != atr
        atr = seen?.atr ?? []
        guard isNews, !atr.isEmpty else { return }
        teller.tell(
            .cardIdentified(
                CardIdentified(
                    stamp: .now(source: .cardReader), client: CallTeller.client, reader: reader, atr: HexBytes(atr))))
    }

    private func tell(_ operation: DeviceOperation, _ outcome: CallOutcome, controlCode: UInt32 = 0) {
        teller.tell(
            operation, outcome, session: number, reader: reader, isWaitExact: isAlone, controlCode: controlCode)
    }

    private func check(_ outcome: CallOutcome, _ call: PCSCCall) throws(CardReaderError) {
        guard outcome.isSuccess else { throw .refused(call, code: outcome.code, reader: reader) }
    }
}
