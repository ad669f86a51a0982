internal import GRDB

/// A row of a table whose columns are its properties in snake case.
protocol StoredRow: Codable, FetchableRecord, MutablePersistableRecord {
    /// Its number in the table; nil before it was written.
    var id: Int64? { get set }
    /// Its place among those that are new.
    var order: String { get }
    /// What changes with each command; nil where nothing does.
    var counts: (commands: Int64, errors: Int64)? { get }
}

extension StoredRow {
    static var databaseColumnEncodingStrategy: DatabaseColumnEncodingStrategy { .convertToSnakeCase }
    static var databaseColumnDecodingStrategy: DatabaseColumnDecodingStrategy { .convertFromSnakeCase }

    var counts: (commands: Int64, errors: Int64)? { nil }

    /// Writes its counts alone, by a statement that is kept.
    func updateCounts(in database: Database) throws {
        guard let counts else { return }
        try database.cachedStatement(
            sql: "UPDATE \(Self.databaseTableName) SET commands = ?, errors = ? WHERE id = ?"
        ).execute(arguments: [counts.commands, counts.errors, id])
    }

    mutating func didInsert(_ inserted: InsertionSuccess) { id = inserted.rowID }
}
