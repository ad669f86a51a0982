internal import GRDB

/// A reader or modem that a run used, with what it said of itself and its card.
package struct StoredDevice: Sendable, Hashable, Codable {
    /// Its number.
    package var id: Int64?
    /// The run that used it.
    package var run: Int64
    /// Its stable name on the bench.
    package var name: String
    /// What it is.
    package var type: String
    /// The ATR of its card in hex; nil when none was seen.
    package var atr: String?
    /// A modem's model; nil for a reader, whose name has it.
    package var model: String?
    /// A modem's firmware as it says it, a reader's release as USB has it; nil when it is not known.
    package var firmware: String?
    /// The hash of the card's ICCID; nil when it was not told.
    package var iccidHash: String?
    /// The hash of the EID of a card that is an eUICC; nil when it was not told.
    package var eidHash: String?
    /// Where it is plugged in, by the kernel's name: bus, then port by port, `1-2.3`; nil where it is on no USB.
    package var port: String?
}

extension StoredDevice: StoredRow {
    static let databaseTableName = "devices"
    var order: String { name }
}
