import Foundation
import TestSupport
import Testing

/// From a number in a real Prometheus to the trace behind it.
@Suite(.serialized) struct ExemplarTests {
    private struct Answer: Decodable {
        struct Series: Decodable {
            struct Exemplar: Decodable {
                var labels: [String: String]
                var value: String
            }
            var seriesLabels: [String: String]
            var exemplars: [Exemplar]
        }
        var data: [Series]
    }

    @Test func anExemplarInPrometheusIsATraceInTheSink() throws {
        let sink = try TraceSink()
        let bench = try LiveBench()
        try bench.startDaemon(environment: [
            "OTEL_EXPORTER_OTLP_ENDPOINT": sink.endpoint, "OTEL_BSP_SCHEDULE_DELAY": "200",
        ])
        #expect(try bench.run(["opensc-tool", "--name"]).ending == .exited(0))
        let prometheus = try PrometheusServer(scraping: ["127.0.0.1:\(bench.port)"])
        var found: [Answer.Series] = []
        #expect(
            try eventually(within: 60) {
                found = try Self.exemplars(prometheus, of: ["apdu_response_time", "session_duration"])
                return Set(found.compactMap { $0.seriesLabels["__name__"] }).count == 2
            }, "\(found.map(\.seriesLabels))")
        #expect(try bench.stopDaemon()?.ending == .exited(0))
        let spans = Dictionary(try sink.spans.map { ($0.span_id, $0) }) { first, _ in first }
        for series in found {
            for exemplar in series.exemplars {
                let span = try #require(exemplar.labels["span_id"].flatMap { spans[$0] })
                #expect(span.trace_id == exemplar.labels["trace_id"])
                let isSession = series.seriesLabels["session_type"] != nil
                #expect((span.name == "reader session") == isSession)
                let (value, bound) = (Double(exemplar.value), Double(series.seriesLabels["le"] ?? ""))
                #expect(try #require(value) <= (try #require(bound)))
            }
        }
    }

    private static func exemplars(_ prometheus: PrometheusServer, of families: [String]) throws -> [Answer.Series] {
        let now = Int(Date().timeIntervalSince1970)
        return try families.flatMap { family in
            let words = [
                "--data-urlencode", "query=cardlink_\(family)_seconds_bucket", "--data",
                "start=\(now - 600)&end=\(now + 60)",
            ]
            let answer = try prometheus.get("/api/v1/query_exemplars", words)
            return (try? JSONDecoder().decode(Answer.self, from: Data(answer.utf8)))?.data ?? []
        }
    }
}
