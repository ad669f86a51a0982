/// What was said to cards in a test.
package struct TestCommands: Sendable, Hashable, Codable {
    /// Commands that were sent.
    package var count: UInt64 = 0
    /// Those that failed, refusals of a SELECT left out.
    package var errors: UInt64 = 0
    /// The name of the one that took the card longest; empty for none.
    package var slowest = ""
    /// The card's time for it.
    package var slowestNanoseconds: UInt64 = 0
    /// The last command that failed; empty for none.
    package var failed = ""
    /// What the card answered to it, four digits; PC/SC's name of the failure where no answer came.
    package var failedStatusWord = ""

    /// Nothing.
    package init() {}

    enum CodingKeys: String, CodingKey {
        case count, errors, slowest, failed
        case slowestNanoseconds = "slowest_nanoseconds"
        case failedStatusWord = "failed_status_word"
    }
}

/// A test that failed, and what was said to cards in it.
package struct FailedTest: Sendable, Hashable, Codable {
    /// The suite that it belongs to.
    package var suite: TestSuiteRun
    /// Its name within the suite.
    package var test: String
    /// `failed` or `error`.
    package var status: TestStatus
    /// What was said to cards.
    package var commands: TestCommands

    /// A test from its parts.
    package init(_ test: TestIdentity, status: TestStatus, commands: TestCommands) {
        (suite, self.test) = (test.suite, test.test)
        (self.status, self.commands) = (status, commands)
    }
}
