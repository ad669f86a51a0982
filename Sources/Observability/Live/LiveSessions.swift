internal import ProbeEvents
internal import SmartCard

/// A session that is open, and what its commands are part of.
struct LiveSession: Sendable {
    let id: String
    let opened: ReaderSessionOpened
    fileprivate(set) var commands: UInt64 = 0
    fileprivate(set) var errors: UInt64 = 0
    /// The trace that it is part of, in hex; looked for until it is found, since spans are made behind a queue, too.
    fileprivate(set) var traceID: String?
    private var chains = CommandChains()
    private var card = CardContext()
    /// By logical channel: the exchange with which the command began that may go on.
    private var heads: [Int: UInt64] = [:]

    init(_ opened: ReaderSessionOpened) {
        id = LiveSessions.id(client: opened.client.id, session: opened.session)
        self.opened = opened
    }

    /// The first exchange of the command that this one goes on; nil when it begins one.
    mutating func head(of exchange: APDUExchange, _ command: CommandAPDU, id: UInt64) -> UInt64? {
        let chained = ChainedExchange(exchange, command, card)
        card.observe(exchange, command)
        let channel = command.classByte.logicalChannel
        guard chains.observe(chained).joined else {
            heads[channel] = id
            return nil
        }
        return heads[channel]
    }

    /// The card was reset: nothing goes on.
    mutating func reset() {
        _ = chains.closeAll(.reset)
        card.reset()
        heads = [:]
    }
}

/// The sessions that are open; beyond some thousands they are counted and not remembered.
struct LiveSessions: Sendable {
    private var open: [SessionKey: LiveSession] = [:]
    private var unremembered = 0

    /// How many are open.
    var count: Int { open.count + unremembered }

    /// How a session is named.
    static func id(client: UInt64, session: UInt64) -> String { "\(String(client, radix: 16))-\(session)" }

    /// Those that were opened first.
    func oldest(_ limit: Int) -> [LiveSession] {
        let all = open.values.sorted {
            ($0.opened.stamp.startNanoseconds, $0.id) < ($1.opened.stamp.startNanoseconds, $1.id)
        }
        return Array(all.prefix(limit))
    }

    /// How many are open with a reader.
    func count(on reader: String) -> Int { open.values.count { $0.opened.reader == reader } }

    mutating func open(_ opened: ReaderSessionOpened) {
        let key = SessionKey(opened.client, opened.session)
        guard open[key] != nil || open.count < RunTally.rememberedSessions else {
            unremembered += 1
            return
        }
        open[key] = LiveSession(opened)
    }

    mutating func close(_ closed: ReaderSessionClosed) {
        let key = SessionKey(closed.client, closed.session)
        if open.removeValue(forKey: key) == nil, unremembered > 0 { unremembered -= 1 }
    }

    /// A client's sessions end with it; their own ends were lost.
    mutating func end(_ ended: ClientEnded) {
        for key in open.keys where key.client == ended.client.id { open[key] = nil }
    }

    mutating func note(_ operation: ReaderOperation) {
        guard operation.operation == .reconnect else { return }
        let key = SessionKey(operation.client, operation.session)
        if let place = open.index(forKey: key) { open.values[place].reset() }
    }

    /// Where an exchange belongs: its session, empty when its opening was not seen, and the exchange that it goes on.
    mutating func note(
        _ exchange: APDUExchange, _ command: CommandAPDU, _ verdict: APDUVerdict, id: UInt64,
        _ traces: LiveState.TraceLookup
    ) -> (session: String, continues: UInt64?, traceID: String?) {
        let key = SessionKey(exchange.client, exchange.session)
        guard let place = open.index(forKey: key) else { return ("", nil, nil) }
        if exchange.reachedCard {
            open.values[place].commands += 1
            if case .error = verdict { open.values[place].errors += 1 }
        }
        if open.values[place].traceID == nil { open.values[place].traceID = traces(key.client, key.session) }
        let head = open.values[place].head(of: exchange, command, id: id)
        return (open.values[place].id, head, open.values[place].traceID)
    }
}

extension BenchStatus.Session {
    init(_ session: LiveSession, now: UInt64) {
        let opened = session.opened
        id = session.id
        type = opened.type ?? .pcsc
        (program, pid, device) = (opened.client.program, opened.client.pid, opened.reader)
        openedAt = RFC3339.text(wallNanoseconds: opened.stamp.wallNanoseconds)
        ageSeconds = BenchStatus.seconds(now &- min(opened.stamp.startNanoseconds, now))
        (commands, errors, traceId) = (session.commands, session.errors, session.traceID)
    }
}
