internal import GRDB
internal import Observability
internal import ProbeEvents
internal import SmartCard

/// A command that went to a card, and what came back, as far as the standard level keeps it.
package struct StoredAPDU: Sendable, Hashable, Codable {
    /// Its number.
    package var id: Int64?
    /// The session that it belongs to.
    package var session: Int64
    /// When it was sent, RFC 3339 in UTC.
    package var startedAt: String
    /// How long the whole call took; 0 where a log does not say it.
    package var durationNanoseconds: Int64
    /// The card's own part of it; 0 where that is not known.
    package var cardNanoseconds: Int64
    /// Whether some waiting for others may be in the card's part.
    package var isUpperBound: Bool
    /// What carried it.
    package var interface: String
    /// The command's name.
    package var command: String
    /// CLA, INS, P1 and P2 in hex.
    package var header: String
    /// Length of the command's data, bytes.
    package var sentBytes: Int
    /// Length of the response's data, bytes.
    package var receivedBytes: Int
    /// Four digits; nil when none came.
    package var statusWord: String?
    /// `ok`, `warning`, `probing`, `expected` or `error`.
    package var verdict: String
    /// Why it failed; nil when it did not.
    package var errorType: String?
    /// PC/SC's return code; 0 is success.
    package var resultCode: Int64
    /// The command; bytes that were cut are 0.
    package var commandBytes: StoredBytes
    /// The response with its status word; bytes that were cut are 0.
    package var responseBytes: StoredBytes
    /// Whether bytes were cut.
    package var isCut: Bool
    /// The test that it belongs to; nil for none.
    package var test: Int64?
}

extension StoredAPDU: StoredRow {
    static let databaseTableName = "apdus"
    var order: String { startedAt }

    private static let insertion = """
        INSERT INTO apdus (session, started_at, duration_nanoseconds, card_nanoseconds, is_upper_bound, interface,
            command, header, sent_bytes, received_bytes, status_word, verdict, error_type, result_code, command_bytes,
            response_bytes, is_cut, test)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """

    /// Writes it as a new row; three times as fast as by the names of its columns.
    func append(to database: Database) throws {
        try database.cachedStatement(sql: Self.insertion).execute(arguments: [
            session, startedAt, durationNanoseconds, cardNanoseconds, isUpperBound, interface, command, header,
            sentBytes, receivedBytes, statusWord, verdict, errorType, resultCode, commandBytes, responseBytes, isCut,
            test,
        ])
    }
}

extension StoredAPDU {
    /// The row of an exchange; its session is told when it is written.
    init(_ exchange: APDUExchange, _ command: CommandAPDU, _ verdict: APDUVerdict) {
        let word = exchange.statusWord
        session = 0
        startedAt = RFC3339.text(wallNanoseconds: exchange.stamp.wallNanoseconds)
        durationNanoseconds = Int64(clamping: exchange.stamp.durationNanoseconds)
        cardNanoseconds = Int64(clamping: exchange.cardNanoseconds)
        isUpperBound = exchange.isUpperBound
        interface = exchange.interface.name
        self.command = exchange.name.name
        header = HexBytes(Array(exchange.command.bytes.prefix(CommandAPDU.headerLength))).description
        sentBytes = command.lc
        receivedBytes = word == nil ? 0 : exchange.response.bytes.count - 2
        statusWord = word?.description
        self.verdict = verdict.word(word, cla: command.cla)
        errorType = verdict.errorType?.name
        resultCode = Int64(exchange.resultCode)
        commandBytes = StoredBytes(exchange.command)
        responseBytes = StoredBytes(exchange.response)
        isCut = exchange.isCut
    }
}
