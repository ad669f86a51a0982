package import SmartCard

/// What is known of one open session with a card: what its calls did decides how commands are named, which BIP channels,
/// secured packets and downloads of profiles are under way, and how it ended.
package struct SessionTrail: Sendable, Hashable {
    /// The reader's name as PC/SC gives it, or the modem's.
    package let reader: String
    /// The protocol in use.
    package private(set) var activeProtocol: SessionProtocol
    /// When it was opened, nanoseconds on CLOCK_MONOTONIC.
    package let openedNanoseconds: UInt64
    private let number: UInt64
    private let client: ClientProcess
    private let interface: APDUInterface
    private var card = CardContext()
    private var channels: BIPTrail
    private var packets: SecuredPacketTrail
    private var profiles: ESIMTrail
    private var fault: SessionErrorType?

    /// A session of this moment, with a reader unless another interface is named.
    package init(
        number: UInt64, client: ClientProcess, reader: String, activeProtocol: SessionProtocol,
        openedNanoseconds: UInt64, source: SourceKind, interface: APDUInterface = .pcsc
    ) {
        (self.number, self.client, self.reader, self.interface) = (number, client, reader, interface)
        (self.activeProtocol, self.openedNanoseconds) = (activeProtocol, openedNanoseconds)
        channels = BIPTrail(device: reader, interface: interface, client: client, session: number, source: source)
        packets = SecuredPacketTrail(device: reader, source: source)
        profiles = ESIMTrail(
            link: ESIMLink(device: reader, interface: interface, client: client, session: number), source: source)
    }

    /// The name of a command, by what the session did before.
    package func name(of command: some Collection<UInt8>) -> CommandName {
        CommandAPDU(command).name(context: card)
    }

    /// Learns from an exchange, and tells what it did beside; bytes that were cut make no difference.
    package mutating func note(_ exchange: APDUExchange) -> [ProbeEvent] {
        if let statusWord = exchange.statusWord {
            card.observe(command: exchange.command.bytes, statusWord: statusWord)
        } else if let error = SessionErrorType(pcscResult: exchange.resultCode) {
            fault = error
            return cardReset(after: exchange.stamp)
        }
        return channels.note(exchange) + packets.note(exchange) + profiles.note(exchange)
    }

    /// The card lost power or was reset: nothing that it had selected or opened is there any more.
    package mutating func cardReset(after stamp: EventStamp) -> [ProbeEvent] {
        card.reset()
        return channels.reset(at: stamp.end) + packets.reset(at: stamp.end)
            + profiles.end(.cardReset, at: stamp.end)
    }

    /// The session was reconnected: the card may have been reset, and the session is well again.
    package mutating func reconnect(to activeProtocol: SessionProtocol?, after stamp: EventStamp) -> [ProbeEvent] {
        fault = nil
        if let activeProtocol { self.activeProtocol = activeProtocol }
        return cardReset(after: stamp)
    }

    /// What is told of its end: the channels that it leaves open, then the result of the call that ended it, or what went
    /// wrong before.
    package mutating func end(
        _ stamp: EventStamp, resultCode: UInt32 = 0, otherwise: SessionErrorType? = nil
    ) -> [ProbeEvent] {
        let error = SessionErrorType(pcscResult: resultCode) ?? fault ?? otherwise
        let closed = ReaderSessionClosed(
            stamp: stamp, client: client, session: number, reader: reader,
            status: error == nil ? .completed : .failed, error: error, type: interface == .at ? .at : nil)
        return channels.reset(.sourceGone, at: stamp.end) + packets.reset(at: stamp.end)
            + profiles.end(.abandoned, at: stamp.end) + [.sessionClosed(closed)]
    }
}
