internal import GRDB

/// A row of a table whose columns are its properties in snake case.
protocol StoredRow: Codable, FetchableRecord, MutablePersistableRecord {
    /// Its number in the table; nil before it was written.
    var id: Int64? { get set }
    /// Its place among those that are new.
    var order: String { get }
}

extension StoredRow {
    static var databaseColumnEncodingStrategy: DatabaseColumnEncodingStrategy { .convertToSnakeCase }
    static var databaseColumnDecodingStrategy: DatabaseColumnDecodingStrategy { .convertFromSnakeCase }

    mutating func didInsert(_ inserted: InsertionSuccess) { id = inserted.rowID }
}
