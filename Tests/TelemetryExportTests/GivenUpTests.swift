import Logging
import Observability
import ProbeEvents
import PrometheusClient
import TestSupport
import Testing

@testable import TelemetryExport

/// What an exporter gives up is in `cardlink_export_dropped_total`, from which the alert on exporters is made.
@Suite(.serialized) struct GivenUpTests {
    private let health = HealthCatalog()

    private func telemetry(_ exporter: ExporterName) -> ExportTelemetry {
        ExportTelemetry(exporter, in: health) { _ in }
    }

    @Test(arguments: [ExporterName.otlpTraces, .zipkin])
    func spans(exporter: ExporterName) async throws {
        let sink = try TraceSink(answers: ["400"])
        var settings = TraceSettings(ExportSettings(endpoint: sink.endpoint + "/v1/traces"))
        if exporter == .zipkin { settings.export.wire = .zipkin }
        #expect(settings.exporter == exporter)
        let export = TraceExport(settings, telemetry: telemetry(exporter))
        for number in 0..<3 { export.spans.start("s\(number)").end() }
        #expect(await export.finish(within: .seconds(10)).lost == 3)
        #expect(health.givenUp(exporter) == [.rejected: 3])
        #expect(health.exportFailures[exporter, .rejected].value == 1)
    }

    @Test func logRecords() async throws {
        let sink = try TraceSink(answers: ["400"])
        let settings = LogSettings(ExportSettings(endpoint: sink.endpoint + "/v1/logs"))
        let export = LogExport(settings, telemetry: telemetry(.otlpLogs))
        for number in 0..<3 { export.receive(Self.record("\(number)")) }
        #expect(await export.finish(within: .seconds(10)).lost == 3)
        #expect(health.givenUp(.otlpLogs) == [.rejected: 3])
    }

    @Test func numbers() async throws {
        let sink = try TraceSink(answers: ["400"])
        let registry = Registry()
        registry.register(Gauge("app_level", "A level.", labels: OneLabel("ok", Bool.self)))
        let level = Gauge("app_other", "A level.")
        registry.register(level)
        level.set(1)
        let settings = MetricSettings(ExportSettings(endpoint: sink.endpoint + "/v1/metrics"))
        let export = MetricExport(MetricExport.Source(registry), settings, telemetry: telemetry(.otlpMetrics))
        #expect(await export.finish(within: .seconds(10)).lost == 1)
        #expect(health.givenUp(.otlpMetrics) == [.rejected: 1])
    }

    /// A server that hangs until the end: what waits then is lost to the time.
    @Test func whatIsLateIsGivenUp() async throws {
        let sink = try TraceSink(answers: Array(repeating: "hang", count: 5))
        let settings = LogSettings(ExportSettings(endpoint: sink.endpoint + "/v1/logs"))
        let export = LogExport(settings, telemetry: telemetry(.otlpLogs))
        for number in 0..<5 { export.receive(Self.record("\(number)")) }
        #expect(await export.finish(within: .milliseconds(300)).lost == 5)
        #expect(health.givenUp(.otlpLogs) == [.timeout: 5])
    }

    private static func record(_ message: String) -> LogRecord {
        LogRecord(wallNanoseconds: 77, level: .info, logger: "tester", component: .program, message: message)
    }
}

extension HealthCatalog {
    /// What an exporter gave up, by reason.
    func givenUp(_ exporter: ExporterName) -> [ExportFailureReason: UInt64] {
        let counts = ExportFailureReason.allCases.map { ($0, exportDropped[exporter, $0].value) }
        return Dictionary(uniqueKeysWithValues: counts.filter { $0.1 > 0 })
    }
}
