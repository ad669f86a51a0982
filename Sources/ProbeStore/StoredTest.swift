internal import GRDB
internal import Observability
internal import ProbeEvents

/// A test that runs or has ended.
package struct StoredTest: Sendable, Hashable, Codable {
    /// Its number.
    package var id: Int64?
    /// The probe's run.
    package var run: Int64
    /// The suite that it belongs to.
    package var suite: String
    /// Its name within the suite.
    package var test: String
    /// When it began, RFC 3339 in UTC.
    package var startedAt: String
    /// How long it took; 0 while it runs.
    package var durationNanoseconds: Int64
    /// How it ended; `running` until then, `interrupted` where that was not heard.
    package var status: String
    /// Assertions that held; nil when they are not counted.
    package var passedAssertions: Int64?
    /// Assertions that did not.
    package var failedAssertions: Int64?
    /// Its trace and span, as W3C writes it; nil for none.
    package var traceparent: String?
    /// The process that it ran in; nil when unknown.
    package var pid: Int32?

    static let runningStatus = "running"
    static let interruptedStatus = "interrupted"
}

extension StoredTest: StoredRow {
    static let databaseTableName = "tests"
    var order: String { startedAt }
}

extension StoredTest {
    /// The row of a test that runs; its run is told when it is written.
    init(_ began: TestBegan) {
        run = 0
        suite = began.suite.suite
        test = began.test
        startedAt = RFC3339.text(wallNanoseconds: began.stamp.wallNanoseconds)
        durationNanoseconds = 0
        status = Self.runningStatus
        traceparent = began.traceparent
        pid = began.pid
    }

    /// The row of a test whose begin was not told.
    init(_ ended: TestEnded) {
        run = 0
        suite = ended.suite.suite
        test = ended.test
        startedAt = RFC3339.text(wallNanoseconds: ended.stamp.wallNanoseconds)
        durationNanoseconds = 0
        status = ""
        traceparent = ended.traceparent
        pid = ended.pid
        note(ended)
    }

    /// It has ended.
    mutating func note(_ ended: TestEnded) {
        durationNanoseconds = Int64(clamping: ended.stamp.durationNanoseconds)
        status = ended.status.name
        passedAssertions = ended.passedAssertions.map(Int64.init)
        failedAssertions = ended.failedAssertions.map(Int64.init)
    }
}
