internal import ProbeEvents

/// What a test runner told, in words, as a message of syslog: every version of Wireshark shows its text.
struct TestWords {
    let text: String
    /// The text behind facility (user) and severity: RFC 3164, 4.1.1.
    let message: [UInt8]
    /// When it happened, nanoseconds since 1970 in UTC.
    let wallNanoseconds: UInt64

    private enum Severity: Int {
        case error = 11
        case notice = 13
        case information = 14
    }

    /// Longer names are cut in the message.
    private static let longestMessage = 1_024

    init(_ event: TestEvent) {
        var severity = Severity.information
        var wall = event.stamp.wallNanoseconds
        var words: String
        switch event {
        case .suiteBegan(let event): words = "suite \(event.suite.suite) begun\(Self.trace(event.traceparent))"
        case .suiteEnded(let event):
            words = "suite \(event.suite.suite) ended"
            wall &+= event.stamp.durationNanoseconds
        case .began(let event):
            words = "test \(event.suite.suite)/\(event.test) begun\(Self.trace(event.traceparent))"
        case .ended(let event):
            words = "test \(event.suite.suite)/\(event.test) \(event.status.name)\(Self.trace(event.traceparent))"
            wall &+= event.stamp.durationNanoseconds
            severity = event.status == .failed || event.status == .error ? .error : .notice
        }
        words = String(words.map { $0.isNewline ? " " : $0 })
        text = words
        message = Array("<\(severity.rawValue)>".utf8) + words.utf8.prefix(Self.longestMessage)
        wallNanoseconds = wall
    }

    private static func trace(_ traceparent: String?) -> String {
        traceparent.flatMap(CapturedTest.trace(of:)).map { "; trace \($0)" } ?? ""
    }
}
