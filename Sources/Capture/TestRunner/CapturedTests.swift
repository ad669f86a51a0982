package import ProbeEvents

/// A test, as the comment of a packet names it.
package struct CapturedTest: Sendable, Hashable {
    /// Suite and name: `smoke/test_select`.
    package var name: String
    /// The trace that it belongs to, 32 hex digits; nil for none.
    package var trace: String?

    /// The trace's id in what W3C calls traceparent.
    package static func trace(of traceparent: String) -> String? {
        let parts = traceparent.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 4, parts[1].utf8.count == 32, parts[1].allSatisfy(\.isHexDigit) else { return nil }
        return String(parts[1])
    }
}

/// The tests of the last seconds, so that a command can be told to belong to one.
///
/// A command belongs to the tests that ran when it was sent; nothing else ties a card to a test.
package struct CapturedTests: Sendable {
    private struct Test {
        var key: Key
        var test: CapturedTest
        var began: UInt64
        var ended: UInt64 = .max
    }

    private struct Key: Hashable {
        var run: TestSuiteRun
        var test: String
    }

    /// Tests that are remembered; then the oldest goes.
    private static let limit = 256
    /// Tests that a comment names.
    private static let namedLimit = 4
    /// Longer names are cut.
    private static let longestName = 128
    /// How long one that has ended is remembered: commands come later by less.
    private static let memoryNanoseconds: UInt64 = 5_000_000_000

    private var tests: [Test] = []

    /// None yet.
    package init() {}

    /// Takes what a runner told.
    package mutating func note(_ event: TestEvent) {
        switch event {
        case .began(let event):
            forget(before: event.stamp.startNanoseconds)
            if tests.count >= Self.limit { tests.removeFirst() }
            let name = String("\(event.suite.suite)/\(event.test)".asNotePart.prefix(Self.longestName))
            tests.append(
                Test(
                    key: Key(run: event.suite, test: event.test),
                    test: CapturedTest(name: name, trace: event.traceparent.flatMap(CapturedTest.trace(of:))),
                    began: event.stamp.startNanoseconds))
        case .ended(let event):
            let key = Key(run: event.suite, test: event.test)
            guard let index = tests.lastIndex(where: { $0.key == key && $0.ended == .max }) else { return }
            tests[index].ended = event.stamp.endNanoseconds
        case .suiteBegan, .suiteEnded: break
        }
    }

    /// Those that ran at a time on CLOCK_MONOTONIC.
    package func running(at nanoseconds: UInt64) -> [CapturedTest] {
        let running = tests.filter { $0.began <= nanoseconds && nanoseconds <= $0.ended }
        return running.suffix(Self.namedLimit).map(\.test)
    }

    private mutating func forget(before now: UInt64) {
        tests.removeAll { $0.ended < now - min(now, Self.memoryNanoseconds) }
    }
}
