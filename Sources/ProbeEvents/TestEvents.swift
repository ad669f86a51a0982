/// What a test runner does.
public enum TestEvent: Sendable, Hashable {
    /// A suite began.
    case suiteBegan(TestSuiteBegan)
    /// A suite ended.
    case suiteEnded(TestSuiteEnded)
    /// A test began.
    case began(TestBegan)
    /// A test ended.
    case ended(TestEnded)

    /// When and by which source it was seen.
    public var stamp: EventStamp {
        switch self {
        case .suiteBegan(let event): event.stamp
        case .suiteEnded(let event): event.stamp
        case .began(let event): event.stamp
        case .ended(let event): event.stamp
        }
    }
}

/// Which suite of which run of a test runner.
public struct TestSuiteRun: Sendable, Hashable, Codable {
    /// Random, made by the runner when it starts.
    public var run: UInt64
    /// The suite's name; a label, so one of few.
    public var suite: String

    /// A suite's run from its parts.
    public init(run: UInt64, suite: String) {
        self.run = run
        self.suite = suite
    }
}

/// Which test of which suite's run.
public struct TestIdentity: Sendable, Hashable {
    /// The suite that it belongs to.
    public var suite: TestSuiteRun
    /// Its name within the suite.
    public var test: String

    /// A test from its parts.
    public init(suite: TestSuiteRun, test: String) {
        self.suite = suite
        self.test = test
    }
}

/// A suite began.
public struct TestSuiteBegan: Sendable, Hashable, Codable {
    /// When.
    public var stamp: EventStamp
    /// Which.
    public var suite: TestSuiteRun
    /// The trace and span that the runner made for it, as W3C writes it; nil for none.
    public var traceparent: String?
    /// The span that it is part of, which the runner was given; nil for none.
    public var parent: String?
    /// Whether the teller exports the spans of suite and tests itself; nil for no.
    public var isTraced: Bool?
    /// Which version of the tester it is, 64 bytes at most; nil where nobody said it.
    public var testerVersion: String?
    /// The commit that the tester is at, 7 to 64 hex digits; nil where it is not known.
    public var testerCommit: String?

    /// A begin from its parts.
    public init(
        stamp: EventStamp, suite: TestSuiteRun, traceparent: String? = nil, parent: String? = nil,
        isTraced: Bool? = nil, testerVersion: String? = nil, testerCommit: String? = nil
    ) {
        self.stamp = stamp
        self.suite = suite
        self.traceparent = traceparent
        self.parent = parent
        self.isTraced = isTraced
        self.testerVersion = testerVersion
        self.testerCommit = testerCommit
    }

    enum CodingKeys: String, CodingKey {
        case stamp, suite, traceparent, parent
        case isTraced = "is_traced"
        case testerVersion = "tester_version"
        case testerCommit = "tester_commit"
    }
}

/// A suite ended.
public struct TestSuiteEnded: Sendable, Hashable, Codable {
    /// When it had begun; the duration is that of the suite.
    public var stamp: EventStamp
    /// Which.
    public var suite: TestSuiteRun

    /// An end from its parts.
    public init(stamp: EventStamp, suite: TestSuiteRun) {
        self.stamp = stamp
        self.suite = suite
    }
}

/// A test began.
public struct TestBegan: Sendable, Hashable, Codable {
    /// When.
    public var stamp: EventStamp
    /// The suite that it belongs to.
    public var suite: TestSuiteRun
    /// Its name within the suite.
    public var test: String
    /// The trace and span that the runner made for it, as W3C writes it; nil for none.
    public var traceparent: String?
    /// The process that it runs in; nil when unknown.
    public var pid: Int32?
    /// Whether the teller exports its span itself; nil for no.
    public var isTraced: Bool?
    /// The failures that it means to see, each as ``ExpectedOutcome`` reads it; nil for none.
    public var expects: [String]?

    /// Which test it is.
    public var identity: TestIdentity { TestIdentity(suite: suite, test: test) }

    /// A begin from its parts.
    public init(
        stamp: EventStamp, suite: TestSuiteRun, test: String, traceparent: String? = nil, pid: Int32? = nil,
        isTraced: Bool? = nil, expects: [String]? = nil
    ) {
        self.stamp = stamp
        self.suite = suite
        self.test = test
        self.traceparent = traceparent
        self.pid = pid
        self.isTraced = isTraced
        self.expects = expects
    }

    enum CodingKeys: String, CodingKey {
        case stamp, suite, test, traceparent, pid, expects
        case isTraced = "is_traced"
    }
}

/// A test ended.
public struct TestEnded: Sendable, Hashable, Codable {
    /// When it had begun; the duration is that of the test.
    public var stamp: EventStamp
    /// The suite that it belongs to.
    public var suite: TestSuiteRun
    /// Its name within the suite.
    public var test: String
    /// How it ended.
    public var status: TestStatus
    /// Assertions that held; nil when the runner does not count them.
    public var passedAssertions: UInt32?
    /// Assertions that did not.
    public var failedAssertions: UInt32?
    /// The trace and span that the runner made for it, as W3C writes it; nil for none.
    public var traceparent: String?
    /// The process that it ran in; nil when unknown.
    public var pid: Int32?
    /// Whether the teller exports its span itself; nil for no.
    public var isTraced: Bool?

    /// Which test it is.
    public var identity: TestIdentity { TestIdentity(suite: suite, test: test) }

    /// An end from its parts.
    public init(
        stamp: EventStamp, suite: TestSuiteRun, test: String, status: TestStatus, passedAssertions: UInt32? = nil,
        failedAssertions: UInt32? = nil, traceparent: String? = nil, pid: Int32? = nil, isTraced: Bool? = nil
    ) {
        self.stamp = stamp
        self.suite = suite
        self.test = test
        self.status = status
        self.passedAssertions = passedAssertions
        self.failedAssertions = failedAssertions
        self.traceparent = traceparent
        self.pid = pid
        self.isTraced = isTraced
    }

    enum CodingKeys: String, CodingKey {
        case stamp, suite, test, status, traceparent, pid
        case isTraced = "is_traced"
        case passedAssertions = "passed_assertions"
        case failedAssertions = "failed_assertions"
    }
}
