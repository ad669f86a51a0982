internal import FoundationEssentials
internal import ProbeEvents

/// What the elements of a report say, as events.
///
/// A report has times of day only; on the other clock its first suite begins at 1 s.
final class JUnitReport: XMLElementSink {
    private struct Suite {
        var run: TestSuiteRun
        var stamp: EventStamp
        /// When its next test begins, after the suite's begin, where tests have no time of their own.
        var spent: UInt64 = 0
        var named: UInt64?
    }

    private struct Case {
        var name: String
        var nanoseconds: UInt64
        var status = TestStatus.passed

        init(_ attributes: [String: String]) {
            let own = attributes["name"] ?? ""
            let whole = attributes["classname"].flatMap { $0.isEmpty ? nil : "\($0)::\(own)" } ?? own
            name = whole.cut(toBytes: 4_096)
            nanoseconds = attributes["time"].flatMap(JUnitReport.nanoseconds) ?? 0
        }
    }

    /// libxml2 itself takes no document that is deeper.
    private static let deepest = 256
    private static let longestNanoseconds: Double = 0x1p61

    private let run = UInt64.random(in: 0..<(1 << 53))
    private let now = EventClock.now
    private var firstWall: UInt64?
    private var suites: [Suite] = []
    private var test: Case?
    private var events: [ProbeEvent] = []
    private var numbers: [String: Int] = [:]
    private(set) var eventCount: UInt64 = 0

    func takeEvents() -> [ProbeEvent] {
        defer { events = [] }
        return events
    }

    func endAll() { while !suites.isEmpty { endSuite() } }

    func began(_ element: String, _ attributes: [String: String]) {
        switch element {
        case "testsuite": beginSuite(attributes)
        case "testcase": if !suites.isEmpty { test = Case(attributes) }
        case "failure": test?.status = .failed
        case "error": test?.status = .error
        case "skipped": test?.status = .skipped
        default: break
        }
    }

    func ended(_ element: String) {
        switch element {
        case "testsuite": endSuite()
        case "testcase": endTest()
        default: break
        }
    }

    private func beginSuite(_ attributes: [String: String]) {
        guard suites.count < Self.deepest else { return }
        let wall =
            attributes["timestamp"].flatMap(Self.wall) ?? suites.last?.stamp.wallNanoseconds ?? now.wallNanoseconds
        let first = firstWall ?? wall
        firstWall = first
        let stamp = EventStamp(
            source: .testerSocket, startNanoseconds: 1_000_000_000 + (wall - min(first, wall)), wallNanoseconds: wall)
        let suite = TestSuiteRun(run: run, suite: name(attributes["name"] ?? ""))
        suites.append(Suite(run: suite, stamp: stamp, named: attributes["time"].flatMap(Self.nanoseconds)))
        tell(.suiteBegan(TestSuiteBegan(stamp: stamp, suite: suite)))
    }

    private func endSuite() {
        guard let suite = suites.popLast() else { return }
        var stamp = suite.stamp
        stamp.durationNanoseconds = suite.named ?? suite.spent
        tell(.suiteEnded(TestSuiteEnded(stamp: stamp, suite: suite.run)))
    }

    private func endTest() {
        guard let ended = test, var suite = suites.popLast() else { return }
        test = nil
        var stamp = suite.stamp
        stamp.startNanoseconds &+= suite.spent
        stamp.wallNanoseconds &+= suite.spent
        stamp.durationNanoseconds = ended.nanoseconds
        suite.spent = min(suite.spent + ended.nanoseconds, UInt64(Self.longestNanoseconds))
        suites.append(suite)
        tell(.ended(TestEnded(stamp: stamp, suite: suite.run, test: ended.name, status: ended.status)))
    }

    private func tell(_ event: TestEvent) {
        eventCount += 1
        events.append(.test(event))
    }

    /// A suite's name, which is told once only: another of that name gets a number.
    private func name(_ given: String) -> String {
        let short = given.isEmpty ? "junit" : given.cut(toBytes: 240)
        let number = numbers[short, default: 0] + 1
        numbers[short] = number
        return number == 1 ? short : "\(short) (\(number))"
    }

    /// `2025-01-31T12:00:00`, with fractions and a zone or without: then it is UTC.
    private static func wall(_ text: String) -> UInt64? {
        let form = Date.ISO8601FormatStyle(includingFractionalSeconds: text.contains("."))
        let hasZone = text.hasSuffix("Z") || text.dropFirst(10).contains { $0 == "+" || $0 == "-" }
        guard let date = try? form.parse(hasZone ? text : text + "Z") else { return nil }
        let seconds = date.timeIntervalSince1970
        guard seconds > 0, seconds < longestNanoseconds / 1e9 else { return nil }
        // What a Double says of a time of day is true to less than a microsecond.
        return UInt64((seconds * 1e6).rounded()) * 1_000
    }

    /// Seconds; some write `1,234.5`.
    private static func nanoseconds(_ text: String) -> UInt64? {
        guard let seconds = Double(text.filter { $0 != "," }), seconds >= 0, seconds < longestNanoseconds / 1e9 else {
            return nil
        }
        return UInt64(seconds * 1e9)
    }
}
