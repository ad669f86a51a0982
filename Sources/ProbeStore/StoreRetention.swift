internal import GRDB
internal import Observability
internal import ProbeEvents

/// How old and how large the history may become.
struct StoreRetention {
    let maxAge: Duration
    let maxBytes: Int64

    /// What is left after the oldest went, a part of the largest size: so that it is not done for each transaction.
    private static let rest = (parts: Int64(9), of: Int64(10))
    /// The longest pause between two looks at the age.
    private static let longestPause = Duration.seconds(600)

    private var lastLookNanoseconds: UInt64?

    init(maxAge: Duration, maxBytes: Int64) { (self.maxAge, self.maxBytes) = (maxAge, maxBytes) }

    /// Deletes what is too old, and the oldest while there is too much; the times of what it did.
    mutating func apply(to file: StoreFile) throws -> [TableTime] {
        var times: [TableTime] = []
        let now = EventClock.now
        if isDue(now.monotonicNanoseconds) {
            lastLookNanoseconds = now.monotonicNanoseconds
            times += try delete(before: now.wallNanoseconds - min(maxAge.nanoseconds, now.wallNanoseconds), in: file)
        }
        guard try file.liveBytes() > maxBytes else { return times }
        repeat {
            let deleted = try deleteOldest(in: file)
            times += deleted
            if deleted.isEmpty { break }
        } while try file.liveBytes() > maxBytes / Self.rest.of * Self.rest.parts
        try file.shrink()
        return times
    }

    private func isDue(_ now: UInt64) -> Bool {
        guard let last = lastLookNanoseconds else { return true }
        return now &- last >= min(maxAge / 100, Self.longestPause).nanoseconds
    }

    private func delete(before wallNanoseconds: UInt64, in file: StoreFile) throws -> [TableTime] {
        let deleted = try delete(before: RFC3339.text(wallNanoseconds: wallNanoseconds), in: file)
        if !deleted.isEmpty { try file.shrink() }
        return deleted
    }

    /// A tenth of the rows of the first table that has so many: by their times, since a clock that was set back leaves
    /// rows that are later than what was written behind them.
    private func deleteOldest(in file: StoreFile) throws -> [TableTime] {
        var cutoff: String?
        _ = try file.transaction { database in
            for table in ["apdus", "tests", "handshakes", "ota", "channels", "sessions", "runs"] where cutoff == nil {
                cutoff = try String.fetchOne(
                    database,
                    sql: """
                        SELECT started_at FROM \(table) WHERE (SELECT count(*) FROM \(table)) > 100
                        ORDER BY started_at LIMIT 1 OFFSET (SELECT count(*) / 10 FROM \(table))
                        """)
            }
            return []
        }
        return try cutoff.map { try delete(before: $0, in: file) } ?? []
    }

    /// What began before a moment; of runs and sessions only those that are over and empty.
    private func delete(before time: String, in file: StoreFile) throws -> [TableTime] {
        let times = try file.transaction { database in
            try Self.deletions.compactMap { table, condition in
                let start = EventClock.monotonicNow
                try database.execute(
                    sql: "DELETE FROM \(table) WHERE started_at < ? \(condition)", arguments: [time])
                guard database.changesCount > 0 else { return nil }
                return TableTime(
                    operation: .delete, table: table, startNanoseconds: start,
                    durationNanoseconds: EventClock.monotonicNow &- start)
            }
        }
        return times.count > 1 ? times : []
    }

    /// In this order: first what refers to others. The tables of a run's devices and status words go with it.
    private static let deletions: [(table: String, condition: String)] = [
        ("apdus", ""), ("tests", ""), ("handshakes", ""), ("ota", ""),
        ("channels", "AND duration_nanoseconds IS NOT NULL"),
        (
            "sessions",
            """
            AND (duration_nanoseconds IS NOT NULL OR run IN (SELECT id FROM runs WHERE state <> 'running'))
            AND NOT EXISTS (SELECT 1 FROM apdus WHERE session = sessions.id)
            """
        ),
        (
            "runs",
            """
            AND state <> 'running'
            AND NOT EXISTS (SELECT 1 FROM sessions WHERE run = runs.id)
            AND NOT EXISTS (SELECT 1 FROM tests WHERE run = runs.id)
            AND NOT EXISTS (SELECT 1 FROM handshakes WHERE run = runs.id)
            AND NOT EXISTS (SELECT 1 FROM ota WHERE run = runs.id)
            AND NOT EXISTS (SELECT 1 FROM channels WHERE run = runs.id)
            """
        ),
    ]
}

extension Duration {
    fileprivate var nanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        return UInt64(clamping: seconds) &* 1_000_000_000 &+ UInt64(clamping: attoseconds / 1_000_000_000)
    }
}
