public import ProbeEvents
internal import PrometheusClient

/// A connection to a database that is open; its end may have an error.
public typealias DatabaseConnectionRecord = OpenRecord<DatabaseErrorType?>

extension OpenRecord where Ending == DatabaseErrorType? {
    /// Ends a connection that went well.
    @discardableResult
    public func end() -> Bool { end(nil) }
}

extension Collector {
    /// Counts a connection that is open until it is told to end; let go of without an end it was lost.
    public func openDatabaseConnection() -> DatabaseConnectionRecord {
        catalog.databaseConnectionsActive.add(1)
        return DatabaseConnectionRecord(abandoned: .connection) { [self] _, error in
            catalog.databaseConnectionsActive.add(-1)
            if let error { recordDatabaseError(error, in: .other) }
        }
    }

    /// Tells how many connections are open, for a pool that counts them itself.
    public func setDatabaseConnections(_ count: Int) { catalog.databaseConnectionsActive.set(Double(count)) }

    /// Counts an operation that ended.
    public func recordQuery(
        _ operation: DatabaseOperation, table: String, _ status: DatabaseStatus, took time: Duration
    ) {
        let table = OpenLabel(table)
        catalog.databaseOperations[operation, table, status].increment()
        catalog.databaseQueryDuration[operation, table].record(time)
    }

    /// Counts what went wrong with an operation.
    public func recordDatabaseError(_ error: DatabaseErrorType, in operation: DatabaseOperation) {
        catalog.databaseErrors[error, operation].increment()
    }

    /// Counts an operation that the work is.
    public func timedQuery<Result, Failure: Error>(
        _ operation: DatabaseOperation, table: String, errorType: (Failure) -> DatabaseErrorType = { _ in .other },
        _ work: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try timed(work) { record(operation, table, $0, $1.map(errorType)) }
    }

    /// The same for work that waits.
    public func timedQuery<Result, Failure: Error>(
        _ operation: DatabaseOperation, table: String, errorType: (Failure) -> DatabaseErrorType = { _ in .other },
        isolation: isolated (any Actor)? = #isolation, _ work: () async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        try await timed(isolation: isolation, work) { record(operation, table, $0, $1.map(errorType)) }
    }

    private func record(
        _ operation: DatabaseOperation, _ table: String, _ nanoseconds: UInt64, _ error: DatabaseErrorType?
    ) {
        recordQuery(
            operation, table: table, error == nil ? .success : .failed,
            took: .nanoseconds(Int64(clamping: nanoseconds)))
        if let error { recordDatabaseError(error, in: operation) }
    }
}
