/// A process that a tap sits in.
public struct ClientProcess: Sendable, Hashable, Codable {
    /// Random, made when the tap met its receiver: tells apart processes that had the same pid.
    public var id: UInt64
    /// The process id as the receiver sees it.
    public var pid: Int32
    /// The name of its executable, without directory; never its arguments, which may carry PINs.
    public var program: String

    /// A process from its parts.
    public init(id: UInt64, pid: Int32, program: String) {
        self.id = id
        self.pid = pid
        self.program = program
    }
}

/// A client process with a tap in it made itself known.
public struct ClientAttached: Sendable, Hashable, Codable {
    /// When it was accepted.
    public var stamp: EventStamp
    /// The process.
    public var client: ClientProcess
    /// The real PC/SC library that the tap forwards to, full path; empty when there was none.
    public var library: String
    /// Whether the tap counts the library's silent repeats, so that waits are exact.
    public var isWaitExact: Bool
    /// Whether the probe that tells it exports the client's spans itself; nil for no.
    public var isTraced: Bool?
    /// The span that it was started in, by its environment, as W3C writes it; nil for none, or when that is not known.
    public var traceparent: String?
    /// Which version of the tester it is, by its environment, 64 bytes at most; nil where nobody said it.
    public var testerVersion: String?
    /// The commit that the tester is at, by its environment, 7 to 64 hex digits; nil where nobody said it.
    public var testerCommit: String?

    /// An attachment from its parts.
    public init(
        stamp: EventStamp, client: ClientProcess, library: String, isWaitExact: Bool, isTraced: Bool? = nil,
        traceparent: String? = nil, testerVersion: String? = nil, testerCommit: String? = nil
    ) {
        self.stamp = stamp
        self.client = client
        self.library = library
        self.isWaitExact = isWaitExact
        self.isTraced = isTraced
        self.traceparent = traceparent
        self.testerVersion = testerVersion
        self.testerCommit = testerCommit
    }

    enum CodingKeys: String, CodingKey {
        case stamp, client, library, traceparent
        case isWaitExact = "is_wait_exact"
        case isTraced = "is_traced"
        case testerVersion = "tester_version"
        case testerCommit = "tester_commit"
    }
}

/// A client process with a tap in it ended.
public struct ClientEnded: Sendable, Hashable, Codable {
    /// When it was noticed; the duration is how long it was attached.
    public var stamp: EventStamp
    /// The process.
    public var client: ClientProcess
    /// Whether it ended by exit: false for a client that was killed or replaced itself.
    public var isOrderly: Bool
    /// How many sessions it left open.
    public var openSessions: Int

    /// An end from its parts.
    public init(stamp: EventStamp, client: ClientProcess, isOrderly: Bool, openSessions: Int) {
        self.stamp = stamp
        self.client = client
        self.isOrderly = isOrderly
        self.openSessions = openSessions
    }

    enum CodingKeys: String, CodingKey {
        case stamp, client
        case isOrderly = "is_orderly"
        case openSessions = "open_sessions"
    }
}

/// All that a client process wrote down until a moment has been told: what others' calls overlap with is known so far.
public struct ClientDrained: Sendable, Hashable, Codable {
    /// Until when; it has no duration.
    public var stamp: EventStamp
    /// The process.
    public var client: ClientProcess

    /// A mark from its parts.
    public init(stamp: EventStamp, client: ClientProcess) {
        self.stamp = stamp
        self.client = client
    }
}

/// Events were lost, and how many is known exactly.
public struct EventsDropped: Sendable, Hashable, Codable {
    /// When it was noticed; the source is the one whose events were lost.
    public var stamp: EventStamp
    /// Why.
    public var reason: DropReason
    /// How many.
    public var count: UInt64

    /// A loss from its parts.
    public init(stamp: EventStamp, reason: DropReason, count: UInt64) {
        self.stamp = stamp
        self.reason = reason
        self.count = count
    }
}

/// A source cannot see what it should, or can again.
public struct SourceState: Sendable, Hashable, Codable {
    /// When it was noticed; the source is the one that speaks.
    public var stamp: EventStamp
    /// Whether it sees what it should.
    public var isWorking: Bool
    /// One line: what, where, what to do next; empty when all is well.
    public var message: String

    /// A state from its parts.
    public init(stamp: EventStamp, isWorking: Bool, message: String) {
        self.stamp = stamp
        self.isWorking = isWorking
        self.message = message
    }

    enum CodingKeys: String, CodingKey {
        case stamp, message
        case isWorking = "is_working"
    }
}
