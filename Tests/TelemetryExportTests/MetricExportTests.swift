import Observability
import ProbeEvents
import PrometheusClient
import TestSupport
import Testing

@testable import TelemetryExport

/// Against a server that reads with the official opentelemetry-proto, and held to the Prometheus text.
@Suite(.serialized) struct MetricExportTests {
    private struct Families: Sendable {
        let requests = Counter(
            "app_requests_total", "Requests.", labels: TwoLabels("path", OpenLabel.self, "ok", Bool.self))
        let bytes = Counter("app_read_bytes_total", "Bytes read.", unit: .bytes)
        let level = Gauge("app_level", "A level.", labels: OneLabel("ok", Bool.self))
        let time = DurationHistogram(
            "app_time_seconds", "A time.", labels: OneLabel("ok", Bool.self), buckets: [0.0001, 1, 2.5])
        let size = SizeHistogram("app_size_bytes", "A size.", buckets: [16, 4096])
        let facts = Info("app_build_info", "The build.", labels: "version")
        let seen = ObservedFamily(.counter, "app_seen_seconds_total", "Seen elsewhere.", unit: .seconds)
        let none = Gauge("app_none", "Nothing.", labels: OneLabel("ok", Bool.self))
    }

    private static func families() -> (Families, Registry) {
        let (families, registry) = (Families(), Registry())
        registry.registerAll(of: families)
        families.requests["/a\\b\"c\nd é", true].increment(by: 3)
        families.requests["/", false].increment(by: .max)
        families.level[true].set(-73.25)
        families.level[false].set(.infinity)
        for nanoseconds in [0, 100_000, 100_001, 1_000_000_000, 2_600_000_000] as [UInt64] {
            families.time[true].record(nanoseconds)
        }
        for size in [16, 17, 5_000] as [UInt64] { families.size.record(size) }
        families.facts.set("1.0")
        families.seen.read { 0.25 }
        return (families, registry)
    }

    /// What the server has is what the text says, by prometheus_client's parser.
    @Test(arguments: [false, true])
    func theNumbersAreTheText(isExponential: Bool) async throws {
        let sink = try TraceSink()
        let (_, registry) = Self.families()
        var settings = Self.settings(sink.endpoint)
        settings.isExponential = isExponential
        let export = MetricExport(MetricExport.Source(registry), settings)
        #expect(await export.finish(within: .seconds(10)).lost == 0)
        let same = try SameMetrics.compare(text: TextExposition.text(registry), with: .otlp, file: sink.pointsFile)
        #expect(same == (isExponential ? "14 samples\n" : "18 samples\n"))
        let time = try #require(try sink.points.first { $0.name == "app_time_seconds" })
        #expect(time.kind == (isExponential ? "exponential_histogram" : "histogram"))
        // Of sizes the narrow cells are not known.
        #expect(try sink.points.first { $0.name == "app_size_bytes" }?.kind == "histogram")
    }

