import ProbeEvents
import SmartCard
import TestSupport
import Testing

@testable import Observability

/// What suites, tests and operations on databases become in a trace, and what hangs below them.
@Suite struct TestSpansTests {
    private static let suite = TestSuiteRun(run: 1, suite: "s")
    private static let caller = "00-4bf92f3577b34da6a3ce929d0e0e4736-00000000000000c1-01"
    private static let ofSuite = "00-4bf92f3577b34da6a3ce929d0e0e4736-00000000000000a1-01"
    private static let ofTest = "00-4bf92f3577b34da6a3ce929d0e0e4736-00000000000000a2-01"

    private static func stamp(_ start: UInt64, _ duration: UInt64 = 0) -> EventStamp {
        EventStamp(
            source: .testerSocket, startNanoseconds: start, durationNanoseconds: duration,
            wallNanoseconds: Story.wall &+ start)
    }

    private static func suiteBegan(_ traceparent: String?, isTraced: Bool? = nil) -> ProbeEvent {
        .test(
            .suiteBegan(
                TestSuiteBegan(
                    stamp: stamp(0), suite: suite, traceparent: traceparent, parent: caller, isTraced: isTraced)))
    }

    private static let suiteEnded = ProbeEvent.test(
        .suiteEnded(TestSuiteEnded(stamp: stamp(0, 100_000_000), suite: suite)))

    private static func began(
        _ test: String, at start: UInt64, _ traceparent: String?, isTraced: Bool? = nil
    )
        -> ProbeEvent
    {
        .test(
            .began(
                TestBegan(
                    stamp: stamp(start), suite: suite, test: test, traceparent: traceparent, pid: 1,
                    isTraced: isTraced)))
    }

    private static func ended(
        _ test: String, _ start: UInt64, _ end: UInt64, _ status: TestStatus, _ traceparent: String?,
        isTraced: Bool? = nil
    ) -> ProbeEvent {
        .test(
            .ended(
                TestEnded(
                    stamp: stamp(start, end - start), suite: suite, test: test, status: status,
                    traceparent: traceparent, pid: 1, isTraced: isTraced)))
    }

    private static func told(_ events: [ProbeEvent], isDecided: Bool = false) -> [SpanData] {
        let spans = Spans()
        let sink = SpanSink(spans.manager, isDecided: isDecided)
        events.forEach(sink.receive)
        sink.finish()
        return spans.take()
    }

    @Test func aTestHoldsItsSessionsAndTheSuiteItsTests() throws {
        var story = Story(now: 2_000)
        let spans = Self.told(
            [Self.suiteBegan(Self.ofSuite), Self.began("t", at: 1_000, Self.ofTest), story.opened()]
                + [story.apdu("00A40000023F00", "9000"), story.closed()]
                + [Self.ended("t", 1_000, 90_000_000, .failed, Self.ofTest), Self.suiteEnded], isDecided: true)
        #expect(spans.map(\.name) == ["SELECT", "reader session", "t", "s"])
        let (command, session, test, suite) = (spans[0], spans[1], spans[2], spans[3])
        #expect(command.parent == session.context && session.parent == test.context)
        #expect(test.parent == suite.context && suite.parent?.traceparent == Self.caller)
        #expect(test.context.traceparent == Self.ofTest && suite.context.traceparent == Self.ofSuite)
        #expect(test.attributes["test.case.result.status"] == "fail" && test.attributes["error.type"] == "failed")
        #expect(test.attributes["test.suite.name"] == "s" && test.status == .error(""))
        #expect(suite.attributes["test.suite.run.status"] == "failure")
        #expect(test.endNanoseconds == Story.wall + 90_000_000)
        #expect(command.links.isEmpty)
    }

    /// A session of one test, used in the next: the end of that is told before the command is heard.
    @Test func aCommandOfALaterTestIsBelowThat() throws {
        var story = Story(now: 2_000)
        let opened = story.opened()
        let first = story.apdu("00A40000023F00", "9000")
        let second = story.apdu("00B0000000", "9000")
        let spans = Self.told([
            Self.began("a", at: 1_000, nil), opened, Self.ended("a", 1_000, 1_999_000, .passed, nil),
            Self.began("b", at: 2_000_000, Self.ofTest), Self.ended("b", 2_000_000, 3_000_000, .skipped, Self.ofTest),
            first, second, story.closed(),
        ])
        let b = try #require(spans.first { $0.name == "b" })
        let a = try #require(spans.first { $0.name == "a" })
        let session = try #require(spans.first { $0.name == "reader session" })
        let select = try #require(spans.first { $0.name == "SELECT" })
        let read = try #require(spans.first { $0.name == "READ BINARY" })
        #expect(session.parent == a.context && select.parent == session.context)
        #expect(read.parent == b.context && read.links.map(\.context) == [session.context])
        #expect(b.attributes["cardlink.test.status"] == "skipped" && b.attributes["test.case.result.status"] == nil)
        #expect(a.attributes["test.case.result.status"] == "pass" && b.parent == nil)
    }

