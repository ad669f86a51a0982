import Logging
import Observability
import ProbeEvents
import TestSupport
import Testing

@testable import TelemetryExport

/// Against a server that reads with the official opentelemetry-proto.
@Suite(.serialized) struct LogExportTests {
    private static func record(_ message: String, level: Logger.Level = .info) -> LogRecord {
        LogRecord(wallNanoseconds: 77, level: level, logger: "cardlink-probe.http", component: .http, message: message)
    }

    @Test func everythingInARecordArrives() async throws {
        let sink = try TraceSink()
        var settings = Self.settings(sink.endpoint)
        settings.export.headers = [.init(name: "api-key", value: "s,x")]
        settings.export.tell(BenchIdentity(bench: "left", site: nil, instanceID: "id-1"))
        let export = LogExport(settings)
        var full = Self.record("é\"\n", level: .error)
        full.span = SpanContext(traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".utf8)
        full.fields = [
            LogField("text", .text("a")), LogField("flag", .flag(true)), LogField("integer", .integer(.min)),
            LogField("number", .number(0.5)), LogField("list", .list([.text("x"), .integer(1)])),
            LogField("map", .map([LogField("k", .flag(false))])),
        ]
        export.receive(full)
        export.receive(
            LogRecord(wallNanoseconds: 1, level: .info, logger: "other", component: .program, message: ""))
        #expect(await export.finish(within: .seconds(10)).lost == 0)

        let records = try sink.records
        #expect(sink.requests == ["/v1/logs 200"] && records.map(\.scope) == ["cardlink-probe.http", "other"])
        let (told, plain) = (records[0], records[1])
        #expect(told.body == "é\"\n" && told.time == 77 && told.observed == 77)
        #expect(told.severity == 17 && told.severity_text == "ERROR")
        #expect(told.trace_id == "4bf92f3577b34da6a3ce929d0e0e4736" && told.span_id == "00f067aa0ba902b7")
        #expect(told.flags == 1 && plain.flags == 0 && plain.trace_id.isEmpty && plain.span_id.isEmpty)
        #expect(
            told.attributes == [
                "cardlink.component": "http", "text": "a", "flag": true, "integer": .integer(.min),
                "number": .number(0.5), "list": .list(["x", 1]), "map": .map(["k": false]),
            ])
        #expect(plain.attributes == ["cardlink.component": "program"] && plain.body == "" && plain.severity == 9)
        #expect(told.resource["service.instance.id"] == "id-1" && told.resource["cardlink.bench"] == "left")
        #expect(told.resource["cardlink.site"] == nil && told.headers["api-key"] == "s,x")
    }

    @Test(
        arguments: zip(Logger.Level.allCases, [1, 5, 9, 10, 13, 17, 21]))
    func severities(level: Logger.Level, number: Int) async throws {
        let sink = try TraceSink()
        let export = LogExport(Self.settings(sink.endpoint))
        export.receive(Self.record("x", level: level))
        #expect(await export.finish(within: .seconds(10)).lost == 0)
        #expect(try sink.records.map(\.severity) == [number])
    }

    /// What may be taken later is sent again until it is; a full queue drops the oldest.
    @Test func nothingIsLost() async throws {
        let sink = try TraceSink(answers: ["503", "reset"])
        let told = Told()
        let export = LogExport(
            Self.settings(sink.endpoint), telemetry: told.telemetry, firstPause: .milliseconds(20))
        for number in 0..<50 { export.receive(Self.record("r\(number)")) }
        #expect(await export.finish(within: .seconds(10)).lost == 0)
        #expect(try sink.records.map(\.body) == (0..<50).map { .text("r\($0)") })
        #expect(told.failures.values.reduce(0, +) == 2)
    }

    @Test func aServerThatHangs() async throws {
        let sink = try TraceSink(answers: ["hang"])
        let told = Told()
        var settings = Self.settings(sink.endpoint)
        (settings.batch.queueSize, settings.batch.batchSize) = (10, 5)
        let export = LogExport(settings, telemetry: told.telemetry)
        for _ in 0..<5 { export.receive(Self.record("held")) }
        #expect(try await eventually { sink.requests.count == 1 })
        for number in 0..<30 { export.receive(Self.record("r\(number)")) }
        #expect(told.dropped == [.queueFull: 20])
        #expect(await export.finish(within: .milliseconds(300)).lost == 35)
    }

    @Test func theVariables() throws {
        func read(_ variables: [String: String]) -> LogSettings? {
            LogSettings(ExportVariables({ variables[$0] }) { _ in })
        }
        let endpoint = ["OTEL_EXPORTER_OTLP_ENDPOINT": "http://h"]
        #expect(read([:]) == nil && read(endpoint.merging(["OTEL_LOGS_EXPORTER": "none"]) { $1 }) == nil)
        let usual = try #require(read(endpoint))
        #expect(usual.export.endpoint == "http://h/v1/logs" && usual.batch.delay == .seconds(1))
        let other = read(
            endpoint.merging([
                "OTEL_BLRP_SCHEDULE_DELAY": "5", "OTEL_BLRP_MAX_QUEUE_SIZE": "9", "OTEL_BLRP_EXPORT_TIMEOUT": "7",
                "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE": "8",
            ]) { $1 })
        #expect(other?.batch.delay == .milliseconds(5) && other?.batch.exportTimeout == .milliseconds(7))
        #expect(other?.batch.queueSize == 9 && other?.batch.batchSize == 8)
    }

    private static func settings(_ endpoint: String) -> LogSettings {
        var settings = LogSettings(ExportSettings(endpoint: endpoint + "/v1/logs"))
        settings.batch.delay = .milliseconds(50)
        return settings
    }
}
