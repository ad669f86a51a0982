import ProbeEvents
import Testing

@testable import Observability

/// Which test something belongs to.
@Suite struct TestTrailTests {
    private static let suite = TestSuiteRun(run: 1, suite: "s")
    private static let first = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    private static let second = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b8-01"

    private static func stamp(_ start: UInt64, _ duration: UInt64 = 0) -> EventStamp {
        EventStamp(
            source: .testerSocket, startNanoseconds: start, durationNanoseconds: duration, wallNanoseconds: start)
    }

    private static func ended(_ suite: TestSuiteRun, at end: UInt64) -> TestSuiteEnded {
        TestSuiteEnded(stamp: stamp(end), suite: suite)
    }

    private static func client(_ id: UInt64, pid: Int32) -> ClientProcess {
        ClientProcess(id: id, pid: pid, program: "p")
    }

    /// Test a from 100 to 200 in process 10; b from 150 in process 11; a program of b's span, and one of neither.
    private static func trail() -> TestTrail<String> {
        var trail = TestTrail<String>()
        trail.begin(TestBegan(stamp: stamp(100), suite: suite, test: "a", traceparent: first, pid: 10), "a")
        trail.begin(TestBegan(stamp: stamp(150), suite: suite, test: "b", traceparent: second, pid: 11), "b")
        trail.end(
            TestEnded(stamp: stamp(100, 100), suite: suite, test: "a", status: .passed, traceparent: first, pid: 10)
        ) { $0 ?? "?" }
        trail.note(
            ClientAttached(
                stamp: stamp(0), client: client(5, pid: 50), library: "", isWaitExact: true, traceparent: second))
        return trail
    }

    @Test(
        arguments: [
            // By time, where one ran alone.
            (99, 6, 60, nil), (100, 6, 60, "a"), (149, 6, 60, "a"), (150, 6, 60, nil), (201, 6, 60, "b"),
            // By process.
            (160, 6, 10, "a"), (160, 6, 11, "b"), (201, 6, 10, "b"),
            // By trace, before all others; but not before it began.
            (160, 5, 50, "b"), (160, 5, 10, "b"), (140, 5, 50, "a"),
        ] as [(UInt64, UInt64, Int32, String?)])
    func whatBelongsToWhich(at time: UInt64, client: UInt64, pid: Int32, test: String?) {
        #expect(Self.trail().about(time, Self.client(client, pid: pid)) == test)
    }

    @Test func withoutAProcessTimeAloneTells() {
        #expect(Self.trail().about(120) == "a")
        #expect(Self.trail().about(160) == nil)
    }

    @Test func aProgramThatIsGoneIsForgotten() {
        var trail = Self.trail()
        trail.note(ClientEnded(stamp: Self.stamp(0), client: Self.client(5, pid: 50), isOrderly: true, openSessions: 0))
        #expect(trail.about(160, Self.client(5, pid: 50)) == nil)
    }

    /// The end of a test may be lost; with that of its suite none of it runs any more.
    @Test func aSuiteThatIsOverRunsNothing() {
        var trail = Self.trail()
        let other = TestSuiteRun(run: 2, suite: "s")
        trail.begin(TestBegan(stamp: Self.stamp(170), suite: other, test: "c", pid: 12), "c")
        trail.end(Self.ended(Self.suite, at: 300)) { $0 += ", cut" }
        #expect(trail.runningOnes == ["c"] && trail.about(301) == "c")
        // What it did before is still its own: it may be heard of later.
        #expect(trail.about(300, Self.client(6, pid: 11)) == "b, cut")
        trail.end(TestEnded(stamp: Self.stamp(170, 50), suite: other, test: "c", status: .passed)) { $0 ?? "?" }
        trail.end(Self.ended(Self.suite, at: 400)) { $0 += ", twice" }
        #expect(trail.remembered == ["a", "b, cut", "c"])
    }

    /// The end of a test that comes behind that of its suite is this test's, once.
    @Test func anEndThatComesLateIsTheTests() {
        var trail = Self.trail()
        trail.end(Self.ended(Self.suite, at: 300))
        let end = TestEnded(stamp: Self.stamp(150, 60), suite: Self.suite, test: "b", status: .passed, pid: 11)
        trail.end(end) { "late \($0 ?? "?")" }
        #expect(trail.about(205, Self.client(5, pid: 50)) == "late b" && trail.about(250) == nil)
        trail.end(end) { $0 ?? "another" }
        #expect(trail.remembered == ["a", "late b", "another"])
    }

    /// One without a begin is known by its end; of many the last are remembered, and none that runs is forgotten.
    @Test func manyTestsLeaveLittle() {
        var trail = TestTrail<Int>()
        trail.begin(TestBegan(stamp: Self.stamp(1), suite: Self.suite, test: "long", pid: 7), -1)
        for number in 0..<10_000 {
            let ended = TestEnded(
                stamp: Self.stamp(UInt64(number) * 10, 9), suite: Self.suite, test: "\(number)", status: .passed, pid: 8
            )
            trail.end(ended) { known in
                #expect(known == nil)
                return number
            }
        }
        #expect(trail.remembered.count <= 513 && trail.runningOnes == [-1])
        #expect(trail.about(99_995, Self.client(1, pid: 8)) == 9_999)
        #expect(trail.about(5, Self.client(1, pid: 8)) == -1)
    }
}
