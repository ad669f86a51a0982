import Foundation
import TestSupport
import Testing

/// Traces of real programs on a virtual bench, read by the official opentelemetry-proto.
@Suite(.serialized) struct TraceTests {
    static let caller = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    @Test func aRunIsOneTrace() throws {
        let sink = try TraceSink()
        let run = try BenchRun(
            [Files.python, Files.client("card_tour.py")],
            environment: [
                "OTEL_EXPORTER_OTLP_ENDPOINT": sink.endpoint, "TRACEPARENT": Self.caller, "TRACESTATE": "a=1",
                "OTEL_RESOURCE_ATTRIBUTES": "bench=left",
            ])
        #expect(run.command.ending == .exited(0))
        let spans = try sink.spans
        let root = try #require(spans.first { $0.name == "python3" })
        #expect(Set(spans.map(\.trace_id)) == ["4bf92f3577b34da6a3ce929d0e0e4736"])
        #expect(root.parent_span_id == "00f067aa0ba902b7" && root.trace_state == "a=1" && root.status == 0)
        #expect(root.attributes == ["process.executable.name": "python3", "process.exit.code": 0])
        #expect(root.resource["bench"] == "left" && root.resource["service.name"] == "cardlink-probe")
        let sessions = spans.filter { $0.name == "reader session" }
        #expect(!sessions.isEmpty && sessions.allSatisfy { $0.parent_span_id == root.span_id })
        let ids = Set(sessions.map(\.span_id))
        let commands = spans.filter { $0.kind == 3 }
        #expect(commands.allSatisfy { ids.contains($0.parent_span_id) })
        #expect(spans.allSatisfy { root.start <= $0.start && $0.start <= $0.end && $0.end <= root.end })
        // Each exchange that the card wrote down is in a span.
        let exchanges = Self.exchanges(commands)
        #expect(exchanges == run.card.commands && exchanges == 8)
        // 61XX with GET RESPONSE, and 6CXX with the command again, are one.
        #expect(commands.map(\.name) == ["SELECT", "SELECT", "READ BINARY", "SELECT"])
        #expect(commands.allSatisfy { $0.attributes["cardlink.apdu.status_word"] == "9000" })
    }

    /// A tester with opentelemetry-sdk: its spans and the probe's are one trace.
    @Test func aTestersOwnSpansAreInIt() throws {
        let sink = try TraceSink()
        let run = try BenchRun(
            [TraceSink.python, Files.client("traced.py")],
            environment: ["OTEL_EXPORTER_OTLP_ENDPOINT": sink.endpoint, "OTEL_SERVICE_NAME": "tester"])
        #expect(run.command.ending == .exited(0), "\(run.command.errors)")
        let spans = try sink.spans
        let root = try #require(spans.first { $0.parent_span_id.isEmpty })
        let own = try #require(spans.first { $0.name == "select the MF" })
        #expect(Set(spans.map(\.trace_id)) == [root.trace_id] && own.parent_span_id == root.span_id)
        #expect(own.scope == "tester" && own.resource["telemetry.sdk.language"] == "python")
        // Both clocks are the machine's: what was said to the card lies in the tester's span.
        let select = try #require(spans.first { $0.name == "SELECT" })
        #expect(own.start <= select.start && select.end <= own.end && root.start <= own.start && own.end <= root.end)
    }

