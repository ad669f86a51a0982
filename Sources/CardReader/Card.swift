public import ProbeEvents
public import SmartCard

/// A session with the card in a reader, from its connect to ``disconnect(_:)`` or to the end of the last reference.
///
/// All calls are made on a thread that the session owns: a card that takes its time holds up nobody else. A command on
/// its way cannot be called back: a task that is cancelled meanwhile gets the answer; one that was cancelled before
/// sends nothing.
public actor Card {
    /// The reader's name as PC/SC gives it.
    public nonisolated let reader: String
    /// The number of the session in events.
    public nonisolated let sessionNumber: UInt64

    private nonisolated let thread: CardThread
    /// Where the calls are made: the session's own thread.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    private var session: CardSession?
    var turns = TransactionTurns()

    init(_ session: CardSession, on thread: CardThread) {
        (reader, sessionNumber, self.session, self.thread) = (session.reader, session.number, session, thread)
    }

    deinit {
        // pcscd may take its time: whoever drops the last reference must not wait for it.
        let session = session
        thread.end {
            var session = session
            _ = session?.close(.leave)
        }
    }

    /// The card's ATR at the last connect or reconnect; nil for none, or for one that makes no sense.
    public var atr: ATR? { session.flatMap { try? ATR($0.atr) } }

    /// The bytes of the card's ATR at the last connect or reconnect; empty for none.
    public var atrBytes: [UInt8] { session?.atr ?? [] }

    /// The protocol in use.
    public var sessionProtocol: SessionProtocol { session?.activeProtocol ?? .unknown }

    /// Whether it is still open; a card that was pulled leaves it open, for ``reconnect(share:protocols:initialization:)``.
    public var isOpen: Bool { session != nil }

    /// Sends one command as it is, and gives what the card answered; 61XX and 6CXX are answers like others.
    public func transmit(_ command: CardCommand) async throws(CardReaderError) -> CardResponse {
        try await waitForTurn()
        return try send(command.bytes)
    }

    /// Sends a command and what its status words ask for: GET RESPONSE after 61XX (9FXX in class A0), the command again
    /// after 6CXX. The data of all answers comes back as one, with the last status word.
    ///
    /// Over T=0 a command with data goes out without Le, as TS 102 221, 7.3.1.1.4 has it. No other task of this program
    /// gets in between; other programs may, unless it is within a ``transaction(ending:_:)``.
    public func perform(_ command: CardCommand) async throws(CardReaderError) -> CardResponse {
        try await waitForTurn()
        var chain = FollowedCommand(command.bytes, over: sessionProtocol)
        while let next = chain.next {
            chain.receive(try send(next))
        }
        return chain.response
    }

    /// Connects anew to the same reader, as after the card was reset or put back.
    public func reconnect(
        share: ShareMode = .shared, protocols: CardProtocols = .any, initialization: Disposition = .leave
    ) async throws(CardReaderError) {
        try await waitForTurn()
        try withSession { session throws(CardReaderError) in
            try session.reconnect(share: share, protocols: protocols, initialization: initialization)
        }
    }

    /// Ends the session; a second call does nothing. It is over even when this throws.
    public func disconnect(_ disposition: Disposition = .leave) async throws(CardReaderError) {
        await waitForTurnWhenCancelledToo()
        guard var ending = session else { return }
        session = nil
        if let error = ending.close(disposition) { throw error }
    }

    /// What PC/SC says of the card now. It waits for the end of another program's transaction.
    public func status() async throws(CardReaderError) -> CardStatus {
        try await waitForTurn()
        return try withSession { session throws(CardReaderError) in try session.status() }
    }

    /// Asks the reader's driver; what it understands stands in its manual.
    public func control(_ code: ControlCode, _ bytes: [UInt8] = []) async throws(CardReaderError) -> [UInt8] {
        try await waitForTurn()
        return try withSession { session throws(CardReaderError) in try session.control(code.rawValue, bytes) }
    }

    /// An attribute of the reader or its card.
    public func attribute(_ attribute: ReaderAttribute) async throws(CardReaderError) -> [UInt8] {
        try await waitForTurn()
        return try withSession { session throws(CardReaderError) in try session.attribute(attribute.rawValue) }
    }

    /// Sets an attribute of the reader.
    public func setAttribute(_ attribute: ReaderAttribute, to value: [UInt8]) async throws(CardReaderError) {
        try await waitForTurn()
        try withSession { session throws(CardReaderError) in try session.setAttribute(attribute.rawValue, value) }
    }

    /// The reader as it was at the last connect or reconnect, for whoever waits for the card's removal.
    func readerQuery() throws(CardReaderError) -> (ReaderQuery, CallTeller) {
        try withSession { session throws(CardReaderError) in (session.query, session.teller) }
    }

    func withSession<Value>(
        _ body: (inout CardSession) throws(CardReaderError) -> Value
    ) throws(CardReaderError) -> Value {
        guard var open = session else { throw .notConnected(reader: reader) }
        // Put back also when the call fails: the session has learned from it.
        defer { session = open }
        return try body(&open)
    }

    private func send(_ command: [UInt8]) throws(CardReaderError) -> CardResponse {
        let bytes = try withSession { session throws(CardReaderError) in try session.transmit(command) }
        guard let statusWord = ResponseAPDU(bytes).statusWord else {
            throw .noStatusWord(reader: reader, bytes: bytes.count)
        }
        return CardResponse(data: bytes.dropLast(2), statusWord: statusWord, cla: command.first ?? 0, exchanges: 1)
    }
}
