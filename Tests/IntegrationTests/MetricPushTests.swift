import Foundation
import TestSupport
import Testing

/// Numbers of real programs on a virtual bench, read by the official opentelemetry-proto and by Debian's Pushgateway.
@Suite(.serialized) struct MetricPushTests {
    private static let tour = [Files.python, Files.client("card_tour.py")]

    @Test func aRunIsPushed() throws {
        let state = try TemporaryFolder()
        let server = try PushgatewayServer()
        let run = try BenchRun(
            Self.tour, options: ["--push", server.address],
            environment: ["CARDLINK_BENCH_NAME": "bench 7", "XDG_STATE_HOME": state.path])
        #expect(run.command.ending == .exited(0) && !run.command.errors.contains("metrics"))
        let there = try server.metrics().split(separator: "\n").filter { $0.contains("job=\"cardlink-probe\"") }
        #expect(there.allSatisfy { $0.contains("instance=\"bench 7\"") })
        #expect(Self.sum(there, "cardlink_apdu_commands_total{") == Double(run.card.commands))
        #expect(Self.sum(there, "cardlink_apdu_response_time_seconds_count{") == Double(run.card.commands))
    }

    private static func sum(_ lines: [Substring], _ beginning: String) -> Double {
        lines.filter { $0.hasPrefix(beginning) }.compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }
            .reduce(0, +)
    }

    @Test(arguments: ["http/protobuf", "grpc"])
    func aRunIsExported(wire: String) throws {
        let state = try TemporaryFolder()
        let sink = try TraceSink(wire: wire == "grpc" ? .grpc : .http)
        let run = try BenchRun(
            Self.tour,
            environment: [
                "OTEL_EXPORTER_OTLP_ENDPOINT": sink.endpoint, "OTEL_EXPORTER_OTLP_PROTOCOL": wire,
                "CARDLINK_BENCH_SITE": "lab", "XDG_STATE_HOME": state.path,
            ])
        #expect(run.command.ending == .exited(0))
        let points = try sink.points
        #expect(try Self.sum(sink, "cardlink_apdu_commands_total") == Double(run.card.commands))
        // All signals say the same of who speaks, and the state directory keeps the number.
        let (span, point) = (try #require(try sink.spans.first), try #require(points.first))
        #expect(span.resource == point.resource && point.resource["cardlink.site"] == "lab")
        let id = state.read("cardlink-probe/instance-id").filter { !$0.isWhitespace }
        #expect(point.resource["service.instance.id"] == .text(id) && !id.isEmpty)
        let info = try #require(points.first { $0.name == "cardlink_bench_info" })
        #expect(info.attributes["instance_id"] == .text(id) && info.attributes["site"] == "lab")
        // A histogram's exemplar is a span of the same trace.
        let exemplars = points.flatMap(\.exemplars)
        #expect(!exemplars.isEmpty && exemplars.allSatisfy { $0.trace_id == span.trace_id })
        #expect(Set(exemplars.map(\.span_id)).isSubset(of: Set(try sink.spans.map(\.span_id))))
    }

    private static func sum(_ sink: TraceSink, _ family: String) throws -> Double {
        sum(try sink.points.filter { $0.name == family })
    }

    private static func sum(_ points: [TraceSink.Point]) -> Double {
        points.reduce(0) { sum, point in
            if case .integer(let count) = point.value { sum + Double(count) } else { sum }
        }
    }

    /// Whatever becomes of the servers, the program ends as it ends, soon, and no secret is shown.
    @Test(arguments: [["sh", "-c", "exit 3"], ["sh", "-c", "kill -TERM $$"], ["no-such-program"]])
    func theEndingIsTheProgrammes(program: [String]) throws {
        let (gone, hung) = (try TraceSink(), try TraceSink(answers: ["hang", "hang", "hang"]))
        gone.end()
        for sink in [gone, hung] {
            let address = "http://me:hunter2@127.0.0.1:\(sink.port)"
            let begin = ContinuousClock.now
            let run = try Self.run(
                program, options: ["--push", address],
                [
                    "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "\(address)/m?k=hunter2",
                    "OTEL_EXPORTER_OTLP_HEADERS": "a=hunter2",
                ])
            #expect(ContinuousClock.now - begin < .seconds(5))
            #expect(run.ending == (try Self.run(program, [:])).ending)
            #expect(run.errors.contains("metrics did not reach \(sink.endpoint)/m: "))
            #expect(run.errors.contains("metrics were not pushed to \(sink.endpoint): "))
            #expect(!run.errors.contains("hunter2"))
        }
    }

    @Test func noAddressOfAPushgateway() throws {
        let run = try Self.run(["true"], options: ["--push", "me:hunter2@h"], [:])
        #expect(run.ending == .exited(64) && !run.errors.contains("hunter2"))
        #expect(run.errors.contains("--push: no address of a Pushgateway; write one like http://host:9091"))
    }

    @Test func theDaemonExportsNumbersAndItsLog() throws {
        let sink = try TraceSink()
        let bench = try LiveBench()
        try bench.startDaemon(environment: [
            "OTEL_EXPORTER_OTLP_ENDPOINT": sink.endpoint, "OTEL_METRIC_EXPORT_INTERVAL": "300",
            "OTEL_TRACES_EXPORTER": "none", "XDG_STATE_HOME": bench.folder.file("state"),
        ])
        #expect(try eventually { try sink.points.count { $0.name == "cardlink_bench_info" } >= 2 })
        // A run beside it tells its own health only.
        let own = try TraceSink()
        let run = try bench.run(
            ["opensc-tool", "--name"],
            environment: ["OTEL_EXPORTER_OTLP_ENDPOINT": own.endpoint, "OTEL_TRACES_EXPORTER": "none"])
        #expect(run.ending == .exited(0))
        #expect(try !own.points.isEmpty && own.points.allSatisfy { !$0.name.hasPrefix("cardlink_apdu") })
        let shown = try bench.sum("cardlink_apdu_commands_total")
        #expect(try bench.stopDaemon()?.ending == .exited(0))
        // The last one of each series, after everything was told.
        let last = try sink.points.last { $0.name == "cardlink_events_received_total" }
        let counts = try sink.points.filter { $0.name == "cardlink_apdu_commands_total" && $0.time == last?.time }
        #expect(Self.sum(counts) == shown && shown == Double(bench.oracle.commands))
        let records = try sink.records
        #expect(records.contains { $0.body == .text("metrics to \(sink.endpoint)/v1/metrics") && $0.severity == 9 })
        #expect(records.allSatisfy { $0.resource == last?.resource })
    }

    /// The number is the same at each start; where it cannot be kept, a line says so and all goes on.
    @Test func theNumberOfTheProbe() throws {
        func id(_ state: String) throws -> (id: String, errors: String) {
            let folder = try TemporaryFolder()
            let probe = try ServingProbe(sockets: folder.file("sockets"), environment: ["XDG_STATE_HOME": state])
            let line = try probe.get("/metrics").body.split(separator: "\n").first {
                $0.hasPrefix("cardlink_bench_info{")
            }
            let id = line?.components(separatedBy: "instance_id=\"").last?.prefix { $0 != "\"" } ?? ""
            return (String(id), try probe.stop().errors)
        }
        let folder = try TemporaryFolder()
        let (first, second) = (try id(folder.path), try id(folder.path))
        #expect(UUID(uuidString: first.id) != nil && first.id == second.id)
        #expect(!first.errors.contains("instance"))
        let nowhere = try id("/proc/none")
        #expect(UUID(uuidString: nowhere.id) != nil && nowhere.id != first.id)
        #expect(nowhere.errors.contains("cannot make /proc/none/cardlink-probe/instance-id: "))
    }

    private static func run(
        _ program: [String], options: [String] = [], _ environment: [String: String]
    ) throws -> Command {
        let folder = try TemporaryFolder()
        return try Command.run(
            [Files.probe, "run", "--runtime-dir", folder.path] + options + ["--"] + program,
            environment: ["XDG_STATE_HOME": folder.file("state")].merging(environment) { $1 })
    }
}
