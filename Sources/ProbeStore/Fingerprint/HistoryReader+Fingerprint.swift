internal import GRDB
internal import Observability
internal import ProbeEvents
internal import SmartCard

extension HistoryReader {
    /// So many commands of a card are read at most, the newest ones: less than a second.
    static let fingerprintLimit = 200_000

    /// What a card usually does in a reader, as far as the history goes.
    func habits(ofCard atr: String, in reader: String) throws(StoreFault) -> CardHabits {
        try read { database in
            var habits = CardHabits()
            var selection = CardSelection()
            try Self.eachExchange(ofCard: atr, in: reader, database) { session, exchange, _ in
                habits.learn(exchange, selected: selection.note(exchange, in: .init(client: 0, session: session)))
            }
            return habits
        }
    }

    /// The commands that a card answered in a reader, session by session, in their order, with the length of their data.
    static func eachExchange(
        ofCard atr: String, in reader: String, _ database: Database,
        _ take: (_ session: UInt64, CardExchange, _ sentBytes: Int) -> Void
    ) throws {
        let sessions = try Row.fetchCursor(
            database,
            sql: """
                SELECT id, commands FROM sessions WHERE device = ? AND atr = ? AND commands > 0 ORDER BY id DESC
                """, arguments: [reader, atr])
        var (first, commands): (Int64?, Int64) = (nil, 0)
        while commands < fingerprintLimit, let row = try sessions.next() {
            (first, commands) = (row[0], commands + row[1])
        }
        guard let first else { return }
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT session, command, command_bytes, apdus.status_word, received_bytes, card_nanoseconds,
                    is_upper_bound, verdict, error_type, sent_bytes
                FROM sessions JOIN apdus ON apdus.session = sessions.id
                WHERE sessions.id >= ? AND device = ? AND atr = ? AND interface = 'pcsc'
                ORDER BY sessions.id, apdus.id LIMIT ?
                """, arguments: [first, reader, atr, 2 * fingerprintLimit])
        while let row = try rows.next() {
            let bytes: StoredBytes = row[2]
            let exchange = CardExchange(
                command: row[1], bytes: bytes.hex.bytes, statusWord: row[3], receivedBytes: row[4],
                nanoseconds: row[5], isUpperBound: row[6], verdict: row[7], errorType: row[8])
            if let exchange { take(UInt64(bitPattern: row[0] as Int64), exchange, row[9]) }
        }
    }
}

/// What each session selected last, as a number: the same for the same.
struct CardSelection: Sendable {
    struct Session: Hashable {
        var client: UInt64
        var session: UInt64
    }

    /// More are not followed: all are forgotten then, and known again after their next SELECT.
    private static let limit = 4_096

    private var selected: [Session: Int] = [:]

    /// What was selected before an exchange, which may be a SELECT itself.
    mutating func note(_ exchange: CardExchange, in session: Session) -> Int {
        let before = selected[session] ?? 0
        if exchange.command == .select {
            if selected.count >= Self.limit { selected = [:] }
            selected[session] = exchange.bytes.hashValue
        }
        return before
    }

    /// Nothing is selected any more.
    mutating func forget(_ session: Session) { selected[session] = nil }

    /// A client has ended.
    mutating func forget(client: UInt64) { selected = selected.filter { $0.key.client != client } }
}
