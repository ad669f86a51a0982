/// Where a BIP channel was seen: on which device, by which tap, and which of its channels.
public struct BIPLink: Sendable, Hashable, Codable {
    /// The reader as PC/SC names it, or the modem's stable name.
    public var device: String
    /// What carried the commands.
    public var interface: APDUInterface
    /// The process that talked to the card; nil for what a modem tells of itself.
    public var client: ClientProcess?
    /// The session they belong to; 0 for none.
    public var session: UInt64
    /// Tells this opening from others, unique for the device in the life of its tap.
    public var connection: UInt64
    /// The channel's number on the card's side, 1 to 7; 0 when none was given.
    public var channel: UInt8

    /// A link from its parts.
    public init(
        device: String, interface: APDUInterface, client: ClientProcess? = nil, session: UInt64 = 0,
        connection: UInt64, channel: UInt8
    ) {
        self.device = device
        self.interface = interface
        self.client = client
        self.session = session
        self.connection = connection
        self.channel = channel
    }

    /// What is the same in all that is told of one opening.
    package var opening: BIPLink {
        var link = self
        link.channel = 0
        return link
    }

    /// Whether both tell of one opening; its channel's number may have become known in between.
    package func isSame(as other: BIPLink) -> Bool {
        connection == other.connection && device == other.device && session == other.session
            && client?.id == other.client?.id && interface == other.interface
    }
}

/// A BIP channel was opened.
public struct BIPChannelOpened: Sendable, Hashable, Codable {
    /// When the card asked for it; the duration is that until the terminal had it open.
    public var stamp: EventStamp
    /// Where.
    public var link: BIPLink
    /// What carries it.
    public var bearer: BearerType
    /// How it is transported.
    public var transport: BIPTransport
    /// The port at the other end, or the one that is listened on; nil for none.
    public var port: UInt16?
    /// The buffer that the terminal granted, bytes; nil when it did not say.
    public var bufferBytes: UInt16?
    /// From the trigger that came before until the card asked for the channel, nanoseconds; nil when none was seen.
    public var sinceTriggerNanoseconds: UInt64?

    /// An opening from its parts.
    public init(
        stamp: EventStamp, link: BIPLink, bearer: BearerType, transport: BIPTransport, port: UInt16? = nil,
        bufferBytes: UInt16? = nil, sinceTriggerNanoseconds: UInt64? = nil
    ) {
        self.stamp = stamp
        self.link = link
        self.bearer = bearer
        self.transport = transport
        self.port = port
        self.bufferBytes = bufferBytes
        self.sinceTriggerNanoseconds = sinceTriggerNanoseconds
    }

    enum CodingKeys: String, CodingKey {
        case stamp, link, bearer, transport, port
        case bufferBytes = "buffer_bytes"
        case sinceTriggerNanoseconds = "since_trigger_nanoseconds"
    }
}

/// Data went through a BIP channel.
public struct BIPDataMoved: Sendable, Hashable, Codable {
    /// When the card's command was fetched; the duration is that until the terminal answered.
    public var stamp: EventStamp
    /// Where.
    public var link: BIPLink
    /// What carries it.
    public var bearer: BearerType
    /// Which way, seen from the card: SEND DATA is sent, RECEIVE DATA is received.
    public var direction: TransferDirection
    /// Bytes of channel data.
    public var bytes: UInt32

    /// A movement from its parts.
    public init(stamp: EventStamp, link: BIPLink, bearer: BearerType, direction: TransferDirection, bytes: UInt32) {
        self.stamp = stamp
        self.link = link
        self.bearer = bearer
        self.direction = direction
        self.bytes = bytes
    }
}

/// The link behind a BIP channel changed.
public struct BIPLinkChanged: Sendable, Hashable, Codable {
    /// When the terminal told it.
    public var stamp: EventStamp
    /// Where.
    public var link: BIPLink
    /// What carries it.
    public var bearer: BearerType
    /// How the link is now.
    public var state: BIPLinkState

    /// A change from its parts.
    public init(stamp: EventStamp, link: BIPLink, bearer: BearerType, state: BIPLinkState) {
        self.stamp = stamp
        self.link = link
        self.bearer = bearer
        self.state = state
    }
}

/// The terminal told the card that data waits for it.
public struct BIPDataWaiting: Sendable, Hashable, Codable {
    /// When it told.
    public var stamp: EventStamp
    /// Where.
    public var link: BIPLink
    /// What carries it.
    public var bearer: BearerType
    /// Bytes that wait, 255 for as many or more; nil when it did not say.
    public var bytes: UInt8?

    /// A message from its parts.
    public init(stamp: EventStamp, link: BIPLink, bearer: BearerType, bytes: UInt8? = nil) {
        self.stamp = stamp
        self.link = link
        self.bearer = bearer
        self.bytes = bytes
    }
}

/// A BIP channel ended.
public struct BIPChannelClosed: Sendable, Hashable, Codable {
    /// When it was opened; the duration is how long it was open.
    public var stamp: EventStamp
    /// Where.
    public var link: BIPLink
    /// What carried it.
    public var bearer: BearerType
    /// How it ended.
    public var status: SessionStatus
    /// Who or what ended it.
    public var reason: BIPCloseReason
    /// Channel data from the card, bytes.
    public var sentBytes: UInt64
    /// Channel data to the card, bytes.
    public var receivedBytes: UInt64

    /// An end from its parts.
    public init(
        stamp: EventStamp, link: BIPLink, bearer: BearerType, status: SessionStatus, reason: BIPCloseReason,
        sentBytes: UInt64, receivedBytes: UInt64
    ) {
        self.stamp = stamp
        self.link = link
        self.bearer = bearer
        self.status = status
        self.reason = reason
        self.sentBytes = sentBytes
        self.receivedBytes = receivedBytes
    }

    enum CodingKeys: String, CodingKey {
        case stamp, link, bearer, status, reason
        case sentBytes = "sent_bytes"
        case receivedBytes = "received_bytes"
    }
}

/// A command of a BIP channel failed.
public struct BIPCommandFailed: Sendable, Hashable, Codable {
    /// When the card's command was fetched; the duration is that until the terminal answered.
    public var stamp: EventStamp
    /// Where; the channel is 0 for one that could not be opened.
    public var link: BIPLink
    /// What was asked.
    public var command: BIPCommand
    /// What carries the channel, or was to carry it.
    public var bearer: BearerType
    /// Why.
    public var error: BIPErrorType
    /// The terminal's general result (TS 102 223, 8.12); nil when it gave none.
    public var result: UInt8?
    /// The first byte of its additional information; nil for none.
    public var additional: UInt8?
    /// From the trigger that came before until the card asked for the channel that it did not get, nanoseconds; nil for
    /// another command, and when no trigger was seen.
    public var sinceTriggerNanoseconds: UInt64?

    /// A failure from its parts.
    public init(
        stamp: EventStamp, link: BIPLink, command: BIPCommand, bearer: BearerType, error: BIPErrorType,
        result: UInt8? = nil, additional: UInt8? = nil, sinceTriggerNanoseconds: UInt64? = nil
    ) {
        self.stamp = stamp
        self.link = link
        self.command = command
        self.bearer = bearer
        self.error = error
        self.result = result
        self.additional = additional
        self.sinceTriggerNanoseconds = sinceTriggerNanoseconds
    }

    enum CodingKeys: String, CodingKey {
        case stamp, link, command, bearer, error, result, additional
        case sinceTriggerNanoseconds = "since_trigger_nanoseconds"
    }
}
