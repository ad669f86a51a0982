package import ProbeEvents
internal import PrometheusClient
internal import SmartCard

/// What tests came to, and what was said to cards in those that failed. It stays small whatever the traffic.
package struct TestTally: Sendable {
    /// Tests that failed and are remembered one by one, the last ones.
    package static let rememberedFailures = 64
    private static let rememberedSuites = 1_024

    /// What was said to cards in a test, by its number.
    private struct Running: Sendable {
        var number: UInt64
        var commands = TestCommands()
    }

    private var trail = TestTrail<Running>()
    private var began: UInt64 = 0
    private var suites: Set<TestSuiteRun> = []

    /// Suites that were told; of more than a thousand the first ones.
    package var suiteCount: Int { suites.count }
    /// Tests by how they ended.
    package private(set) var results: [TestStatus: UInt64] = [:]
    /// The test that took longest; nil before the first.
    package private(set) var slowest: (test: TestIdentity, nanoseconds: UInt64)?
    /// The last tests that failed, the oldest first.
    package private(set) var failures: [FailedTest] = []
    private var numbers: [UInt64] = []

    /// A tally of nothing yet.
    package init() {}

    /// Tests that run now.
    package var runningCount: Int { trail.runningOnes.count }

    package mutating func apply(_ event: TestEvent) {
        switch event {
        case .suiteBegan(let told): if suites.count < Self.rememberedSuites { suites.insert(told.suite) }
        case .suiteEnded(let told): trail.end(told)
        case .began(let told):
            if trail.begin(told, Running(number: began)) { began += 1 }
        case .ended(let told): apply(told)
        }
    }

    package mutating func note(_ attached: ClientAttached) { trail.note(attached) }

    package mutating func note(_ ended: ClientEnded) { trail.note(ended) }

    /// Counts a command for the test that it belongs to, which may have ended by now.
    package mutating func apply(_ exchange: APDUExchange) {
        guard !trail.isEmpty, exchange.reachedCard else { return }
        let verdict = APDUVerdict(exchange, CommandAPDU(exchange.command.bytes))
        var told: Running?
        trail.update(exchange.stamp.startNanoseconds, exchange.client) { _, test in
            test.commands.add(exchange, verdict)
            told = test
        }
        if let told, let place = numbers.lastIndex(of: told.number) { failures[place].commands = told.commands }
    }

    private mutating func apply(_ ended: TestEnded) {
        results[ended.status, default: 0].addSaturating(1)
        let nanoseconds = ended.stamp.durationNanoseconds
        if nanoseconds > slowest?.nanoseconds ?? 0 || slowest == nil { slowest = (ended.identity, nanoseconds) }
        var last = Running(number: began)
        trail.end(ended) { known in
            last = known ?? last
            return last
        }
        if last.number == began { began += 1 }
        guard ended.status == .failed || ended.status == .error else { return }
        if failures.count == Self.rememberedFailures {
            failures.removeFirst()
            numbers.removeFirst()
        }
        failures.append(FailedTest(ended.identity, status: ended.status, commands: last.commands))
        numbers.append(last.number)
    }
}

extension TestCommands {
    fileprivate mutating func add(_ exchange: APDUExchange, _ verdict: APDUVerdict) {
        count.addSaturating(1)
        if exchange.cardNanoseconds >= slowestNanoseconds {
            (slowest, slowestNanoseconds) = (exchange.name.name, exchange.cardNanoseconds)
        }
        guard case .error = verdict else { return }
        errors.addSaturating(1)
        failed = exchange.name.name
        failedStatusWord = exchange.statusWord?.description ?? PCSCResult(exchange.resultCode).symbol
    }
}
