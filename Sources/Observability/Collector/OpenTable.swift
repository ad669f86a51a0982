internal import ProbeEvents

/// What is open now, by key: openings and ends may be told twice or be lost, and a gauge must not drift.
struct OpenTable<Key: Hashable, Value> {
    /// What became of an opening.
    enum Opening { case new, known, noRoom }

    private let limit: Int
    private var values: [Key: Value] = [:]

    /// A table of nothing; more than `limit` are not followed.
    init(limit: Int) { self.limit = limit }

    mutating func open(_ key: Key, _ value: Value) -> Opening {
        guard values[key] == nil else { return .known }
        guard values.count < limit else { return .noRoom }
        values[key] = value
        return .new
    }

    /// Notes an end; what the opening told, nil for what is not open.
    mutating func close(_ key: Key) -> Value? { values.removeValue(forKey: key) }
}

extension OpenTable where Value == Void {
    mutating func open(_ key: Key) -> Opening { open(key, ()) }
}

/// What is open of a tester's network and tests.
struct OpenTesterWork {
    /// TLS connections; a tap takes no more at once.
    var connections = OpenTable<TLSLink, Void>(limit: 4_096)
    /// Sessions over the air.
    var sessions = OpenTable<OTALink, Void>(limit: 4_096)
    /// Tests that run.
    var tests = OpenTable<TestIdentity, Void>(limit: 4_096)
    /// Connections of each pool of a database.
    var pools = PoolConnections()
}

/// How many connections each pool of a database has open.
struct PoolConnections {
    /// More pools are not followed, and counted as refused.
    static let limit = 1_024

    private var byPool: [UInt64: UInt32] = [:]

    /// Connections of all pools.
    var total: UInt64 { byPool.values.reduce(0) { $0 + UInt64($1) } }

    /// Notes how many a pool has; one with none is forgotten. False when there was no room.
    mutating func set(_ pool: UInt64, _ connections: UInt32) -> Bool {
        guard connections > 0 else {
            byPool[pool] = nil
            return true
        }
        guard byPool[pool] != nil || byPool.count < Self.limit else { return false }
        byPool[pool] = connections
        return true
    }
}
