internal import FoundationEssentials
internal import ProbeEvents

/// The lines on the event socket that are no events; see ``EventSocket`` for who says what when.
enum SocketLine: Equatable {
    /// `{"hello":"cardlink-probe","v":1,"version":"0.1.0"}`: who speaks.
    ///
    /// A sender says `"errors":true` too when it wants to hear what is wrong with which line.
    case hello(name: String, version: String, wantsErrors: Bool = false)
    /// `{"received":12,"skipped":0,"v":1}`: how many lines of this connection were told as events, how many were not.
    case receipt(Receipt)
    /// `{"error":"…","line":7,"v":1}`: what is wrong with a line of this connection.
    case fault(LineFault)
    /// `{"ask":"tests","suite":{"run":1,"suite":"ota"},"v":1}`: what was said to cards in the tests of a suite that failed?
    case question(TestSuiteRun)
    /// `{"tests":[…],"v":1}`: the answer, the last tests that failed, the oldest first.
    case answer([FailedTest])
    /// `{"refused":"…","v":1}`: nothing is read on this connection, and why.
    case refused(String)

    /// What a probe says first.
    static var greeting: SocketLine { .hello(name: "cardlink-probe", version: ProbeVersion.current) }

    /// The longest one that is read.
    static let longestBytes = 4_096
}

/// How far the reader of a connection has come.
struct Receipt: Equatable {
    /// Lines that were told as events.
    var received: UInt64 = 0
    /// Lines that were no events, or none that are taken from outside.
    var skipped: UInt64 = 0

    /// All lines that were read.
    var lines: UInt64 { received &+ skipped }
}

/// Why a line was not told as an event.
package struct LineFault: Sendable, Equatable {
    /// The line's number, from 1; every line counts, blank ones too.
    package var line: UInt64
    /// One line: what is wrong with it.
    package var error: String
}

/// Why a line is none of the socket's own.
enum SocketLineError: Error, Equatable {
    /// Another version of the protocol.
    case version(Int)
    /// None of ``SocketLine``.
    case malformed
}

extension SocketLine {
    private struct Members: Codable {
        var v: Int
        var hello: String?
        var version: String?
        var errors: Bool?
        var error: String?
        var line: UInt64?
        var received: UInt64?
        var skipped: UInt64?
        var refused: String?
        var ask: String?
        var suite: TestSuiteRun?
        var tests: [FailedTest]?
    }

    private static let askedForTests = "tests"

    /// The line with its line feed.
    var bytes: [UInt8] {
        var members = Members(v: EventLine.version)
        switch self {
        case .hello(let name, let version, let wantsErrors):
            (members.hello, members.version, members.errors) = (name, version, wantsErrors ? true : nil)
        case .receipt(let receipt): (members.received, members.skipped) = (receipt.received, receipt.skipped)
        case .fault(let fault): (members.error, members.line) = (fault.error, fault.line)
        case .refused(let reason): members.refused = reason
        case .question(let suite): (members.ask, members.suite) = (Self.askedForTests, suite)
        case .answer(let tests): members.tests = tests
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Strings and whole numbers can always be written.
        let line = (try? encoder.encode(members)) ?? Data()
        return Array(line) + [0x0A]
    }

    init(_ line: [UInt8]) throws(SocketLineError) {
        guard line.count <= Self.longestBytes,
            let members = try? JSONDecoder().decode(Members.self, from: Data(line))
        else { throw .malformed }
        guard members.v == EventLine.version else { throw .version(members.v) }
        if let name = members.hello {
            self = .hello(name: name, version: members.version ?? "", wantsErrors: members.errors ?? false)
        } else if let received = members.received {
            self = .receipt(Receipt(received: received, skipped: members.skipped ?? 0))
        } else if let error = members.error {
            self = .fault(LineFault(line: members.line ?? 0, error: error))
        } else if let reason = members.refused {
            self = .refused(reason)
        } else if members.ask == Self.askedForTests, let suite = members.suite {
            self = .question(suite)
        } else if let tests = members.tests {
            self = .answer(tests)
        } else {
            throw .malformed
        }
    }
}
