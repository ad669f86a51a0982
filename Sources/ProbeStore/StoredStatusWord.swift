internal import GRDB

/// How often a status word came in a run.
package struct StoredStatusWord: Sendable, Hashable, Codable {
    /// The run.
    package var run: Int64
    /// Four digits.
    package var statusWord: String
    /// How often.
    package var count: Int64

    /// Adds so many to those that are there.
    func add(to database: Database) throws {
        try database.cachedStatement(
            sql: """
                INSERT INTO status_words (run, status_word, count) VALUES (?, ?, ?)
                ON CONFLICT (run, status_word) DO UPDATE SET count = count + excluded.count
                """
        ).execute(arguments: [run, statusWord, count])
    }
}

extension StoredStatusWord: FetchableRecord, TableRecord {
    static let databaseTableName = "status_words"
    static var databaseColumnDecodingStrategy: DatabaseColumnDecodingStrategy { .convertFromSnakeCase }
}
