import Foundation
import Synchronization
import Testing

@testable import PrometheusClient

@Suite struct ExpositionTests {
    /// One family of each kind, with the characters that must be escaped.
    static func registry() -> Registry {
        let registry = Registry()
        let requests = Counter(
            "app_requests_total", "Requests, \"quoted\" and \\ cut\nin two.",
            labels: TwoLabels("path", OpenLabel.self, "ok", Bool.self))
        let bytes = Counter("app_read_bytes_total", "Bytes read.", unit: .bytes)
        let level = Gauge("app_level", "A level.", labels: OneLabel("ok", Bool.self))
        let time = DurationHistogram(
            "app_time_seconds", "A time.", labels: OneLabel("ok", Bool.self), buckets: [0.0001, 1, 2.5])
        let size = SizeHistogram("app_size_bytes", "A size.", buckets: [16, 4096])
        let facts = Info("app_build_info", "The build.", labels: "version", "note")
        let seen = ObservedFamily(.counter, "app_seen_seconds_total", "Seen elsewhere.", unit: .seconds)
        let rows = ObservedFamily(.gauge, "app_rows", "Rows.", labels: OneLabel("table", OpenLabel.self))
        let unread = ObservedFamily(.gauge, "app_unread", "Nothing to read.")
        registry.register(requests)
        registry.register(bytes)
        registry.register(level)
        registry.register(time)
        registry.register(size)
        registry.register(facts)
        registry.register(seen)
        registry.register(rows)
        registry.register(unread)
        requests["/a\\b\"c\nd", true].increment()
        requests["/", false].increment(by: .max)
        level[true].set(-73.25)
        level[false].set(.infinity)
        for nanoseconds in [0, 100_000, 100_001, 1_000_000_000, 2_600_000_000] as [UInt64] {
            time[true].record(nanoseconds)
        }
        size.record(16)
        size.record(17)
        size.record(5_000)
        facts.set("1.0", "a\"b")
        seen.read { 0.25 }
        rows.readAll { samples in
            samples.append(1, "x")
            samples.append(2e300, "y")
        }
        return registry
    }

    private static let samples: [String: String] = [
        "app_requests": """
        app_requests_total{path="/a\\\\b\\"c\\nd",ok="true"} 1
        app_requests_total{path="/",ok="false"} 18446744073709551615
        """,
        "app_read_bytes": "app_read_bytes_total 0",
        "app_level": """
        app_level{ok="false"} +Inf
        app_level{ok="true"} -73.25
        """,
        "app_time_seconds": """
        app_time_seconds_bucket{ok="true",le="0.0001"} 2
        app_time_seconds_bucket{ok="true",le="1.0"} 4
        app_time_seconds_bucket{ok="true",le="2.5"} 4
        app_time_seconds_bucket{ok="true",le="+Inf"} 5
        app_time_seconds_sum{ok="true"} 3.600200001
        app_time_seconds_count{ok="true"} 5
        """,
        "app_size_bytes": """
        app_size_bytes_bucket{le="16.0"} 1
        app_size_bytes_bucket{le="4096.0"} 2
        app_size_bytes_bucket{le="+Inf"} 3
        app_size_bytes_sum 5033
        app_size_bytes_count 3
        """,
        "app_build": #"app_build_info{version="1.0",note="a\"b"} 1"#,
        "app_seen_seconds": "app_seen_seconds_total 0.25",
        "app_rows": """
        app_rows{table="x"} 1
        app_rows{table="y"} 2e+300
        """,
    ]

    private static func samples(_ family: String) -> String { samples[family] ?? "" }