    @Test func everythingIsTold() async throws {
        let sink = try TraceSink()
        let before = EventClock.now.wallNanoseconds
        let (families, registry) = Self.families()
        families.time[true].setExemplar(
            100_001,
            labels: [
                .init("trace_id", "4bf92f3577b34da6a3ce929d0e0e4736"), .init("span_id", "00f067aa0ba902b7"),
                .init("note", "x"),
            ],
            wallNanoseconds: before)
        var settings = Self.settings(sink.endpoint)
        settings.export.headers = [.init(name: "api-key", value: "s,x")]
        settings.export.resource = [Attribute("service.name", "tester")]
        settings.export.tell(BenchIdentity(bench: "left", site: "lab", instanceID: "id-1"))
        let export = MetricExport(MetricExport.Source(registry), settings)
        #expect(await export.finish(within: .seconds(10)).lost == 0)

        #expect(sink.requests == ["/v1/metrics 200"])
        let points = try sink.points
        let byName = Dictionary(points.map { ($0.name, $0) }) { first, _ in first }
        #expect(
            byName.mapValues { "\($0.kind) \($0.unit) \($0.description)" } == [
                "app_requests_total": "sum 1 Requests.", "app_read_bytes_total": "sum By Bytes read.",
                "app_level": "gauge  A level.", "app_time_seconds": "histogram s A time.",
                "app_size_bytes": "histogram By A size.", "app_build_info": "gauge  The build.",
                "app_seen_seconds_total": "sum s Seen elsewhere.",
            ])
        for point in points {
            #expect(
                point.time >= before && point.time <= EventClock.now.wallNanoseconds && point.scope == "cardlink-probe")
            if point.kind == "gauge" { continue }
            #expect(point.temporality == 2 && point.start >= before && point.start <= point.time)
            #expect(point.is_monotonic == (point.kind == "sum" ? true : nil))
        }
        #expect(byName["app_requests_total"]?.attributes == ["path": "/a\\b\"c\nd é", "ok": "true"])
        let exemplars = try #require(byName["app_time_seconds"]?.exemplars)
        #expect(exemplars.count == 1 && exemplars[0].time == before && exemplars[0].value == 0.000_100_001)
        #expect(exemplars[0].trace_id == "4bf92f3577b34da6a3ce929d0e0e4736")
        #expect(exemplars[0].span_id == "00f067aa0ba902b7" && exemplars[0].attributes == ["note": "x"])
        let resource = points[0].resource
        #expect(resource["service.name"] == "tester" && resource["service.instance.id"] == "id-1")
        #expect(resource["cardlink.bench"] == "left" && resource["cardlink.site"] == "lab")
        #expect(points[0].headers["api-key"] == "s,x")
    }

    /// It is sent at each interval, and at the end once more.
    @Test func againAndAgain() async throws {
        let sink = try TraceSink()
        let registry = Registry()
        let count = Counter("app_reads_total", "Count.")
        registry.register(count)
        var settings = Self.settings(sink.endpoint)
        settings.interval = .milliseconds(100)
        let source = MetricExport.Source(registry) { count.increment() }
        let export = MetricExport(source, settings)
        #expect(try await eventually { try sink.points.count >= 3 })
        #expect(await export.finish(within: .seconds(10)).lost == 0)
        let values = try sink.points.count
        #expect(count.child.value == UInt64(values))
        #expect(Set(try sink.points.map(\.start)).count == 1)
    }

    /// A clock that is set back makes no point begin after its own time, and a begin stays what it was.
    @Test func theClockIsSetBack() {
        var latest = MetricExport.LatestStart()
        #expect(
            [1_000, 2_000, 900, 950, 2_000, 800, 2_500].map { latest.at($0) } == [
                1_000, 2_000, 900, 900, 900, 800, 800,
            ])
    }

    /// A large registry goes out in several requests, none of them larger than servers take.
    @Test func manySeries() async throws {
        let sink = try TraceSink()
        let registry = Registry(seriesLimit: 20_000)
        let time = DurationHistogram(
            "app_time_seconds", "A time.", labels: OneLabel("name", OpenLabel.self), buckets: [0.001, 0.01, 0.1, 1])
        registry.register(time)
        for number in 0..<8_000 { time[OpenLabel("child \(number)")].record(UInt64(number) * 1_000) }
        let export = MetricExport(MetricExport.Source(registry), Self.settings(sink.endpoint))
        #expect(await export.finish(within: .seconds(30)).lost == 0)
        #expect((2...20).contains(sink.requests.count))
        #expect(Set(try sink.points.map { "\($0.attributes)" }).count == 8_000)
    }

    @Test func aServerThatFails() async throws {
        let sink = try TraceSink(answers: ["503", "partial:2", "400"])
        let (_, registry) = Self.families()
        let told = Told()
        var settings = Self.settings(sink.endpoint)
        settings.interval = .milliseconds(100)
        let export = MetricExport(
            MetricExport.Source(registry), settings, telemetry: told.telemetry, firstPause: .milliseconds(20))
        #expect(try await eventually { sink.requests.count >= 5 })
        let end = await export.finish(within: .seconds(10))
        #expect(end.lost == 11 && told.dropped == [.rejected: 11] && told.failures[.other] == 1)
        #expect(told.lines.first?.hasPrefix("metrics do not reach \(sink.endpoint)/v1/metrics: ") == true)
    }

    /// One that hangs holds up the end no longer than it may.
    @Test func aServerThatHangs() async throws {
        let sink = try TraceSink(answers: ["hang"])
        let (_, registry) = Self.families()
        let export = MetricExport(MetricExport.Source(registry), Self.settings(sink.endpoint))
        let begin = ContinuousClock.now
        let end = await export.finish(within: .milliseconds(300))
        #expect(ContinuousClock.now - begin < .seconds(2) && end.lost == 9)
    }

    @Test func theVariables() throws {
        let warnings = Warnings()
        func read(_ variables: [String: String]) -> MetricSettings? {
            MetricSettings(ExportVariables({ variables[$0] }) { warnings.lines.append($0) })
        }
        let endpoint = ["OTEL_EXPORTER_OTLP_ENDPOINT": "http://h"]
        #expect(read([:]) == nil && read(endpoint.merging(["OTEL_METRICS_EXPORTER": "none"]) { $1 }) == nil)
        let usual = try #require(read(endpoint))
        #expect(usual.export.endpoint == "http://h/v1/metrics" && usual.interval == .seconds(60))
        #expect(usual.exportTimeout == .seconds(30) && !usual.isExponential)
        let aggregation = "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION"
        let other = try #require(
            read(
                endpoint.merging([
                    "OTEL_METRIC_EXPORT_INTERVAL": "5000", "OTEL_METRIC_EXPORT_TIMEOUT": "100",
                    aggregation: "BASE2_exponential_bucket_histogram",
                ]) { $1 }))
        #expect(other.interval == .seconds(5) && other.exportTimeout == .milliseconds(100) && other.isExponential)
        #expect(warnings.lines.isEmpty)
        #expect(read(endpoint.merging([aggregation: "summary"]) { $1 }) == usual)
        #expect(
            warnings.lines == [
                "\(aggregation) 'summary' is neither explicit_bucket_histogram nor base2_exponential_bucket_histogram; "
                    + "ignored"
            ])
    }

    private final class Warnings {
        var lines: [String] = []
    }

    private static func settings(_ endpoint: String) -> MetricSettings {
        MetricSettings(ExportSettings(endpoint: endpoint + "/v1/metrics"))
    }
}
