internal import GRDB

/// A session of a run with a card.
package struct StoredSession: Sendable, Hashable, Codable {
    /// Its number.
    package var id: Int64?
    /// The run that it belongs to.
    package var run: Int64
    /// The reader or modem.
    package var device: String
    /// `pcsc` or `at`.
    package var type: String
    /// The protocol that was spoken.
    package var `protocol`: String
    /// When it was opened, or first seen, RFC 3339 in UTC.
    package var startedAt: String
    /// How long it lasted; nil while it is open.
    package var durationNanoseconds: Int64?
    /// How it ended; nil while it is open.
    package var status: String?
    /// Why it ended badly; nil when it did not.
    package var error: String?
    /// The ATR of the card in hex; nil when it was not seen.
    package var atr: String?
    /// Commands in it.
    package var commands: Int64
    /// Those that failed, refusals of a SELECT left out.
    package var errors: Int64
}

extension StoredSession: StoredRow {
    static let databaseTableName = "sessions"
    var order: String { startedAt }
    var counts: (commands: Int64, errors: Int64)? { (commands, errors) }
}
