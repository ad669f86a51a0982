import Foundation
import Observability
import ProbeEvents
import TestSupport
import Testing

@testable import TelemetryExport

/// Zipkin's JSON, beside what OpenTelemetry's own exporter for Zipkin makes of the same spans.
@Suite struct ZipkinTests {
    private static let start: UInt64 = 1_700_000_000_000_000_400

    @Test func theSameAsTheOfficialExporter() async throws {
        let (ours, theirs) = (try TraceSink(), try TraceSink())
        var settings = TraceSettings(ExportSettings(endpoint: ours.endpoint + "/api/v2/spans"))
        settings.export.wire = .zipkin
        settings.export.resource = [Attribute("service.name", "tester"), Attribute("bench", "left")]
        let export = TraceExport(settings)
        for span in try Self.spans() { export.spans.tell(span) }
        #expect(await export.finish(within: .seconds(10)).lost == 0)

        let client = try Command.run([
            TraceSink.python, Files.client("zipkin_spans.py"), theirs.endpoint + "/api/v2/spans", "\(Self.start)",
            "\(Self.start + 3_000_000)",
        ])
        #expect(client.ending == .exited(0), "\(client.errors)")
        let (own, official) = (try Self.read(ours), try Self.read(theirs))
        #expect(own.count == 2 && own == official)
    }

    @Test(
        arguments: [
            (["OTEL_TRACES_EXPORTER": "zipkin"], "http://localhost:9411/api/v2/spans", []),
            (
                ["OTEL_TRACES_EXPORTER": "zipkin", "OTEL_EXPORTER_ZIPKIN_ENDPOINT": "https://z/api"], "https://z/api",
                []
            ),
            (["OTEL_TRACES_EXPORTER": "zipkin", "OTEL_SDK_DISABLED": "true"], nil, []),
            (
                ["OTEL_TRACES_EXPORTER": "zipkin", "OTEL_EXPORTER_ZIPKIN_ENDPOINT": "z:9411"], nil,
                [
                    "OTEL_EXPORTER_ZIPKIN_ENDPOINT is no URL that begins with http:// or https:// and names a host; "
                        + "exporting nothing"
                ]
            ),
        ] as [([String: String], String?, [String])])
    func variables(variables: [String: String], endpoint: String?, warnings: [String]) {
        final class Warnings { var lines: [String] = [] }
        let said = Warnings()
        let settings = TraceSettings(ExportVariables({ variables[$0] }) { said.lines.append($0) })
        #expect(settings?.export.endpoint == endpoint && said.lines == warnings)
        if let settings { #expect(settings.export.wire == .zipkin && settings.exporter == .zipkin) }
    }

    /// What JSON has no words for stops nothing.
    @Test func anyNumber() throws {
        var span = try Self.spans()[0]
        span.set([Attribute("infinite", .number(.infinity)), Attribute("list", .numbers([.nan, 1]))])
        let bytes = try ZipkinRequest([span], resource: [], version: "0").bytes()
        let read = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [[String: Any]])
        let tags = try #require(read.first?["tags"] as? [String: String])
        #expect(tags["infinite"] == "inf" && tags["list"] == #"["nan",1]"#)
    }

    private static func spans() throws -> [SpanData] {
        let parent = try #require(
            SpanContext(
                traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".utf8, tracestate: "".utf8))
        func span(_ name: String, _ id: UInt64, _ kind: SpanKind, duration: UInt64) throws -> SpanData {
            let context = SpanContext(
                traceID: parent.traceID, spanID: try #require(SpanID(id)), flags: .sampled, state: TraceState())
            var span = SpanData(
                name, kind: kind, context: context, parent: parent, startNanoseconds: start, limits: SpanLimits())
            span.endNanoseconds = start + duration
            return span
        }
        var select = try span("SELECT", 1, .client, duration: 3_000_000)
        select.set([
            Attribute("text", "é\"\n/"), Attribute("flag", true), Attribute("integer", -7),
            Attribute("number", .number(0.5)), Attribute("texts", .texts(["a", ""])), Attribute("empty", ""),
        ])
        select.addEvent("seen", wallNanoseconds: start + 1_600, [Attribute("count", 3), Attribute("name", "b")])
        select.status = .error("broken")
        var child = try span("child", 2, .internal, duration: 5_000)
        child.status = .ok
        return [select, child]
    }

    /// The spans without what one of the two adds of its own: names of the libraries, and older names of the same.
    private static func read(_ sink: TraceSink) throws -> [NSDictionary] {
        try sink.zipkinLines.map { line in
            var span = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            for key in ["debug", "kind"] where key == "debug" || span[key] is NSNull { span[key] = nil }
            var tags = try #require(span["tags"] as? [String: String])
            for key in tags.keys
            where ["telemetry.", "host.", "process.", "otel.library", "service.version"].contains(where: key.hasPrefix)
                || key == "otel.scope.version" || ["name", "version"].contains(key)
            {
                tags[key] = nil
            }
            span["tags"] = tags
            let annotations = (span["annotations"] as? [[String: Any]] ?? []).map { annotation in
                let value = Data((annotation["value"] as? String ?? "").utf8)
                return [annotation["timestamp"] ?? 0, (try? JSONSerialization.jsonObject(with: value)) ?? ""]
            }
            span["annotations"] = annotations
            return span as NSDictionary
        }
    }
}
