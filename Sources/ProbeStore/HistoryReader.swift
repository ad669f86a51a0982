internal import FoundationEssentials
internal import GRDB
internal import Glibc
internal import ProbeEvents

/// Reads the history, also while a probe writes it; it changes nothing in the file.
package struct HistoryReader: Sendable {
    /// A run with all that is known of it.
    package struct Run: Sendable, Hashable, Encodable {
        /// The run.
        package var run: StoredRun
        /// The devices that it used.
        package var devices: [StoredDevice]
        /// Its sessions.
        package var sessions: [StoredSession]
        /// How often each status word came.
        package var statusWords: [StoredStatusWord]
        /// Its BIP channels.
        package var channels: [StoredChannel]
        /// TLS handshakes.
        package var handshakes: [StoredHandshake]
        /// Sessions over the air.
        package var ota: [StoredOTA]
        /// Tests.
        package var tests: [StoredTest]
    }

    private let path: String
    private let queue: DatabaseQueue

    /// How long a probe's transaction is waited for.
    private static let patience: TimeInterval = 5

    /// Opens a file that is there.
    package init(path: String) throws(StoreFault) {
        self.path = path
        guard access(path, F_OK) == 0 else {
            throw StoreFault(
                path: path, type: .connection,
                what: "there is no history; one begins with cardlink-probe serve, where store.enabled is true")
        }
        do {
            var configuration = Configuration()
            configuration.readonly = true
            configuration.busyMode = .timeout(Self.patience)
            queue = try DatabaseQueue(path: path, configuration: configuration)
            if try queue.read(StoreSchema.migrator.hasBeenSuperseded) {
                throw StoreFault(path: path, type: .schema, what: "is of a newer version of the probe")
            }
        } catch {
            throw StoreFault(error, path: path)
        }
    }

    /// Runs, the newest first.
    package func runs(_ filter: HistoryFilter) throws(StoreFault) -> [StoredRun] {
        var conditions = Conditions()
        conditions.add("runs.started_at >= ?", filter.since)
        conditions.add("EXISTS (SELECT 1 FROM devices WHERE run = runs.id AND name = ?)", filter.device)
        conditions.add(filter.ofCommands) {
            "EXISTS (SELECT 1 FROM sessions JOIN apdus ON apdus.session = sessions.id WHERE run = runs.id AND \($0))"
        }
        return try fetch("runs", conditions, limit: filter.limit)
    }

    /// Sessions, the newest first.
    package func sessions(_ filter: HistoryFilter) throws(StoreFault) -> [StoredSession] {
        var conditions = Conditions()
        conditions.add("sessions.run = ?", filter.run)
        conditions.add("sessions.device = ?", filter.device)
        conditions.add("sessions.started_at >= ?", filter.since)
        conditions.add(filter.ofCommands) {
            "EXISTS (SELECT 1 FROM apdus WHERE session = sessions.id AND \($0))"
        }
        return try fetch("sessions", conditions, limit: filter.limit)
    }

    /// The last commands of a session, in their order; nil when there is no such session.
    package func apdus(session: Int64, _ filter: HistoryFilter) throws(StoreFault) -> [StoredAPDU]? {
        guard try read({ try StoredSession.exists($0, key: session) }) else { return nil }
        var conditions = Conditions()
        conditions.add("apdus.session = ?", session)
        conditions.add("apdus.started_at >= ?", filter.since)
        conditions.add(filter.ofCommands) { $0 }
        return try fetch("apdus", conditions, limit: filter.limit).reversed()
    }

    /// Sessions over the air, the newest first.
    package func ota(_ filter: HistoryFilter) throws(StoreFault) -> [StoredOTA] {
        var conditions = Conditions()
        conditions.add("ota.run = ?", filter.run)
        conditions.add("ota.device = ?", filter.device)
        conditions.add("ota.started_at >= ?", filter.since)
        if filter.hasErrors { conditions.add("ota.status <> ?", SessionStatus.completed.name) }
        return try fetch("ota", conditions, limit: filter.limit)
    }

    /// Tests, the newest first.
    package func tests(_ filter: HistoryFilter) throws(StoreFault) -> [StoredTest] {
        var conditions = Conditions()
        conditions.add("tests.run = ?", filter.run)
        conditions.add("tests.started_at >= ?", filter.since)
        if filter.hasErrors { conditions.add("tests.status IN ('failed', ?)", "error") }
        conditions.add(filter.ofCommands(withErrors: false)) {
            "EXISTS (SELECT 1 FROM apdus WHERE test = tests.id AND \($0))"
        }
        return try fetch("tests", conditions, limit: filter.limit)
    }

    /// The last commands of the newest test of that name, in their order; nil when there is no such test.
    ///
    /// A name without what stands before its last `::` will do.
    package func apdus(test name: String, _ filter: HistoryFilter) throws(StoreFault) -> [StoredAPDU]? {
        let id = try read { database in
            try Int64.fetchOne(
                database,
                sql: """
                    SELECT id FROM tests WHERE test = ? OR substr(test, -length(?) - 2) = '::' || ?
                    ORDER BY id DESC LIMIT 1
                    """, arguments: [name, name, name])
        }
        guard let id else { return nil }
        var conditions = Conditions()
        conditions.add("apdus.test = ?", id)
        conditions.add("apdus.started_at >= ?", filter.since)
        conditions.add(filter.ofCommands) { $0 }
        return try fetch("apdus", conditions, limit: filter.limit).reversed()
    }

    /// One run; nil when there is none with this number.
    package func run(_ id: Int64, limit: Int) throws(StoreFault) -> Run? {
        guard let run = try read({ try StoredRun.fetchOne($0, key: id) }) else { return nil }
        var conditions = Conditions()
        conditions.add("run = ?", id)
        return Run(
            run: run, devices: try fetch("devices", conditions, limit: limit).reversed(),
            sessions: try fetch("sessions", conditions, limit: limit).reversed(),
            statusWords: try read { database in
                try StoredStatusWord.fetchAll(
                    database, sql: "SELECT * FROM status_words WHERE run = ? ORDER BY count DESC, status_word",
                    arguments: [id])
            }, channels: try fetch("channels", conditions, limit: limit).reversed(),
            handshakes: try fetch("handshakes", conditions, limit: limit).reversed(),
            ota: try fetch("ota", conditions, limit: limit).reversed(),
            tests: try fetch("tests", conditions, limit: limit).reversed())
    }

    private func fetch<Row: FetchableRecord>(
        _ table: String, _ conditions: Conditions, limit: Int
    ) throws(StoreFault) -> [Row] {
        try read { database in
            try Row.fetchAll(
                database, sql: "SELECT * FROM \(table) \(conditions.sql) ORDER BY id DESC LIMIT \(max(0, limit))",
                arguments: StatementArguments(conditions.values))
        }
    }

    func read<Value>(_ work: (Database) throws -> Value) throws(StoreFault) -> Value {
        do {
            return try queue.read(work)
        } catch {
            throw StoreFault(error, path: path)
        }
    }
}

/// What must hold, with its values.
private struct Conditions {
    private var parts: [String] = []
    private(set) var values: [any DatabaseValueConvertible] = []

    var sql: String { parts.isEmpty ? "" : "WHERE " + parts.joined(separator: " AND ") }

    mutating func add(_ condition: String, _ value: (any DatabaseValueConvertible)?) {
        guard let value else { return }
        parts.append(condition)
        values.append(value)
    }

    mutating func add(_ commands: (sql: String, values: [String])?, _ condition: (String) -> String) {
        guard let commands else { return }
        parts.append(condition(commands.sql))
        values += commands.values
    }
}