    /// The program finds the run's span in its environment, and one that nobody keeps hands on what was there.
    @Test(arguments: [
        ([:], false), (["OTEL_TRACES_SAMPLER": "always_off"], true), (["OTEL_SDK_DISABLED": "true"], true),
        (["TRACEPARENT": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"], true),
        (["OTEL_EXPORTER_OTLP_ENDPOINT": ""], true),
    ])
    func theProgramGetsTheContext(variables: [String: String], isUnchanged: Bool) throws {
        let sink = try TraceSink()
        let environment = [
            "OTEL_EXPORTER_OTLP_ENDPOINT": sink.endpoint, "TRACEPARENT": Self.caller, "TRACESTATE": "a=1",
            "BAGGAGE": "k=v",
        ].merging(variables) { $1 }
        let seen = try Self.environment(under: environment)
        #expect(seen["BAGGAGE"] == "k=v" && seen["TRACESTATE"] == "a=1")
        let spans = try sink.spans
        if isUnchanged {
            #expect(seen["TRACEPARENT"] == environment["TRACEPARENT"] && spans.isEmpty)
        } else {
            let root = try #require(spans.first)
            #expect(seen["TRACEPARENT"] == "00-\(root.trace_id)-\(root.span_id)-01" && spans.count == 1)
        }
    }

    @Test func aBadContextIsReplaced() throws {
        let sink = try TraceSink()
        let seen = try Self.environment(under: [
            "OTEL_EXPORTER_OTLP_ENDPOINT": sink.endpoint, "TRACEPARENT": "00-zz", "TRACESTATE": "a=1",
        ])
        let root = try #require(try sink.spans.first)
        #expect(seen["TRACEPARENT"] == "00-\(root.trace_id)-\(root.span_id)-03" && seen["TRACESTATE"] == nil)
        #expect(root.parent_span_id.isEmpty)
    }

    /// Whatever becomes of the export, the program ends as it ends.
    @Test(arguments: [["sh", "-c", "exit 3"], ["sh", "-c", "kill -TERM $$"], ["no-such-program"]])
    func theEndingIsTheProgrammes(program: [String]) throws {
        let sink = try TraceSink()
        let endpoint = sink.endpoint
        let good = try Self.run(program, ["OTEL_EXPORTER_OTLP_ENDPOINT": endpoint])
        let span = try #require(try sink.spans.first)
        #expect(span.status == 2 && span.attributes["error.type"] != nil)
        sink.end()
        let begin = ContinuousClock.now
        let gone = try Self.run(program, ["OTEL_EXPORTER_OTLP_ENDPOINT": endpoint])
        #expect(ContinuousClock.now - begin < .seconds(5))
        let plain = try Self.run(program, [:])
        #expect(good.ending == plain.ending && gone.ending == plain.ending)
        #expect(gone.errors.contains("1 spans did not reach \(endpoint)/v1/traces: "))
        #expect(good.errors == plain.errors)
    }

    @Test func theDaemonExportsWhatItSees() throws {
        let (sink, own) = (try TraceSink(), try TraceSink())
        let bench = try LiveBench()
        try bench.startDaemon(environment: ["OTEL_EXPORTER_OTLP_ENDPOINT": sink.endpoint])
        #expect(try bench.run(["opensc-tool", "--name"]).ending == .exited(0))
        // One that exports its spans itself: the daemon does not tell them again.
        let traced = try bench.run(
            ["opensc-tool", "--name"], environment: ["OTEL_EXPORTER_OTLP_ENDPOINT": own.endpoint])
        #expect(traced.ending == .exited(0))
        let commands = bench.oracle.commands
        #expect(try bench.stopDaemon()?.ending == .exited(0))
        let (told, other) = (try sink.spans, try own.spans)
        let sessions = told.filter { $0.name == "reader session" }
        #expect(!sessions.isEmpty && sessions.allSatisfy { $0.parent_span_id.isEmpty })
        #expect(Set(told.map(\.trace_id)).count == sessions.count)
        #expect(Self.exchanges(told) + Self.exchanges(other) == commands && Self.exchanges(told) > 20)
        #expect(Self.exchanges(told) == Self.exchanges(other))
    }

    /// CardLink's variable is all that a bench has to name; `localhost` has an address of each kind.
    @Test(arguments: [TraceSink.Wire.grpc, .http])
    func cardLinksVariables(wire: TraceSink.Wire) throws {
        let sink = try TraceSink(wire: wire)
        let run = try BenchRun(
            [Files.python, Files.client("card_tour.py")],
            environment: [
                "GP_OTLP_ENDPOINT": "localhost:\(sink.port)", "GP_OTLP_PROTOCOL": wire == .grpc ? "" : "http",
                "GP_SERVICE_NAME": "tester", "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip",
            ])
        #expect(run.command.ending == .exited(0))
        let spans = try sink.spans
        let exchanges = Self.exchanges(spans)
        #expect(Set(spans.map(\.trace_id)).count == 1 && exchanges == run.card.commands)
        #expect(spans.allSatisfy { $0.resource["service.name"] == "tester" })
    }

    /// The share of sessions that are kept changes while the daemon runs; what is not kept is in no queue.
    @Test func theDaemonSamplesAnew() throws {
        let sink = try TraceSink(wire: .grpc)
        let bench = try LiveBench()
        let file = try bench.folder.write("tracing: {sample_rate: 0}\n", to: "config.yaml")
        try bench.startDaemon(
            options: ["--config", file], environment: ["CARDLINK_TRACING_ENDPOINT": "127.0.0.1:\(sink.port)"])
        #expect(bench.daemonErrors.contains("traces to http://127.0.0.1:\(sink.port)"))
        #expect(try bench.run(["opensc-tool", "--name"]).ending == .exited(0))
        try bench.folder.write("tracing: {sample_rate: 1}\n", to: "config.yaml")
        #expect(try bench.reloadDaemon(until: "tracing.sample_rate is now 1"))
        let before = bench.oracle.commands
        #expect(try bench.run(["opensc-tool", "--name"]).ending == .exited(0))
        #expect(try bench.stopDaemon()?.ending == .exited(0))
        let exchanges = Self.exchanges(try sink.spans)
        #expect(before > 0 && exchanges == bench.oracle.commands - before)
    }

    /// Where nobody listens, the page of a run counts the attempts that fail, and what is lost at the end is told.
    @Test func aRunCountsTheFailuresOfItsExport() throws {
        let (gone, free) = (try TraceSink(), try TraceSink())
        gone.end()
        free.end()
        let tour = "\(Files.python) \(Files.client("card_tour.py"))"
        let look = "\(tour); sleep 0.5; curl -s http://127.0.0.1:\(free.port)/metrics"
        let run = try BenchRun(
            ["sh", "-c", look], options: ["--metrics", "127.0.0.1:\(free.port)"],
            environment: ["OTEL_EXPORTER_OTLP_ENDPOINT": gone.endpoint, "OTEL_BSP_SCHEDULE_DELAY": "10"])
        let failures =
            #"cardlink_export_failures_total{exporter="otlp_traces",reason="unreachable"} "#
        let line = run.command.output.split(separator: "\n").first { $0.hasPrefix(failures) }
        #expect(line.flatMap { Double($0.dropFirst(failures.count)) } ?? 0 >= 1, "\(run.command.output.suffix(2_000))")
        #expect(run.command.errors.contains("spans did not reach \(gone.endpoint)/v1/traces: "))
    }

    static func exchanges(_ spans: [TraceSink.Span]) -> Int {
        spans.reduce(0) { sum, span in
            if case .integer(let count) = span.attributes["cardlink.apdu.exchanges"] { sum + Int(count) } else { sum }
        }
    }

    private static func run(_ program: [String], _ environment: [String: String]) throws -> Command {
        let folder = try TemporaryFolder()
        return try Command.run(
            [Files.probe, "run", "--runtime-dir", folder.path, "--"] + program, environment: environment)
    }

    private static func environment(under environment: [String: String]) throws -> [String: String] {
        let lines = try run(["env"], environment).output.split(separator: "\n").map {
            $0.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        }
        return Dictionary(lines.filter { $0.count == 2 }.map { ($0[0], $0[1]) }) { first, _ in first }
    }
}
