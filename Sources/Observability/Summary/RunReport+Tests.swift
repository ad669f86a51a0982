internal import ProbeEvents

extension RunReport {
    /// What a test runner told.
    package struct Tests: Sendable, Encodable {
        package var suites: UInt64
        package var passed: UInt64
        package var failed: UInt64
        package var skipped: UInt64
        /// Those that could not be run, or not to their end.
        package var errors: UInt64
        /// Those that had not ended.
        package var running: UInt64
        /// The test that took longest; null when none ended.
        package var slowest: OrNull<SlowTest>
        /// The last 64 that failed, the oldest first.
        package var failures: [Failure]

        /// Whether there is nothing to say.
        var isEmpty: Bool { suites == 0 && passed + failed + skipped + errors + running == 0 }
    }
}

extension RunReport.Tests {
    /// A test and its time.
    package struct SlowTest: Sendable, Encodable {
        package var suite: String
        package var test: String
        package var nanoseconds: UInt64
    }

    /// A test that failed, and what was said to cards in it.
    package struct Failure: Sendable, Encodable {
        package var suite: String
        package var test: String
        /// `failed` or `error`.
        package var status: String
        package var commands: UInt64
        /// Commands that failed, refusals of a SELECT left out.
        package var commandErrors: UInt64
        /// The last of these: its name, and what came back; null for none.
        package var failedCommand: OrNull<String>
        package var failedStatusWord: OrNull<String>
        /// The command that took the card longest; null for none.
        package var slowestCommand: OrNull<String>
        package var slowestNanoseconds: UInt64
    }
}

extension RunReport.Tests {
    init(_ tally: TestTally) {
        suites = UInt64(tally.suiteCount)
        passed = tally.results[.passed] ?? 0
        failed = tally.results[.failed] ?? 0
        skipped = tally.results[.skipped] ?? 0
        errors = tally.results[.error] ?? 0
        running = UInt64(tally.runningCount)
        slowest = OrNull(
            tally.slowest.map { test, nanoseconds in
                SlowTest(suite: test.suite.suite, test: test.test, nanoseconds: nanoseconds)
            })
        failures = tally.failures.map(Failure.init)
    }
}

extension RunReport.Tests.Failure {
    fileprivate init(_ failed: FailedTest) {
        func known(_ text: String) -> OrNull<String> { OrNull(text.isEmpty ? nil : text) }
        let said = failed.commands
        self.init(
            suite: failed.suite.suite, test: failed.test, status: failed.status.name, commands: said.count,
            commandErrors: said.errors, failedCommand: known(said.failed),
            failedStatusWord: known(said.failedStatusWord),
            slowestCommand: known(said.slowest), slowestNanoseconds: said.slowestNanoseconds)
    }
}
