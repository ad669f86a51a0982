/// What a tester asks of its database.
public enum DatabaseEvent: Sendable, Hashable {
    /// An operation ended.
    case operation(DatabaseOperationDone)
    /// The number of open connections changed.
    case pool(DatabasePoolChanged)

    /// When and by which source it was seen.
    public var stamp: EventStamp {
        switch self {
        case .operation(let event): event.stamp
        case .pool(let event): event.stamp
        }
    }
}

/// An operation on a database ended.
public struct DatabaseOperationDone: Sendable, Hashable, Codable {
    /// When it was asked for; the duration is that until its end.
    public var stamp: EventStamp
    /// What was asked; never the statement, which may hold values.
    public var operation: DatabaseOperation
    /// The table; empty for an operation on none.
    public var table: String
    /// How it ended.
    public var status: DatabaseStatus
    /// What was wrong; nil when nothing was.
    public var error: DatabaseErrorType?
    /// What kind of database it is, by OpenTelemetry's names: `sqlite`, `postgresql`; nil when unknown.
    public var system: String?
    /// The span that it is part of, as W3C writes it; nil for none.
    public var traceparent: String?
    /// Whether the teller exports its span itself; nil for no.
    public var isTraced: Bool?

    /// An operation from its parts.
    public init(
        stamp: EventStamp, operation: DatabaseOperation, table: String, status: DatabaseStatus,
        error: DatabaseErrorType? = nil, system: String? = nil, traceparent: String? = nil, isTraced: Bool? = nil
    ) {
        self.stamp = stamp
        self.operation = operation
        self.table = table
        self.status = status
        self.error = error
        self.system = system
        self.traceparent = traceparent
        self.isTraced = isTraced
    }

    enum CodingKeys: String, CodingKey {
        case stamp, operation, table, status, error, system, traceparent
        case isTraced = "is_traced"
    }
}

/// The number of open connections of a pool changed.
public struct DatabasePoolChanged: Sendable, Hashable, Codable {
    /// When.
    public var stamp: EventStamp
    /// The pool: random, made by the program when it makes the pool.
    public var pool: UInt64
    /// Connections that are open now.
    public var connections: UInt32

    /// A change from its parts.
    public init(stamp: EventStamp, pool: UInt64, connections: UInt32) {
        self.stamp = stamp
        self.pool = pool
        self.connections = connections
    }
}