    @Test func prometheusText() {
        #expect(
            TextExposition.text(Self.registry()) == """
                # HELP app_requests_total Requests, "quoted" and \\\\ cut\\nin two.
                # TYPE app_requests_total counter
                \(Self.samples("app_requests"))
                # HELP app_read_bytes_total Bytes read.
                # TYPE app_read_bytes_total counter
                \(Self.samples("app_read_bytes"))
                # HELP app_level A level.
                # TYPE app_level gauge
                \(Self.samples("app_level"))
                # HELP app_time_seconds A time.
                # TYPE app_time_seconds histogram
                \(Self.samples("app_time_seconds"))
                # HELP app_size_bytes A size.
                # TYPE app_size_bytes histogram
                \(Self.samples("app_size_bytes"))
                # HELP app_build_info The build.
                # TYPE app_build_info gauge
                \(Self.samples("app_build"))
                # HELP app_seen_seconds_total Seen elsewhere.
                # TYPE app_seen_seconds_total counter
                \(Self.samples("app_seen_seconds"))
                # HELP app_rows Rows.
                # TYPE app_rows gauge
                \(Self.samples("app_rows"))
                # HELP app_unread Nothing to read.
                # TYPE app_unread gauge

                """)
    }

    @Test func openMetrics() {
        #expect(
            TextExposition.text(Self.registry(), format: .openMetrics) == """
                # TYPE app_requests counter
                # HELP app_requests Requests, \\"quoted\\" and \\\\ cut\\nin two.
                \(Self.samples("app_requests"))
                # TYPE app_read_bytes counter
                # UNIT app_read_bytes bytes
                # HELP app_read_bytes Bytes read.
                \(Self.samples("app_read_bytes"))
                # TYPE app_level gauge
                # HELP app_level A level.
                \(Self.samples("app_level"))
                # TYPE app_time_seconds histogram
                # UNIT app_time_seconds seconds
                # HELP app_time_seconds A time.
                \(Self.samples("app_time_seconds"))
                # TYPE app_size_bytes histogram
                # UNIT app_size_bytes bytes
                # HELP app_size_bytes A size.
                \(Self.samples("app_size_bytes"))
                # TYPE app_build info
                # HELP app_build The build.
                \(Self.samples("app_build"))
                # TYPE app_seen_seconds counter
                # UNIT app_seen_seconds seconds
                # HELP app_seen_seconds Seen elsewhere.
                \(Self.samples("app_seen_seconds"))
                # TYPE app_rows gauge
                # HELP app_rows Rows.
                \(Self.samples("app_rows"))
                # TYPE app_unread gauge
                # HELP app_unread Nothing to read.
                # EOF

                """)
    }

    @Test func emptyRegistry() {
        #expect(TextExposition.text(Registry()) == "")
        #expect(TextExposition.text(Registry(), format: .openMetrics) == "# EOF\n")
    }

    /// A text longer than a chunk is the same, however it is cut.
    @Test func chunks() {
        let registry = Registry(seriesLimit: 5_000)
        let family = DurationHistogram(
            "app_time_seconds", "A time.", labels: OneLabel("name", OpenLabel.self), buckets: [1, 2, 3])
        registry.register(family)
        for number in 0..<3_000 { family[OpenLabel("child \(number)")].record(UInt64(number)) }
        let chunks = Array(TextExposition(of: registry))
        #expect(chunks.count > 3)
        #expect(chunks.dropLast().allSatisfy { $0.count >= TextExposition.chunkBytes })
        let text = String(decoding: chunks.joined(), as: UTF8.self)
        #expect(text == TextExposition.text(registry))
        #expect(text.split(separator: "\n").count == 2 + 3_000 * 6)
        for number in [0, 1_499, 2_999] {
            #expect(text.contains("app_time_seconds_count{name=\"child \(number)\"} 1\n"))
        }
    }

    /// Text is copied by vectors: what is before and behind a number is whole at every length.
    @Test func textOfAnyLength() {
        let registry = Registry()
        let family = Counter("app_all_total", "All.", labels: OneLabel("name", OpenLabel.self))
        registry.register(family)
        let letters = Array("abcdefghijklmnopqrstuvwxyz0123456789")
        let names = (0..<70).map { length in String((0..<length).map { letters[$0 % letters.count] }) }
        for (number, name) in names.enumerated() { family[OpenLabel(name)].increment(by: UInt64(number)) }
        let expected = names.enumerated().map { "app_all_total{name=\"\($1)\"} \($0)\n" }
        #expect(
            TextExposition.text(registry)
                == "# HELP app_all_total All.\n# TYPE app_all_total counter\n" + expected.joined())
    }

    /// Whatever is recorded meanwhile: buckets never fall, the last one is the count, and nothing goes back.
    @Test func rendersWholeHistogramsWhileTheyAreRecorded() {
        let registry = Registry()
        let time = DurationHistogram("app_time_seconds", "A time.", buckets: [0.000_001, 0.001, 1])
        let size = SizeHistogram("app_size_bytes", "A size.", buckets: [16, 256, 1_000])
        registry.register(time)
        registry.register(size)
        let ended = Ended()
        var before = [UInt64](repeating: 0, count: 10)
        for _ in 0..<3 {
            Thread.detachNewThread {
                for number in 0..<20_000 as Range<UInt64> {
                    let duration = time.place.update(number * 10_000)
                    let length = size.place.update(number % 1_100)
                    duration.make()
                    length.make()
                }
                ended.threads.add(1, ordering: .releasing)
            }
        }
        while ended.threads.load(ordering: .acquiring) < 3 {
            let counts = Self.counts(of: registry)
            for histogram in [counts[..<5], counts[5...]] {
                #expect(histogram.sorted() == Array(histogram))
                #expect(histogram.last == histogram.dropLast().last)
            }
            #expect(zip(before, counts).allSatisfy { $0 <= $1 })
            before = counts
        }
        #expect(
            Self.counts(of: registry)
                == [3, 303, 60_000, 60_000, 60_000] + [969, 14_478, 54_654, 60_000, 60_000])
    }

    /// Buckets and counts of histograms, in order.
    private static func counts(of registry: Registry) -> [UInt64] {
        TextExposition.text(registry).split(separator: "\n").filter {
            $0.contains("_bucket{") || $0.contains("_count ")
        }
        .compactMap { $0.split(separator: " ").last.flatMap { UInt64($0) } }
    }

    @Test func hooksRunBeforeEachScrape() {
        let registry = Registry()
        let gauge = Gauge("app_scrapes", "Scrapes.")
        registry.register(gauge)
        registry.beforeEachScrape { gauge.add(1) }
        _ = TextExposition.text(registry)
        #expect(TextExposition.text(registry).hasSuffix("\napp_scrapes 2\n"))
    }

    @Test(
        arguments: [
            (0.0, "0"), (-0.0, "0"), (1, "1"), (-1, "-1"), (0.1, "0.1"), (0.000001, "0.000001"), (1e-7, "1e-07"),
            (123_456.789, "123456.789"), (9_007_199_254_740_994, "9.007199254740994e+15"), (1e22, "1e+22"),
            (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"), (.pi, "3.141592653589793"),
            (.greatestFiniteMagnitude, "1.7976931348623157e+308"), (.leastNonzeroMagnitude, "5e-324"),
        ] as [(Double, String)])
    func numbers(value: Double, text: String) {
        var bytes: [UInt8] = []
        NumberText.append(value, to: &bytes)
        let shown = String(decoding: bytes, as: UTF8.self)
        #expect(shown == text)
        if value.isFinite { #expect(Double(shown) == value) }
    }
}

/// How many threads have ended.
final class Ended: Sendable {
    let threads = Atomic(0)
}
