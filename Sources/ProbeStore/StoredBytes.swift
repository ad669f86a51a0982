internal import FoundationEssentials
internal import GRDB
package import ProbeEvents

/// Bytes: a blob in the file, hex digits in JSON.
package struct StoredBytes: Sendable, Hashable, Codable {
    /// The bytes.
    package var hex: HexBytes

    /// Wraps bytes.
    package init(_ hex: HexBytes) { self.hex = hex }

    /// Reads hex digits.
    package init(from decoder: any Decoder) throws { hex = try HexBytes(from: decoder) }

    /// Writes hex digits.
    package func encode(to encoder: any Encoder) throws { try hex.encode(to: encoder) }
}

extension StoredBytes: DatabaseValueConvertible {
    var databaseValue: DatabaseValue { Data(hex.bytes).databaseValue }

    static func fromDatabaseValue(_ value: DatabaseValue) -> StoredBytes? {
        Data.fromDatabaseValue(value).map { StoredBytes(HexBytes(Array($0))) }
    }
}
