import Foundation
import ProbeEvents
import TestSupport
import Testing

@testable import Taps

/// Reports in JUnit's form, of several writers, and what is none.
@Suite struct JUnitReaderTests {
    private static func read(_ bytes: [UInt8], piece: Int = 1 << 16) -> (events: [TestEvent], faults: [LineFault]) {
        let reader = JUnitReader()
        var results: [EventReader.Result] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            results.append(reader.received(rest.prefix(piece)))
            rest = rest.dropFirst(piece)
        }
        results.append(reader.ended())
        let events = results.flatMap(\.events).compactMap { if case .test(let event) = $0 { event } else { nil } }
        return (events, results.flatMap(\.faults))
    }

    private static func ended(_ events: [TestEvent]) -> [TestEnded] {
        events.compactMap { if case .ended(let ended) = $0 { ended } else { nil } }
    }

    private static let surefire = """
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuite xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" name="example.CardTest" time="1,201.5"
            tests="4" errors="1" skipped="1" failures="1" timestamp="2025-01-31T12:00:00.250">
          <properties><property name="java.home" value="/opt/jdk"/></properties>
          <testcase name="opens" classname="example.CardTest" time="0.25"/>
          <testcase name="closes &lt;all&gt;" classname="example.CardTest" time="1,200">
            <failure message="expected: &lt;9000&gt;" type="AssertionError"><![CDATA[at x <y>]]></failure>
            <rerunFailure message="again" type="AssertionError"/>
          </testcase>
          <testcase name="waits" classname="example.CardTest" time="0"><error type="IOException"/></testcase>
          <testcase name="later" classname="example.CardTest"><skipped message="not yet"/></testcase>
          <system-out>testcase name="none"</system-out>
        </testsuite>
        """

    @Test(arguments: [1, 7, 1 << 16])
    func surefire(piece: Int) throws {
        let (events, faults) = Self.read(Array(Self.surefire.utf8), piece: piece)
        let ended = Self.ended(events)
        #expect(faults.isEmpty && events.count == 6)
        #expect(ended.map(\.status) == [.passed, .failed, .error, .skipped])
        #expect(ended.map(\.test)[1] == "example.CardTest::closes <all>")
        #expect(ended.map(\.stamp.durationNanoseconds) == [250_000_000, 1_200_000_000_000, 0, 0])
        #expect(ended.map(\.stamp.startNanoseconds)[1] == 1_250_000_000)
        #expect(ended[0].stamp.wallNanoseconds == 1_738_324_800_250_000_000)
        guard case .suiteEnded(let suite) = events.last else { throw TestFailure("no end") }
        #expect(suite.suite.suite == "example.CardTest" && suite.stamp.durationNanoseconds == 1_201_500_000_000)
    }

    /// Suites in suites, two of one name, none with a name.
    @Test func suitesInSuites() {
        let text = """
            <testsuites><testsuite name="a"><testsuite name="a"><testcase name="t"/></testsuite>\
            <testcase name="u" time="x"/></testsuite><testsuite><testcase/></testsuite></testsuites>
            """
        let (events, faults) = Self.read(Array(text.utf8))
        #expect(faults.isEmpty)
        #expect(Self.ended(events).map(\.suite.suite) == ["a (2)", "a", "junit"])
        #expect(Self.ended(events).map(\.test) == ["t", "u", ""])
        // All that begins ends, and the socket's own rules hold.
        var open = OpenWork()
        #expect(events.allSatisfy { open.admit(.test($0), clock: .now) != nil } && open.isEmpty)
    }

    /// pytest's own report, by the counts that pytest prints.
    @Test func pytestsOwn() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(
            """
            import pytest
            def test_passes(): pass
            def test_fails(): assert 0
            @pytest.mark.skip
            def test_skips(): pass
            @pytest.mark.xfail
            def test_is_expected(): assert 0
            @pytest.fixture
            def broken(): raise OSError
            def test_cannot(broken): pass
            @pytest.mark.parametrize("text", ["ü<&>", "b"])
            def test_many(text): pass
            """, to: "test_some.py")
        let report = folder.file("report.xml")
        let end = try Command.run([
            TraceSink.python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--junitxml", report, file,
        ])
        #expect(end.ending == .exited(1))
        let (events, faults) = Self.read(Array(folder.read("report.xml").utf8))
        let counts = Dictionary(Self.ended(events).map { ($0.status, 1) }) { $0 + $1 }
        #expect(faults.isEmpty && counts == [.passed: 3, .failed: 1, .skipped: 2, .error: 1])
        let line = end.output.split(separator: "\n").last ?? ""
        #expect(line.hasPrefix("1 failed, 3 passed, 1 skipped, 1 xfailed, 1 error in "), "\(line)")
        #expect(Self.ended(events).contains { $0.test.hasSuffix("test_some::test_passes") })
    }

    @Test(arguments: [
        ("<testsuites>", 1, "not well-formed XML"), ("<a></b>", 1, "not well-formed XML"),
        ("<html>\n<br></html>", 2, "not well-formed XML"), ("<html/>", 1, "no testsuite is in it"),
        ("<testsuite name='a'>\n<testcase", 2, "not well-formed XML"),
    ])
    func whatIsNoReportIsSaid(_ text: String, line: UInt64, words: String) {
        let (_, faults) = Self.read(Array(text.utf8))
        #expect(faults.count == 1 && faults.first?.line == line, "\(faults)")
        #expect(faults.first?.error.hasPrefix(words) == true, "\(faults)")
    }

    /// Ten entities of ten each, ten deep, would be ten billion words; a file of the machine's would be told to others.
    @Test func entitiesAreNotExpanded() throws {
        var text = "<!DOCTYPE t [<!ENTITY e0 \"ha\"><!ENTITY file SYSTEM \"file:///etc/hostname\">"
        for level in 1...10 {
            let many = String(repeating: "&e\(level - 1);", count: 10)
            text += "<!ENTITY e\(level) \"\(many)\">"
        }
        text += "]><testsuite name=\"&e10;\"><testcase name=\"&file;x\"/><testcase name='y'/>&e10;&file;</testsuite>"
        let began = ContinuousClock.now
        let (events, _) = Self.read(Array(text.utf8))
        #expect(ContinuousClock.now - began < .seconds(1))
        #expect(events.allSatisfy { "\($0)".utf8.count < 2_000 })
        let host = (try? String(contentsOfFile: "/etc/hostname", encoding: .utf8))?.split(separator: "\n").first ?? "?"
        #expect(!Self.ended(events).contains { $0.test.contains(host) })
    }

    /// Whatever stands in a file, it is read to its end, and what is told is within the bounds of the socket.
    @Test func anyBytes() {
        var generator = SeededGenerator(seed: 5)
        let whole = Array(Self.surefire.utf8)
        for _ in 0..<2_000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...8, using: &generator) {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
                case 1: bytes.removeSubrange(place..<min(bytes.count, place + 9))
                case 2: bytes.insert(contentsOf: bytes[place...].prefix(40), at: place)
                default: bytes.insert(contentsOf: [0xFF, 0xFE, 0, 0x3C], at: place)
                }
            }
            let (events, faults) = Self.read(bytes, piece: Int.random(in: 1...200, using: &generator))
            #expect(events.allSatisfy { ProbeEvent.test($0).isWithinBounds } && faults.count <= 1)
            var open = OpenWork()
            #expect(events.allSatisfy { open.admit(.test($0), clock: .now) != nil } && open.isEmpty)
        }
    }

    /// Python's ElementTree takes and refuses the same reports, and finds the same tests in them.
    @Test func agreesWithElementTree() throws {
        struct Said: Decodable {
            var tests: [String]?
            /// Refused for a name that stands for nothing, with which a report is well formed.
            var unknown: Bool?
        }
        var generator = SeededGenerator(seed: 6)
        let alphabet = Array(#"<>/="' &;!?-[]ax0"#.utf8)
        // ElementTree takes any version.
        let head = Self.surefire.utf8.prefix { $0 != UInt8(ascii: "\n") }
        let rest = Array(Self.surefire.utf8.dropFirst(head.count))
        let reports = (0..<1_000).map { _ in Array(head) + generator.changed(rest, alphabet: alphabet) }
        var taken = 0
        for (report, said) in zip(reports, try PeerReader.junit.judge(reports, as: Said.self)) {
            let text = String(decoding: report, as: UTF8.self)
            let (events, faults) = Self.read(report)
            let isWellFormed = !faults.contains { $0.error.hasPrefix("not well-formed") }
            if let tests = said?.tests {
                #expect(isWellFormed && Self.ended(events).map(\.status.name) == tests, "\(text)")
                taken += 1
            } else {
                #expect(!isWellFormed || said?.unknown == true, "\(text)")
            }
        }
        print("\(taken) of \(reports.count) reports are well formed")
        #expect((100...900).contains(taken))
    }

    /// What a report declares is let go with its reader.
    @Test func aDeclarationIsNotKept() throws {
        let report = Array("<!DOCTYPE t [<!ENTITY e \"\(String(repeating: "a", count: 1 << 16))\">]><t/>".utf8)
        for _ in 0..<20 { _ = Self.read(report) }
        let before = try ProcessReading(getpid()).ownKilobytes
        for _ in 0..<500 { _ = Self.read(report) }
        #expect(try isSanitized || ProcessReading(getpid()).ownKilobytes - before < 16_384)
    }

    @Test(arguments: [
        ("<x", true), ("\u{FEFF}\r\n <", true), (#"{"v":1}"#, false), ("", false), ("\n\n{<", false),
    ])
    func aReportIsKnownByItsBegin(_ text: String, isReport: Bool) {
        #expect(JUnitReader.isReport(Array(text.utf8)) == isReport)
    }
}
