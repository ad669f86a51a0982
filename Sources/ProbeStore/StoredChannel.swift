internal import GRDB

/// A BIP channel, or the attempt to open one.
package struct StoredChannel: Sendable, Hashable, Codable {
    /// Its number.
    package var id: Int64?
    /// The run that saw it.
    package var run: Int64
    /// The reader or modem.
    package var device: String
    /// The channel's number on the card's side; 0 when none was given.
    package var channel: Int
    /// What carries it.
    package var bearer: String
    /// How it is transported; nil when its opening was not seen.
    package var transport: String?
    /// The port at the other end; nil for none.
    package var port: Int?
    /// When it was opened, RFC 3339 in UTC.
    package var startedAt: String
    /// How long it was open; nil while it is.
    package var durationNanoseconds: Int64?
    /// How it ended; nil while it is open.
    package var status: String?
    /// Who or what ended it, or why it could not be opened.
    package var reason: String?
    /// Channel data from the card, bytes.
    package var sentBytes: Int64
    /// Channel data to the card, bytes.
    package var receivedBytes: Int64
}

extension StoredChannel: StoredRow {
    static let databaseTableName = "channels"
    var order: String { startedAt }
}
