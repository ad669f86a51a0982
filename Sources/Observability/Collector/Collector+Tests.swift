public import ProbeEvents
internal import PrometheusClient

/// A test that runs; let go of without an end it is an error.
public typealias TestRecord = OpenRecord<TestStatus>
/// A test suite that runs.
public typealias TestSuiteRecord = OpenRecord<Void>

extension OpenRecord where Ending == Void {
    /// Ends it.
    @discardableResult
    public func end() -> Bool { end(()) }
}

extension Collector {
    /// Counts a test that ended, where its begin was not told.
    public func recordTest(in suite: String, _ status: TestStatus, took time: Duration) {
        let suite = OpenLabel(suite)
        catalog.testResults[suite, status].increment()
        catalog.testDuration[suite].record(time)
    }

    /// Counts a test that runs until it is told to end.
    public func openTest(in suite: String) -> TestRecord {
        let suite = OpenLabel(suite)
        let running = catalog.testsRunning[suite]
        running.increment()
        return TestRecord(abandoned: .error) { [self] nanoseconds, status in
            running.decrement()
            catalog.testResults[suite, status].increment()
            catalog.testDuration[suite].record(nanoseconds)
        }
    }

    /// Counts a suite that runs until it is told to end.
    public func openTestSuite(_ suite: String) -> TestSuiteRecord {
        let duration = catalog.testSuiteDuration[OpenLabel(suite)]
        return TestSuiteRecord(abandoned: ()) { nanoseconds, _ in duration.record(nanoseconds) }
    }

    /// Counts the time of a suite that ended, where its begin was not told.
    public func recordTestSuite(_ suite: String, took time: Duration) {
        catalog.testSuiteDuration[OpenLabel(suite)].record(time)
    }

    /// Counts assertions that were checked.
    public func recordAssertions(_ count: Int = 1, in suite: String, _ result: AssertionResult) {
        if count > 0 { catalog.testAssertions[OpenLabel(suite), result].increment(by: UInt64(count)) }
    }

    /// Counts a test that the work is; an error of the work ends it as failed, or as told.
    public func withTest<Result, Failure: Error>(
        in suite: String, status: (Failure) -> TestStatus = { _ in .failed }, _ work: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let test = openTest(in: suite)
        return try timed(work) { test.end($1.map(status) ?? .passed) }
    }

    /// The same for work that waits.
    public func withTest<Result, Failure: Error>(
        in suite: String, status: (Failure) -> TestStatus = { _ in .failed },
        isolation: isolated (any Actor)? = #isolation, _ work: () async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        let test = openTest(in: suite)
        return try await timed(isolation: isolation, work) { test.end($1.map(status) ?? .passed) }
    }

    /// Counts a suite that the work is, whether it fails or not.
    public func withTestSuite<Result, Failure: Error>(
        _ suite: String, _ work: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let record = openTestSuite(suite)
        return try timed(work) { _, _ in record.end() }
    }

    /// The same for work that waits.
    public func withTestSuite<Result, Failure: Error>(
        _ suite: String, isolation: isolated (any Actor)? = #isolation, _ work: () async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        let record = openTestSuite(suite)
        return try await timed(isolation: isolation, work) { _, _ in record.end() }
    }
}
