package import SmartCard

/// What is known of one open PC/SC session: what its calls did decides how commands are named and how it ended.
package struct SessionTrail: Sendable, Hashable {
    /// The reader's name as PC/SC gives it.
    package let reader: String
    /// The protocol in use.
    package private(set) var activeProtocol: SessionProtocol
    /// When it was opened, nanoseconds on CLOCK_MONOTONIC.
    package let openedNanoseconds: UInt64
    private var card = CardContext()
    private var fault: SessionErrorType?

    /// A session of this moment.
    package init(reader: String, activeProtocol: SessionProtocol, openedNanoseconds: UInt64) {
        (self.reader, self.activeProtocol, self.openedNanoseconds) = (reader, activeProtocol, openedNanoseconds)
    }

    /// The name of a command, by what the session did before.
    package func name(of command: some Collection<UInt8>) -> CommandName {
        CommandAPDU(command).name(context: card)
    }

    /// Learns from an exchange; bytes that were cut make no difference.
    package mutating func note(_ exchange: APDUExchange) {
        if let statusWord = exchange.statusWord {
            card.observe(command: exchange.command.bytes, statusWord: statusWord)
        } else if let error = SessionErrorType(pcscResult: exchange.resultCode) {
            card.reset()
            fault = error
        }
    }

    /// The session was reconnected: the card may have been reset, and the session is well again.
    package mutating func reconnect(to activeProtocol: SessionProtocol?) {
        card.reset()
        fault = nil
        if let activeProtocol { self.activeProtocol = activeProtocol }
    }

    /// What is told of its end: the result of the call that ended it, or what went wrong before.
    package func end(
        number: UInt64, client: ClientProcess, stamp: EventStamp, resultCode: UInt32 = 0,
        otherwise: SessionErrorType? = nil
    ) -> ReaderSessionClosed {
        let error = SessionErrorType(pcscResult: resultCode) ?? fault ?? otherwise
        return ReaderSessionClosed(
            stamp: stamp, client: client, session: number, reader: reader,
            status: error == nil ? .completed : .failed, error: error)
    }
}
