/// A TLS connection through a tap.
public enum TLSEvent: Sendable, Hashable {
    /// A connection was taken.
    case opened(TLSConnectionOpened)
    /// Its handshake ended, well or not.
    case handshake(TLSHandshakeDone)
    /// It ended.
    case closed(TLSConnectionClosed)

    /// When and by which source it was seen.
    public var stamp: EventStamp {
        switch self {
        case .opened(let event): event.stamp
        case .handshake(let event): event.stamp
        case .closed(let event): event.stamp
        }
    }

    /// Which connection it is about.
    public var link: TLSLink {
        switch self {
        case .opened(let event): event.link
        case .handshake(let event): event.link
        case .closed(let event): event.link
        }
    }
}

/// Which connection of which tap.
public struct TLSLink: Sendable, Hashable, Codable {
    /// The tap's name on this bench.
    public var tap: String
    /// Tells this connection from others, unique for the tap in its life.
    public var connection: UInt64

    /// A link from its parts.
    public init(tap: String, connection: UInt64) {
        self.tap = tap
        self.connection = connection
    }
}

/// A connection was taken.
public struct TLSConnectionOpened: Sendable, Hashable, Codable {
    /// When.
    public var stamp: EventStamp
    /// Which.
    public var link: TLSLink
    /// The port that the card's side connected to; nil when it is not known.
    public var port: UInt16?

    /// An opening from its parts.
    public init(stamp: EventStamp, link: TLSLink, port: UInt16? = nil) {
        self.stamp = stamp
        self.link = link
        self.port = port
    }
}

/// A handshake ended, well or not.
public struct TLSHandshakeDone: Sendable, Hashable, Codable {
    /// When ClientHello began to come; the duration is that until the last Finished, or until it failed.
    public var stamp: EventStamp
    /// Which connection.
    public var link: TLSLink
    /// The version that the server chose; of a handshake that failed before, the best that the client offered.
    public var version: TLSVersion
    /// The suite that the server chose; `none` when it came not so far.
    public var cipherSuite: CipherSuite
    /// How it ended.
    public var result: HandshakeResult
    /// What was wrong; nil for a success.
    public var error: TLSErrorType?
    /// The last step that was seen.
    public var step: TLSStep
    /// Who sent the alert or closed; nil for a success or when nobody did.
    public var endedBy: TLSPeer?
    /// Whether a session was resumed by its ticket or number.
    public var isResumed: Bool
    /// Whether both sides know the extended master secret (RFC 7627).
    public var hasExtendedMasterSecret: Bool
    /// The hash of the client's PSK identity, sixteen hex digits; nil when none was seen. It is never told in clear.
    public var identity: String?

    /// A handshake from its parts.
    public init(
        stamp: EventStamp, link: TLSLink, version: TLSVersion, cipherSuite: CipherSuite, result: HandshakeResult,
        error: TLSErrorType? = nil, step: TLSStep, endedBy: TLSPeer? = nil, isResumed: Bool = false,
        hasExtendedMasterSecret: Bool = false, identity: String? = nil
    ) {
        self.stamp = stamp
        self.link = link
        self.version = version
        self.cipherSuite = cipherSuite
        self.result = result
        self.error = error
        self.step = step
        self.endedBy = endedBy
        self.isResumed = isResumed
        self.hasExtendedMasterSecret = hasExtendedMasterSecret
        self.identity = identity
    }

    enum CodingKeys: String, CodingKey {
        case stamp, link, version, result, error, step, identity
        case cipherSuite = "cipher_suite"
        case endedBy = "ended_by"
        case isResumed = "is_resumed"
        case hasExtendedMasterSecret = "has_extended_master_secret"
    }
}

/// A connection ended.
public struct TLSConnectionClosed: Sendable, Hashable, Codable {
    /// When it had been taken; the duration is that of the connection.
    public var stamp: EventStamp
    /// Which.
    public var link: TLSLink
    /// What was wrong after the handshake; nil when nothing was, or when the handshake told it.
    public var error: TLSErrorType?
    /// Who closed first; nil when the tap was stopped.
    public var endedBy: TLSPeer?
    /// What the tester's side sent to the card's, bytes on the wire.
    public var sentBytes: UInt64
    /// What it received.
    public var receivedBytes: UInt64
    /// TLS records among what was sent.
    public var sentRecords: UInt64
    /// TLS records among what was received.
    public var receivedRecords: UInt64

    /// An end from its parts.
    public init(
        stamp: EventStamp, link: TLSLink, error: TLSErrorType? = nil, endedBy: TLSPeer?, sentBytes: UInt64,
        receivedBytes: UInt64, sentRecords: UInt64, receivedRecords: UInt64
    ) {
        self.stamp = stamp
        self.link = link
        self.error = error
        self.endedBy = endedBy
        self.sentBytes = sentBytes
        self.receivedBytes = receivedBytes
        self.sentRecords = sentRecords
        self.receivedRecords = receivedRecords
    }

    enum CodingKeys: String, CodingKey {
        case stamp, link, error
        case endedBy = "ended_by"
        case sentBytes = "sent_bytes"
        case receivedBytes = "received_bytes"
        case sentRecords = "sent_records"
        case receivedRecords = "received_records"
    }
}
