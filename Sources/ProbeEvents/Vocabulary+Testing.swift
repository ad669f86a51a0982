// Values of labels that tell of the tester's own work, and of what the probe sends away.

/// How a test ended.
public enum TestStatus: UInt8, ClosedVocabulary {
    case passed, failed, skipped, error
}

/// How an assertion ended.
public enum AssertionResult: UInt8, ClosedVocabulary {
    case passed, failed
}

/// What is asked of a database.
public enum DatabaseOperation: UInt8, ClosedVocabulary {
    case select, insert, update, delete, begin, commit, rollback, schema, other
}

/// How an operation on a database ended.
public enum DatabaseStatus: UInt8, ClosedVocabulary {
    case success, failed
}

/// What can go wrong with a database.
public enum DatabaseErrorType: UInt8, ClosedVocabulary {
    case connection, timeout, locked, constraint, schema, diskFull, corrupt, accessDenied, other
}

/// What the probe sends to others.
public enum ExporterName: UInt8, ClosedVocabulary {
    case otlpTraces, otlpMetrics, otlpLogs, zipkin, pushgateway, gsmtap, capture, store
    /// From `run` to a daemon.
    case forwarder
    /// The log's lines, to a file or standard error.
    case log
    /// The events that a daemon records in a file.
    case recording
    /// Files of the last events around a fault.
    case flights
    /// The live page and its API.
    case live
    /// What is told of a card over many commands.
    case cards
}

/// Why it could not be sent.
public enum ExportFailureReason: UInt8, ClosedVocabulary {
    /// No connection, or it broke.
    case unreachable
    case timeout
    /// The other side refused it for good.
    case rejected
    /// The queue was full and the oldest went.
    case queueFull
    /// A file or disk could not be written.
    case write
    case other
}
