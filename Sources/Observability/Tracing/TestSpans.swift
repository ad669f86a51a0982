internal import ProbeEvents

/// The suites and tests that run, each with its span: what happens in a test hangs below it. The names are
/// OpenTelemetry's.
struct TestSpans {
    /// More suites at once are not followed.
    private static let suiteLimit = 1_024

    private struct Suite {
        var span: SpanData
        var isTold: Bool
        var hasFailed = false
        var hasPassed = false
        var hasTests = false

        mutating func note(_ status: TestStatus) {
            hasTests = true
            switch status {
            case .passed: hasPassed = true
            case .failed, .error: hasFailed = true
            case .skipped: break
            }
        }
    }

    private struct Test {
        var span: SpanData
        var isTold: Bool
    }

    private let manager: SpanManager
    private let root: SpanContext?
    private var suites: [TestSuiteRun: Suite] = [:]
    private var tests = TestTrail<Test>()

    init(manager: SpanManager, root: SpanContext?) { (self.manager, self.root) = (manager, root) }

    /// The span of the test that something belongs to; nil for none.
    func context(at nanoseconds: UInt64, _ client: ClientProcess? = nil) -> SpanContext? {
        tests.isEmpty ? nil : tests.about(nanoseconds, client)?.span.context
    }

    mutating func note(_ attached: ClientAttached) { tests.note(attached) }

    mutating func note(_ ended: ClientEnded) { tests.note(ended) }

    mutating func note(_ event: TestEvent) {
        switch event {
        case .suiteBegan(let began): begin(began)
        case .began(let began):
            let span = span(of: began.identity, began.traceparent, from: began.stamp)
            tests.begin(began, Test(span: span, isTold: began.isTraced != true))
        case .ended(let ended): end(ended)
        case .suiteEnded(let ended): end(ended)
        }
    }

    /// An operation on a database: a span of the one that the program names, else of the test.
    mutating func note(_ done: DatabaseOperationDone) {
        guard done.isTraced != true else { return }
        let named = done.traceparent.flatMap { SpanContext(traceparent: $0.utf8) }
        let parent = named ?? context(at: done.stamp.startNanoseconds) ?? root
        let name = done.table.isEmpty ? done.operation.name : "\(done.operation.name) \(done.table)"
        var span = SpanData(
            name, kind: .client, context: manager.context(under: parent), parent: parent,
            startNanoseconds: done.stamp.wallNanoseconds, limits: manager.limits)
        var about = [
            Attribute("db.system.name", .text(done.system ?? "other_sql")),
            Attribute("db.operation.name", .text(done.operation.name)),
        ]
        if !done.table.isEmpty { about.append(Attribute("db.collection.name", .text(done.table))) }
        if let error = done.error { about.append(Attribute("error.type", .text(error.name))) }
        span.set(about)
        if done.error != nil { span.status = .error("") }
        span.endNanoseconds = done.stamp.endWallNanoseconds
        manager.tell(span)
    }

    /// Ends all that are open; their own ends were lost.
    mutating func abandonAll() {
        for test in tests.runningOnes where test.isTold { Self.abandon(test.span, manager) }
        for suite in suites.values where suite.isTold { Self.abandon(suite.span, manager) }
        (suites, tests) = ([:], TestTrail())
    }

    // MARK: Suites

    private mutating func begin(_ began: TestSuiteBegan) {
        guard suites[began.suite] == nil, suites.count < Self.suiteLimit else { return }
        let parent = began.parent.flatMap { SpanContext(traceparent: $0.utf8) } ?? root
        let own = context(began.traceparent, under: parent)
        var span = SpanData(
            began.suite.suite, context: own, parent: own.traceID == parent?.traceID ? parent : nil,
            from: began.stamp, limits: manager.limits)
        span.set("test.suite.name", .text(began.suite.suite))
        suites[began.suite] = Suite(span: span, isTold: began.isTraced != true)
    }

    private mutating func end(_ ended: TestSuiteEnded) {
        var isCut = false
        tests.end(ended) { [manager] test in
            isCut = true
            test.span.end(with: ended.stamp)
            if test.isTold { Self.abandon(test.span, manager) }
            // An end that comes late makes no second one.
            test.isTold = false
        }
        guard var suite = suites.removeValue(forKey: ended.suite), suite.isTold else { return }
        let status =
            suite.hasFailed
            ? "failure" : isCut ? "aborted" : suite.hasTests && !suite.hasPassed ? "skipped" : "success"
        suite.span.set("test.suite.run.status", .text(status))
        if suite.hasFailed { suite.span.status = .error("") }
        suite.span.end(with: ended.stamp)
        manager.tell(suite.span)
    }

    // MARK: Tests

    private mutating func end(_ ended: TestEnded) {
        suites[ended.suite]?.note(ended.status)
        let unseen = Test(
            span: span(of: ended.identity, ended.traceparent, from: ended.stamp),
            isTold: ended.isTraced != true)
        tests.end(ended) { [manager] known in
            var test = known ?? unseen
            test.span.set(ended)
            if test.isTold { manager.tell(test.span) }
            return test
        }
    }

    private func span(of test: TestIdentity, _ traceparent: String?, from begin: EventStamp) -> SpanData {
        let suite = suites[test.suite]?.span.context ?? root
        let own = context(traceparent, under: suite)
        var span = SpanData(
            test.test, context: own, parent: own.traceID == suite?.traceID ? suite : nil,
            from: begin, limits: manager.limits)
        span.set([
            Attribute("test.suite.name", .text(test.suite.suite)), Attribute("test.case.name", .text(test.test)),
        ])
        return span
    }

    /// The numbers that the runner has made, else new ones; the sampler has the last word.
    private func context(_ traceparent: String?, under parent: SpanContext?) -> SpanContext {
        guard var own = traceparent.flatMap({ SpanContext(traceparent: $0.utf8) }) else {
            return manager.context(under: parent)
        }
        if !manager.sampler.keeps(own.traceID, parent: own) { own.flags.remove(.sampled) }
        own.isRemote = false
        return own
    }

    private static func abandon(_ span: SpanData, _ manager: SpanManager) {
        var span = span
        span.set("cardlink.abandoned", true)
        manager.tell(span)
    }
}

extension SpanData {
    /// OpenTelemetry has no word for a test that was skipped.
    fileprivate mutating func set(_ ended: TestEnded) {
        set("cardlink.test.status", .text(ended.status.name))
        switch ended.status {
        case .passed: set("test.case.result.status", "pass")
        case .failed, .error:
            set("test.case.result.status", "fail")
            set("error.type", .text(ended.status.name))
            status = .error("")
        case .skipped: break
        }
        end(with: ended.stamp)
    }
}
