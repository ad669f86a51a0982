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
        let prometheus = try prometheus(scraping: bench)
        defer {
            prometheus.signal(SIGTERM)
            _ = try? prometheus.end(within: 15)
        }
        var found: [Answer.Series] = []
        #expect(
            try eventually(within: 60) {
                found = try exemplars(of: ["apdu_response_time", "session_duration"])
                return Set(found.compactMap { $0.seriesLabels["__name__"] }).count == 2
            }, "\(found.map(\.seriesLabels)) \(prometheus.errorsSoFar.suffix(2_000))")
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

    private let webPort: Int

    init() throws { webPort = try freePort() }

    private func prometheus(scraping bench: LiveBench) throws -> RunningCommand {
        let configuration = try bench.folder.write(
            """
            global: {scrape_interval: 500ms, scrape_timeout: 400ms}
            scrape_configs:
              - job_name: cardlink
                static_configs: [{targets: ["127.0.0.1:\(bench.port)"]}]
            """, to: "prometheus.yml")
        return try RunningCommand([
            "prometheus", "--config.file=\(configuration)", "--storage.tsdb.path=\(bench.folder.file("data"))",
            "--web.listen-address=127.0.0.1:\(webPort)", "--enable-feature=exemplar-storage",
        ])
    }

    private func exemplars(of families: [String]) throws -> [Answer.Series] {
        let now = Int(Date().timeIntervalSince1970)
        return try families.flatMap { family in
            let end = try Command.run([
                "curl", "-s", "-G", "--data-urlencode", "query=cardlink_\(family)_seconds_bucket", "--data",
                "start=\(now - 600)&end=\(now + 60)", "http://127.0.0.1:\(webPort)/api/v1/query_exemplars",
            ])
            return (try? JSONDecoder().decode(Answer.self, from: Data(end.output.utf8)))?.data ?? []
        }
    }
}
