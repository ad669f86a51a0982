/// A session over the air between an administration server and a card.
public enum OTAEvent: Sendable, Hashable {
    /// It began.
    case began(OTASessionBegan)
    /// The card asked once, and the server answered.
    case turn(OTATurnDone)
    /// A secured packet was given to the card in short messages.
    case packet(OTAPacketDone)
    /// One of its legs is over.
    case leg(OTALegDone)
    /// It ended.
    case ended(OTASessionEnded)

    /// When and by which source it was seen.
    public var stamp: EventStamp {
        switch self {
        case .began(let event): event.stamp
        case .turn(let event): event.stamp
        case .packet(let event): event.stamp
        case .leg(let event): event.stamp
        case .ended(let event): event.stamp
        }
    }

    /// Which session it is about.
    public var link: OTALink {
        switch self {
        case .began(let event): event.link
        case .turn(let event): event.link
        case .packet(let event): event.link
        case .leg(let event): event.link
        case .ended(let event): event.link
        }
    }
}

/// Which session over the air, seen where.
public struct OTALink: Sendable, Hashable, Codable {
    /// The tap, reader or modem that saw it, by its name on this bench.
    public var device: String
    /// Tells this session from others, unique for the device in the life of its tap.
    public var session: UInt64
    /// The TLS connection that carries it; nil for none.
    public var connection: UInt64?

    /// A link from its parts.
    public init(device: String, session: UInt64, connection: UInt64? = nil) {
        self.device = device
        self.session = session
        self.connection = connection
    }
}

/// A session over the air began.
public struct OTASessionBegan: Sendable, Hashable, Codable {
    /// When its first request came.
    public var stamp: EventStamp
    /// Which.
    public var link: OTALink
    /// SCP81 or SCP80.
    public var sessionProtocol: SessionProtocol
    /// The hash of the card's identity, sixteen hex digits; nil when none was seen.
    public var identity: String?
    /// Whether it goes on with one that was broken off (X-Admin-Resume).
    public var isResumed: Bool

    /// A begin from its parts.
    public init(
        stamp: EventStamp, link: OTALink, sessionProtocol: SessionProtocol, identity: String? = nil,
        isResumed: Bool = false
    ) {
        self.stamp = stamp
        self.link = link
        self.sessionProtocol = sessionProtocol
        self.identity = identity
        self.isResumed = isResumed
    }

    enum CodingKeys: String, CodingKey {
        case stamp, link, identity
        case sessionProtocol = "protocol"
        case isResumed = "is_resumed"
    }
}

/// The card asked once, with the result of the script before, and the server answered, with the next script.
public struct OTATurnDone: Sendable, Hashable, Codable {
    /// When the request began to come; the duration is that until the whole answer was sent.
    public var stamp: EventStamp
    /// Which session.
    public var link: OTALink
    /// What the card says of the script before; nil for a request without one.
    public var scriptStatus: OTAScriptStatus?
    /// The server's HTTP status.
    public var httpStatus: UInt16
    /// Commands in the script of the answer; nil when they could not be read.
    public var commandCount: UInt32?
    /// Bytes of the script.
    public var scriptBytes: UInt32
    /// Bytes of the result that came with the request.
    public var resultBytes: UInt32
    /// Whether the server wants to be asked again (X-Admin-Next-URI).
    public var hasNext: Bool

    /// A turn from its parts.
    public init(
        stamp: EventStamp, link: OTALink, scriptStatus: OTAScriptStatus? = nil, httpStatus: UInt16,
        commandCount: UInt32? = nil, scriptBytes: UInt32, resultBytes: UInt32, hasNext: Bool
    ) {
        self.stamp = stamp
        self.link = link
        self.scriptStatus = scriptStatus
        self.httpStatus = httpStatus
        self.commandCount = commandCount
        self.scriptBytes = scriptBytes
        self.resultBytes = resultBytes
        self.hasNext = hasNext
    }

    enum CodingKeys: String, CodingKey {
        case stamp, link
        case scriptStatus = "script_status"
        case httpStatus = "http_status"
        case commandCount = "command_count"
        case scriptBytes = "script_bytes"
        case resultBytes = "result_bytes"
        case hasNext = "has_next"
    }
}

/// A secured packet was given to the card in short messages, and what it said of it (ETSI TS 102 225, 5).
public struct OTAPacketDone: Sendable, Hashable, Codable {
    /// When its first part was given to the card; the duration is that until the card was done with it.
    public var stamp: EventStamp
    /// Which session: a packet has one of its own.
    public var link: OTALink
    /// How it says that it is secured, and which application it is for.
    public var security: TriggerSeen.Security
    /// In how many messages it came.
    public var parts: UInt8
    /// Bytes of the packet, header and padding too (CPL).
    public var packetBytes: UInt16
    /// How its counter differs from that of the packet before, for the same application and key; nil when either was not
    /// seen. 0 is a packet that was sent again, and less one that comes too late.
    public var counterDistance: Int64?
    /// What the card said; nil when nothing had to come and nothing came.
    public var receipt: OTAReceipt?
    /// Bytes of the application's answer in it; nil when they could not be seen.
    public var additionalBytes: UInt32?
    /// Whether what the card said came as a message of its own, and not as the answer to the packet.
    public var isReceiptSubmitted: Bool

    /// A packet from its parts.
    public init(
        stamp: EventStamp, link: OTALink, security: TriggerSeen.Security, parts: UInt8 = 1, packetBytes: UInt16,
        counterDistance: Int64? = nil, receipt: OTAReceipt? = nil, additionalBytes: UInt32? = nil,
        isReceiptSubmitted: Bool = false
    ) {
        self.stamp = stamp
        self.link = link
        self.security = security
        self.parts = parts
        self.packetBytes = packetBytes
        self.counterDistance = counterDistance
        self.receipt = receipt
        self.additionalBytes = additionalBytes
        self.isReceiptSubmitted = isReceiptSubmitted
    }

    enum CodingKeys: String, CodingKey {
        case stamp, link, security, parts, receipt
        case packetBytes = "packet_bytes"
        case counterDistance = "counter_distance"
        case additionalBytes = "additional_bytes"
        case isReceiptSubmitted = "is_receipt_submitted"
    }
}

/// One leg of a session over the air is over.
public struct OTALegDone: Sendable, Hashable, Codable {
    /// When it began; the duration is that of the leg.
    public var stamp: EventStamp
    /// Which session.
    public var link: OTALink
    /// Which leg.
    public var leg: OTALeg

    /// A leg from its parts.
    public init(stamp: EventStamp, link: OTALink, leg: OTALeg) {
        self.stamp = stamp
        self.link = link
        self.leg = leg
    }
}

/// A session over the air ended.
public struct OTASessionEnded: Sendable, Hashable, Codable {
    /// When it had begun; the duration is that of the session.
    public var stamp: EventStamp
    /// Which.
    public var link: OTALink
    /// SCP81 or SCP80.
    public var sessionProtocol: SessionProtocol
    /// How it ended.
    public var status: SessionStatus
    /// What was wrong; nil when nothing was.
    public var error: SessionErrorType?

    /// An end from its parts.
    public init(
        stamp: EventStamp, link: OTALink, sessionProtocol: SessionProtocol, status: SessionStatus,
        error: SessionErrorType? = nil
    ) {
        self.stamp = stamp
        self.link = link
        self.sessionProtocol = sessionProtocol
        self.status = status
        self.error = error
    }

    enum CodingKeys: String, CodingKey {
        case stamp, link, status, error
        case sessionProtocol = "protocol"
    }
}
