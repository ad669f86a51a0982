import Foundation
import TestSupport
import Testing

/// pytest on a virtual bench: which commands belong to which test, in the summary, the traces, the history and pytest's
/// own report.
@Suite(.serialized) struct TesterTests {
    private static let pytest = [
        TraceSink.python, "-m", "pytest", "-p", "cardlink_probe_pytest", "--cardlink-suite", "cards", "-q", "-p",
        "no:cacheprovider", Files.client("test_cards.py"),
    ]
    private static let variables = [
        "PYTHONPATH": Files.package + "/examples/python", "PYTHONDONTWRITEBYTECODE": "1",
    ]

    /// Commands of each test, as the file has them; the tour's are counted by the card.
    private static let commands = ["test_selects": 2, "test_starts_a_program": 8, "test_fails": 2, "test_means_it": 1]

    @Test func aRunTellsItsTests() throws {
        let sink = try TraceSink()
        let run = try BenchRun(
            Self.pytest, options: ["--summary"],
            environment: Self.variables.merging([
                "OTEL_EXPORTER_OTLP_ENDPOINT": sink.endpoint, "TRACEPARENT": TraceTests.caller,
            ]) { $1 })
        #expect(run.command.ending == .exited(1), "\(run.command.errors)")
        run.expectEqualToOracles()
        #expect(run.card.commands == Self.commands.values.reduce(0, +))
        let report = run.command.output
        #expect(
            report.contains("Commands to cards") && report.contains("2 commands, 1 failed; the slowest: "), "\(report)")
        #expect(report.contains("last that failed: VERIFY "))

        let tests = try #require(run.report["tests"] as? [String: Any])
        #expect(tests["suites"] as? Int == 1 && tests["passed"] as? Int == 5 && tests["failed"] as? Int == 1)
        let failure = try #require((tests["failures"] as? [[String: Any]])?.first)
        #expect((failure["test"] as? String)?.hasSuffix("::test_fails") == true)
        #expect(failure["commands"] as? Int == 2 && failure["failed_command"] as? String == "VERIFY")
        let summary = run.command.errors
        #expect(summary.contains(" tests    1 suite   5 passed   1 failed\n          slowest "), "\(summary)")
        #expect(
            summary.contains(" failed   test_cards.py::test_fails   2 commands   last failed VERIFY "), "\(summary)")
        #expect(
            run.report["error_count"] as? Int == 1 && run.report["expected"] as? [String: Int] == ["VERIFY 6984": 1])
        #expect(summary.contains(" expected VERIFY 6984 ×1   not counted as errors"), "\(summary)")
        try expectTheTree(try sink.spans, under: "00f067aa0ba902b7")
    }

    /// The daemon makes the spans where the run makes none, and the history has the commands by test.
    @Test func theDaemonKnowsThem() throws {
        let sink = try TraceSink()
        let bench = try LiveBench()
        let state = ["XDG_STATE_HOME": bench.folder.file("state")]
        try bench.startDaemon(environment: state.merging(["OTEL_EXPORTER_OTLP_ENDPOINT": sink.endpoint]) { $1 })
        let end = try bench.run(
            Self.pytest, options: ["--no-summary"], environment: Self.variables.merging(state) { $1 })
        #expect(end.ending == .exited(1) && end.output.contains("Commands to cards"), "\(end.output) \(end.errors)")
        #expect(try bench.sum("cardlink_test_results_total", #"status="passed""#) == 5)
        #expect(try bench.sum("cardlink_apdu_expected_errors_total", #"command="VERIFY""#) == 1)
        #expect(try bench.sum("cardlink_apdu_errors_total", #"command="VERIFY""#) == 1)
        #expect(try bench.stopDaemon()?.status == 0)
        try expectTheTree(try sink.spans, under: "")

        func history(_ words: [String]) throws -> [[String: Any]] {
            let told = try Command.run([Files.metrics, "history"] + words + ["--json"], environment: state)
            return try JSONSerialization.jsonObject(with: Data(told.output.utf8)) as? [[String: Any]] ?? []
        }
        for (test, count) in Self.commands {
            #expect(try history(["apdus", "--test", test, "--limit", "100"]).count == count, "\(test)")
        }
        #expect(try history(["apdus", "--test", "test_says_nothing"]).isEmpty)
        let failed = try history(["apdus", "--test", "test_fails", "--errors"])
        #expect(failed.map { $0["command"] as? String } == ["VERIFY"])
        let tests = try history(["tests", "--errors"])
        #expect(tests.map { $0["status"] as? String } == ["failed"])
        let unknown = try Command.run([Files.metrics, "history", "apdus", "--test", "no"], environment: state)
        #expect(unknown.status == 1 && unknown.errors.contains("there is no test 'no'"))
        let shown = try Command.run([Files.metrics, "history", "tests"], environment: state).output
        #expect(
            shown.contains("test_cards.py::test_selects") && shown.split(separator: "\n").allSatisfy { $0.count <= 80 },
            "\(shown)")
    }

    /// Suite, tests, and in each test what happened in it.
    private func expectTheTree(_ spans: [TraceSink.Span], under caller: String) throws {
        let suite = try #require(spans.first { $0.name == "cards" })
        #expect(suite.attributes["test.suite.run.status"] == "failure" && suite.status == 2)
        let parent = spans.first { $0.span_id == suite.parent_span_id }
        if caller.isEmpty {
            #expect(suite.parent_span_id.isEmpty)
        } else {
            #expect(parent?.parent_span_id == caller)
        }
        let tests = spans.filter { $0.parent_span_id == suite.span_id && $0.attributes["test.case.name"] != nil }
        #expect(tests.count == 6)
        #expect(Set(spans.map(\.trace_id)).count == 1)
        for (name, count) in Self.commands {
            let test = try #require(tests.first { $0.name.hasSuffix("::" + name) })
            #expect(test.attributes["test.case.result.status"] == (name == "test_fails" ? "fail" : "pass"))
            let below = descendants(of: test, in: spans)
            #expect(TraceTests.exchanges(below.filter { $0.attributes["cardlink.command"] != nil }) == count, "\(name)")
            #expect(below.allSatisfy { test.start <= $0.start })
        }
        // The session is the first test's, and what another test said in it hangs below that and has a link to it.
        let fails = try #require(tests.first { $0.name.hasSuffix("::test_fails") })
        let verify = try #require(spans.first { $0.name == "VERIFY" && $0.parent_span_id == fails.span_id })
        let meant = try #require(spans.first { $0.attributes["cardlink.expected"] != nil })
        #expect(meant.name == "VERIFY" && meant.status == 0 && meant.attributes["error.type"] == "conditions")
        let session = try #require(spans.first { $0.span_id == verify.links.first?.span_id })
        #expect(verify.parent_span_id == fails.span_id && session.name == "reader session")
        let database = descendants(of: try #require(tests.first { $0.name.hasSuffix("database") }), in: spans)
        let insert = try #require(database.first { $0.name == "insert cards" })
        #expect(insert.attributes["db.system.name"] == "sqlite" && insert.attributes["db.operation.name"] == "insert")
        #expect(insert.attributes["db.collection.name"] == "cards" && insert.kind == 3)
        #expect(!"\(spans)".contains("a secret value"))
    }

    private func descendants(of span: TraceSink.Span, in spans: [TraceSink.Span]) -> [TraceSink.Span] {
        let children = spans.filter { $0.parent_span_id == span.span_id && $0.trace_id == span.trace_id }
        return children + children.flatMap { descendants(of: $0, in: spans) }
    }
}
