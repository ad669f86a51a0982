internal import GRDB
internal import ProbeEvents
internal import SmartCard

/// How long the rows of a table took in a transaction.
struct TableTime {
    var operation: DatabaseOperation
    var table: String
    var startNanoseconds: UInt64
    var durationNanoseconds: UInt64
}

extension HistoryRecorder {
    /// Writes what is new or has changed, runs first and what refers to them behind.
    mutating func write(to database: Database) throws -> [TableTime] {
        var times: [TableTime] = []
        try Self.timed("runs", runs.values.contains(where: \.isChanged), &times) {
            try Self.save(&runs, to: database) { _, _ in }
        }
        try Self.timed("devices", devices.values.contains(where: \.isChanged), &times) { [runs] in
            try Self.save(&devices, to: database) { $0.run = (runs[$1] ?? runs[.probe])?.row.id ?? 0 }
        }
        try Self.timed("sessions", sessions.values.contains(where: \.isChanged), &times) { [runs] in
            try Self.save(&sessions, to: database) { $0.run = (runs[$1] ?? runs[.probe])?.row.id ?? 0 }
        }
        try Self.timed("channels", channels.values.contains(where: \.isChanged), &times) { [runs] in
            try Self.save(&channels, to: database) { $0.run = (runs[$1] ?? runs[.probe])?.row.id ?? 0 }
        }
        // What refers to them stands behind them.
        try Self.timed("tests", tests.changedCount > 0, &times) { try tests.write(to: database, run: ownID) }
        try Self.timed("apdus", !apdus.isEmpty, &times) { try writeAPDUs(to: database) }
        try Self.timed("status_words", !statusWords.isEmpty, &times) { try writeStatusWords(to: database) }
        try Self.timed("handshakes", !handshakes.isEmpty, &times) {
            for var row in handshakes {
                row.run = ownID
                try row.insert(database)
            }
        }
        try Self.timed("ota", !ota.isEmpty, &times) {
            for case (let owner, var row) in ota {
                row.run = runs[owner]?.row.id ?? ownID
                try row.insert(database)
            }
        }
        return times
    }

    /// All of it is in the file.
    mutating func settle() {
        (apdus, statusWords, handshakes, ota) = ([], [:], [], [])
        tests.settle()
        Self.settle(&runs)
        Self.settle(&devices)
        Self.settle(&sessions)
        Self.settle(&channels)
    }

    /// Rows that will not come again are given up; how many they were.
    mutating func giveUp() -> Int {
        defer {
            (apdus, statusWords, handshakes, ota) = ([], [:], [], [])
            tests.settle()
        }
        return rowCount
    }

    /// The file is a new one: what is open is written into it again.
    mutating func beginAnew() {
        Self.renew(&runs)
        Self.renew(&devices)
        Self.renew(&sessions)
        Self.renew(&channels)
        tests.beginAnew()
    }

    private var ownID: Int64 { runs[.probe]?.row.id ?? 0 }

    private func writeAPDUs(to database: Database) throws {
        for apdu in apdus {
            var row = apdu.row
            row.session = sessions[apdu.session]?.row.id ?? 0
            row.test = tests.id(apdu.startNanoseconds, apdu.client)
            try row.append(to: database)
        }
    }

    private func writeStatusWords(to database: Database) throws {
        for (key, count) in statusWords {
            let run = runs[key.owner]?.row.id ?? ownID
            try StoredStatusWord(run: run, statusWord: key.word.description, count: count).add(to: database)
        }
    }

    private static func save<Key, Row: StoredRow>(
        _ rows: inout [Key: Changing<Row>], to database: Database, relate: (inout Row, Owner) -> Void
    ) throws {
        // So that numbers go with time.
        let changed = rows.filter(\.value.isChanged).sorted { $0.value.row.order < $1.value.row.order }
        for (key, var changing) in changed {
            relate(&changing.row, changing.owner)
            if changing.change == .counts {
                try changing.row.updateCounts(in: database)
            } else {
                try changing.row.save(database)
            }
            rows[key] = changing
        }
    }

    private static func settle<Key, Row>(_ rows: inout [Key: Changing<Row>]) {
        // Not while it is walked through, which would copy all of it.
        let settled = rows.compactMap { key, row in row.isChanged || row.isOver ? key : nil }
        for key in settled {
            if rows[key]?.isOver == true { rows[key] = nil } else { rows[key]?.change = .none }
        }
    }

    private static func renew<Key, Row: StoredRow>(_ rows: inout [Key: Changing<Row>]) {
        for key in rows.keys {
            rows[key]?.row.id = nil
            rows[key]?.change = .whole
        }
    }

    private static func timed(
        _ table: String, _ hasRows: Bool, _ times: inout [TableTime], _ work: () throws -> Void
    ) rethrows {
        guard hasRows else { return }
        let start = EventClock.monotonicNow
        try work()
        times.append(
            TableTime(
                operation: .insert, table: table, startNanoseconds: start,
                durationNanoseconds: EventClock.monotonicNow &- start))
    }
}
