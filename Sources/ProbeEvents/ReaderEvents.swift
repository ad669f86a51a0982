/// A program opened a session with the card in a reader (SCardConnect succeeded).
public struct ReaderSessionOpened: Sendable, Hashable, Codable {
    /// When; the duration is that of the call.
    public var stamp: EventStamp
    /// The process that opened it.
    public var client: ClientProcess
    /// Its number, unique within the client.
    public var session: UInt64
    /// The reader's name as PC/SC gives it.
    public var reader: String
    /// The protocol in use.
    public var sessionProtocol: SessionProtocol
    /// PC/SC's share mode: 1 exclusive, 2 shared, 3 direct.
    public var shareMode: UInt32
    /// The PC/SC context it belongs to, unique within the client; nil when unknown. The library makes the calls of one
    /// context one after the other.
    public var context: UInt32?
    /// The kind of session; nil for PC/SC. Over AT commands the reader is the modem's name.
    public var type: SessionType?

    /// An opening from its parts.
    public init(
        stamp: EventStamp, client: ClientProcess, session: UInt64, reader: String, sessionProtocol: SessionProtocol,
        shareMode: UInt32, context: UInt32? = nil, type: SessionType? = nil
    ) {
        self.stamp = stamp
        self.client = client
        self.session = session
        self.reader = reader
        self.sessionProtocol = sessionProtocol
        self.shareMode = shareMode
        self.context = context
        self.type = type
    }

    enum CodingKeys: String, CodingKey {
        case stamp, client, session, reader, context, type
        case sessionProtocol = "session_protocol"
        case shareMode = "share_mode"
    }
}

/// A session ended.
public struct ReaderSessionClosed: Sendable, Hashable, Codable {
    /// When it ended; the duration is that of the whole session.
    public var stamp: EventStamp
    /// The process that had opened it.
    public var client: ClientProcess
    /// Its number, unique within the client.
    public var session: UInt64
    /// The reader's name as PC/SC gives it.
    public var reader: String
    /// How it ended.
    public var status: SessionStatus
    /// Why it ended badly; nil when it did not.
    public var error: SessionErrorType?
    /// The kind of session; nil for PC/SC.
    public var type: SessionType?

    /// An end from its parts.
    public init(
        stamp: EventStamp, client: ClientProcess, session: UInt64, reader: String, status: SessionStatus,
        error: SessionErrorType?, type: SessionType? = nil
    ) {
        self.stamp = stamp
        self.client = client
        self.session = session
        self.reader = reader
        self.status = status
        self.error = error
        self.type = type
    }
}

/// A call on PC/SC other than SCardTransmit.
public struct ReaderOperation: Sendable, Hashable, Codable {
    /// When; the duration is that of the call, waiting included.
    public var stamp: EventStamp
    /// The process that called.
    public var client: ClientProcess
    /// The kernel's id of the thread that called.
    public var thread: UInt32
    /// The session it belongs to; 0 for none.
    public var session: UInt64
    /// The reader's name; empty when the call concerns no single one.
    public var reader: String
    /// What was asked.
    public var operation: DeviceOperation
    /// PC/SC's return code, low 32 bits; 0 is success.
    public var resultCode: UInt32
    /// Part of the duration that was spent waiting for other programs, nanoseconds.
    public var waitNanoseconds: UInt64
    /// Whether the wait is known exactly; otherwise it is an upper bound.
    public var isWaitExact: Bool
    /// The control code of SCardControl; 0 for other calls.
    public var controlCode: UInt32
    /// The PC/SC context of a call that concerns no session; nil otherwise, or when unknown.
    public var context: UInt32?

    /// A call from its parts.
    public init(
        stamp: EventStamp, client: ClientProcess, thread: UInt32, session: UInt64, reader: String,
        operation: DeviceOperation, resultCode: UInt32, waitNanoseconds: UInt64, isWaitExact: Bool,
        controlCode: UInt32 = 0, context: UInt32? = nil
    ) {
        self.stamp = stamp
        self.client = client
        self.thread = thread
        self.session = session
        self.reader = reader
        self.operation = operation
        self.resultCode = resultCode
        self.waitNanoseconds = waitNanoseconds
        self.isWaitExact = isWaitExact
        self.controlCode = controlCode
        self.context = context
    }

    enum CodingKeys: String, CodingKey {
        case stamp, client, thread, session, reader, operation, context
        case resultCode = "result_code"
        case waitNanoseconds = "wait_nanoseconds"
        case isWaitExact = "is_wait_exact"
        case controlCode = "control_code"
    }
}

/// A reader or a card came or went.
public struct ReaderChange: Sendable, Hashable, Codable {
    /// What happened.
    public enum Change: UInt8, ClosedVocabulary {
        /// A reader was plugged in, or its driver found it.
        case readerCame
        /// A reader is gone; its card is told as gone before.
        case readerWent
        /// A card was put in.
        case cardCame
        /// A card was taken out.
        case cardWent
    }

    /// When it was noticed.
    public var stamp: EventStamp
    /// The reader's name as PC/SC gives it.
    public var reader: String
    /// What happened.
    public var change: Change
    /// The card's ATR when one came; empty otherwise.
    public var atr: HexBytes

    /// A change from its parts.
    public init(stamp: EventStamp, reader: String, change: Change, atr: HexBytes = []) {
        self.stamp = stamp
        self.reader = reader
        self.change = change
        self.atr = atr
    }
}

/// The ATR of the card in a reader became known from a client's own calls.
public struct CardIdentified: Sendable, Hashable, Codable {
    /// When it was seen.
    public var stamp: EventStamp
    /// The process whose call told it.
    public var client: ClientProcess
    /// The reader's name as PC/SC gives it.
    public var reader: String
    /// The card's ATR; empty where it is not known.
    public var atr: HexBytes
    /// The hash of its ICCID, sixteen hex digits of an HMAC under the site's key; nil where it was not read, or contents
    /// of files are not looked at.
    public var iccidHash: String?
    /// The hash of its EID, the same way; nil for a card that is no eUICC, too.
    public var eidHash: String?

    /// A sighting from its parts.
    public init(
        stamp: EventStamp, client: ClientProcess, reader: String, atr: HexBytes, iccidHash: String? = nil,
        eidHash: String? = nil
    ) {
        self.stamp = stamp
        self.client = client
        self.reader = reader
        self.atr = atr
        self.iccidHash = iccidHash
        self.eidHash = eidHash
    }

    enum CodingKeys: String, CodingKey {
        case stamp, client, reader, atr
        case iccidHash = "iccid_hash"
        case eidHash = "eid_hash"
    }
}