    /// The suite is over, so the test is: with a mark, and no result that nobody told.
    @Test func aTestWhoseEndIsLostEndsWithItsSuite() throws {
        let spans = Self.told([
            Self.suiteBegan(Self.ofSuite), Self.began("t", at: 1_000, Self.ofTest),
            Self.began("own", at: 1_000, nil, isTraced: true), Self.suiteEnded,
        ])
        #expect(spans.map(\.name) == ["t", "s"])
        let test = try #require(spans.first)
        #expect(test.attributes["cardlink.abandoned"] == true && test.attributes["test.case.result.status"] == nil)
        #expect(test.endNanoseconds == Story.wall + 100_000_000)
        #expect(spans.last?.attributes["test.suite.run.status"] == "aborted")
    }

    /// It is told once, as what it was when its suite ended.
    @Test func aTestThatEndsBehindItsSuiteIsOneSpan() {
        let spans = Self.told([
            Self.suiteBegan(Self.ofSuite), Self.began("t", at: 1_000, Self.ofTest), Self.suiteEnded,
            Self.ended("t", 1_000, 90_000_000, .passed, Self.ofTest),
        ])
        #expect(spans.map(\.name) == ["t", "s"])
    }

    /// A runner that exports its own spans gets none twice, and what happened hangs below its own.
    @Test func whoTracesTestsItselfIsBelieved() {
        var story = Story(now: 2_000)
        let spans = Self.told([
            Self.suiteBegan(Self.ofSuite, isTraced: true), Self.began("t", at: 1_000, Self.ofTest, isTraced: true),
            story.opened(), story.closed(), Self.ended("t", 1_000, 90_000_000, .passed, Self.ofTest, isTraced: true),
            Self.suiteEnded,
        ])
        #expect(spans.map(\.name) == ["reader session"] && spans[0].parent?.traceparent == Self.ofTest)
    }

    @Test(
        arguments: [
            (nil, nil, "select", "test"), ("caller", nil, "insert cards", "caller"),
            (nil, DatabaseErrorType.locked, "select", "test"),
        ] as [(String?, DatabaseErrorType?, String, String)])
    func anOperationIsPartOfItsTest(named: String?, error: DatabaseErrorType?, name: String, parent: String) throws {
        let done = DatabaseOperationDone(
            stamp: Self.stamp(5_000, 1_000), operation: name.hasPrefix("insert") ? .insert : .select,
            table: name.hasSuffix("cards") ? "cards" : "", status: error == nil ? .success : .failed, error: error,
            system: "sqlite", traceparent: named == nil ? nil : Self.caller)
        let spans = Self.told([Self.began("t", at: 1_000, Self.ofTest), .database(.operation(done))])
        let span = try #require(spans.first { $0.kind == .client })
        #expect(span.name == name && span.parent?.traceparent == (parent == "test" ? Self.ofTest : Self.caller))
        #expect(span.attributes["db.system.name"] == "sqlite")
        #expect(span.attributes["error.type"] == error.map { .text($0.name) })
        #expect(span.endNanoseconds - span.startNanoseconds == 1_000)
        #expect(spans.contains { $0.name == "t" && $0.attributes["cardlink.abandoned"] == true })
    }

    /// The probe's own file is no tester's database; a tester that traces its operations is believed.
    @Test func othersOperationsAreNone() {
        var own = DatabaseOperationDone(stamp: Self.stamp(1), operation: .insert, table: "apdus", status: .success)
        own.stamp.source = .store
        let traced = DatabaseOperationDone(
            stamp: Self.stamp(1), operation: .insert, table: "x", status: .success, isTraced: true)
        #expect(Self.told([.database(.operation(own)), .database(.operation(traced))]).isEmpty)
    }

    /// What runs by no test's trace is still sampled as before.
    @Test func aSessionInATestIsKeptWithIt() throws {
        let manager = SpanManager(sampler: .parentBased(.alwaysOff), queue: ExportQueue { _ in })
        let sink = SampledSessions(SpanSink(manager, isDecided: true), manager: manager)
        var before = Story(now: 100, session: 1)
        for event in [before.opened(), before.apdu("00A40000023F00", "9000")] { sink.receive(event) }
        sink.receive(Self.began("t", at: 1_500_000, Self.ofTest))
        var late = Story(now: 1_600_000, session: 2)
        for event in [late.opened(), late.apdu("00A40000023F00", "9000"), late.closed()] { sink.receive(event) }
        let names = manager.queue.take(10).map(\.name)
        #expect(names == ["SELECT", "reader session"])
    }
}
