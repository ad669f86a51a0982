internal import ProbeEvents

/// Reads a report in JUnit's XML form, as pytest, Surefire, Gradle and others write it: suites and tests become events.
///
/// A test has its class and its name, `tests.test_ota::test_opens`. What stands in the report beside names, times and
/// outcomes is passed over: it may hold anything.
package final class JUnitReader {
    /// A longer report is not read.
    package static let longestBytes = 256 << 20

    private let report = JUnitReport()
    private let elements: XMLElements
    private var bytes = 0
    private var isTooLong = false

    /// A reader of nothing yet.
    package init() { elements = XMLElements(report) }

    /// Whether a file that begins so is XML and no line of JSON.
    package static func isReport(_ begin: some Collection<UInt8>) -> Bool {
        var rest = begin[...]
        if rest.starts(with: [0xEF, 0xBB, 0xBF]) { rest = rest.dropFirst(3) }
        return rest.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) } == UInt8(ascii: "<")
    }

    /// Suites and tests so far.
    package var eventCount: UInt64 { report.eventCount }

    /// What these bytes tell; they may be cut anywhere.
    package func received(_ piece: some Collection<UInt8>) -> EventReader.Result {
        bytes += piece.count
        if bytes > Self.longestBytes { isTooLong = true }
        if !isTooLong { elements.received(piece) }
        return EventReader.Result(events: report.takeEvents())
    }

    /// The end: of suites that are open too, and what was wrong with the whole.
    package func ended() -> EventReader.Result {
        if !isTooLong { elements.ended() }
        report.endAll()
        var result = EventReader.Result(events: report.takeEvents())
        if isTooLong {
            result.faults = [LineFault(line: 0, error: "a report of more than \(Self.longestBytes) bytes; split it")]
        } else if let fault = elements.fault {
            result.faults = [
                LineFault(
                    line: UInt64(clamping: fault.line),
                    error: "not well-formed XML: \(fault.words.asOneLine); what stands before was read")
            ]
        } else if eventCount == 0 {
            result.faults = [LineFault(line: 1, error: "no testsuite is in it; give a report in JUnit's form")]
        }
        return result
    }
}
