import Foundation
import TestSupport
import Testing

@testable import Taps

/// What is read of the environment that a process was started with.
@Suite struct ProcessEnvironmentTests {
    private static let span = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    struct Row: Sendable {
        var entries: [String]
        var traceparent: String?
        var version: String?
        var commit: String?
    }

    private static let rows = [
        Row(entries: []),
        Row(
            entries: [
                "PATH=/bin", "CARDLINK_TESTER_VERSION=4.2.1 rc", "TRACEPARENT=\(span)",
                "CARDLINK_TESTER_COMMIT=3f2a9c4",
            ],
            traceparent: span, version: "4.2.1 rc", commit: "3f2a9c4"),
        Row(entries: ["CARDLINK_TESTER_VERSION=1", "CARDLINK_TESTER_VERSION=2"], version: "1"),
        Row(entries: ["CARDLINK_TESTER_VERSION=", "CARDLINK_TESTER_COMMIT=", "TRACEPARENT="]),
        Row(entries: ["CARDLINK_TESTER_VERSION=\(String(repeating: "v", count: 65))"]),
        Row(entries: ["CARDLINK_TESTER_VERSION=\u{1B}[2J", "CARDLINK_TESTER_COMMIT=not a commit", "TRACEPARENT=short"]),
        Row(entries: ["XCARDLINK_TESTER_VERSION=1", "CARDLINK_TESTER_VERSION"]),
    ]

    @Test(arguments: rows) func isRead(_ row: Row) {
        let bytes = row.entries.flatMap { entry -> [UInt8] in Array(entry.utf8) + [0] }
        var wanted = ProcessEnvironment([] as [[UInt8]])
        (wanted.traceparent, wanted.testerVersion, wanted.testerCommit) = (row.traceparent, row.version, row.commit)
        #expect(ProcessEnvironment(bytes[...]) == wanted)
        #expect(ProcessEnvironment(row.entries.map { Array($0.utf8) }) == wanted)
    }

    @Test func thatOfAProcessIsTheKernels() throws {
        let process = try RunningCommand(
            ["cat"], environment: ["CARDLINK_TESTER_VERSION": "7.8"], input: .kept)
        #expect(eventually { ProcessEnvironment(of: process.pid)?.testerVersion == "7.8" })
        process.kill()
        #expect(ProcessEnvironment(of: -1) == nil)
    }
}
