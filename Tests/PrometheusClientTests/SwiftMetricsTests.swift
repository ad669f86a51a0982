import CoreMetrics
import Synchronization
import Testing

@testable import PrometheusClient

/// What libraries record by swift-metrics, in a scrape.
@Suite struct SwiftMetricsTests {
    private static func lines(_ registry: Registry) -> [String] {
        TextExposition.text(registry).split(separator: "\n").filter { !$0.hasPrefix("# HELP") }.map(String.init)
    }

    @Test func everyKind() {
        let registry = Registry()
        let metrics = RegistryMetrics(registry, durationBuckets: [0.1, 1], valueBuckets: [-1, 0.5, 1_000])
        let requests = CoreMetrics.Counter(
            label: "http.requests", dimensions: [("method", "GET"), ("status", "200")], factory: metrics)
        requests.increment(by: 2)
        requests.increment(by: -5)
        CoreMetrics.Counter(
            label: "http.requests", dimensions: [("status", "404"), ("method", "GET")], factory: metrics
        )
        .increment()
        let energy = FloatingPointCounter(label: "energy", factory: metrics)
        energy.increment(by: 0.25)
        energy.increment(by: 1.5)
        energy.increment(by: -1)
        let meter = Meter(label: "level", factory: metrics)
        meter.set(3)
        meter.decrement(by: 4.5)
        CoreMetrics.Gauge(label: "last", factory: metrics).record(12)
        let recorder = Recorder(label: "values", factory: metrics)
        for value in [-2, -1, 0.5, 0.75, 2e6, .nan, .infinity] { recorder.record(value) }
        let timer = Timer(label: "wait", factory: metrics)
        timer.recordMilliseconds(100)
        timer.recordSeconds(2)
        timer.recordNanoseconds(-1)
        #expect(
            Self.lines(registry) == [
                "# TYPE http_requests_total counter", #"http_requests_total{method="GET",status="200"} 2"#,
                #"http_requests_total{method="GET",status="404"} 1"#, "# TYPE energy_total counter",
                "energy_total 1.75", "# TYPE level gauge", "level -1.5", "# TYPE last gauge", "last 12",
                "# TYPE values histogram", #"values_bucket{le="-1.0"} 2"#, #"values_bucket{le="0.5"} 3"#,
                #"values_bucket{le="1000.0"} 4"#, #"values_bucket{le="+Inf"} 5"#, "values_sum 1999998.25",
                "values_count 5", "# TYPE wait_seconds histogram", #"wait_seconds_bucket{le="0.1"} 2"#,
                #"wait_seconds_bucket{le="1.0"} 2"#, #"wait_seconds_bucket{le="+Inf"} 3"#, "wait_seconds_sum 2.1",
                "wait_seconds_count 3",
            ])
        let walked = RegistryWalk(of: registry).map { $0.children.map(\.value) }
        #expect(walked[1] == [.number(1.75)])
        guard case .histogram(let histogram) = walked[4].first else { return #expect(Bool(false)) }
        #expect(histogram.bucketCounts == [2, 1, 1, 1] && histogram.sum == 1_999_998.25 && histogram.count == 5)
    }

    @Test func resetAndDestroy() {
        let registry = Registry()
        let metrics = RegistryMetrics(registry)
        let counter = CoreMetrics.Counter(label: "a", factory: metrics)
        counter.increment(by: 7)
        counter.reset()
        counter.increment()
        let timer = Timer(label: "b", dimensions: [("x", "1")], factory: metrics)
        let other = Timer(label: "b", dimensions: [("x", "2")], factory: metrics)
        timer.recordNanoseconds(1)
        other.recordNanoseconds(1)
        let fraction = FloatingPointCounter(label: "c", factory: metrics)
        fraction.increment(by: 2)
        fraction.reset()
        #expect(Self.lines(registry).contains("a_total 1") && Self.lines(registry).contains("c_total 0"))
        counter.destroy()
        timer.destroy()
        fraction.destroy()
        let left = Self.lines(registry).filter { !$0.hasPrefix("#") && $0.contains("_count") || $0.contains("total ") }
            .filter { !$0.hasPrefix("#") }
        #expect(left == [#"b_seconds_count{x="2"} 1"#])
        // One of the same name begins anew.
        CoreMetrics.Counter(label: "a", factory: metrics).increment()
        #expect(Self.lines(registry).contains("a_total 1"))
    }

    @Test(
        arguments: [
            ("a.b-c d/e", .counter, "a_b_c_d_e_total"), ("a_total", .counter, "a_total"), ("ä", .gauge, "_"),
            ("9lives", .gauge, "_9lives"), ("", .gauge, "unnamed"), ("jobs_total", .gauge, "jobs_total_value"),
            ("jobs_count", .counter, "jobs_count_value_total"), ("x_bucket", .histogram, "x_bucket_value"),
            ("t", .timer, "t_seconds"), ("t_seconds", .timer, "t_seconds"), ("t_sum", .timer, "t_sum_seconds"),
            (String(repeating: "n", count: 9_999), .gauge, String(repeating: "n", count: 200)),
        ] as [(String, NamedFamily.Shape, String)])
    func names(label: String, shape: NamedFamily.Shape, name: String) {
        #expect(MetricName.family(label, shape) == name)
        let family = NamedFamily(name, of: label, shape, labels: [], (.none, []))
        #expect(family.descriptor.fault == nil)
    }

    @Test(
        arguments: [
            ([("a.b", "1"), ("__x", "2"), ("le", "3"), ("9", "4")], "a_b=1,_x=2,le_=3,_9=4"),
            ([("a.b", "1"), ("a_b", "2")], "a_b=1"), ([], ""), ([("", "1")], "unnamed=1"),
        ] as [([(String, String)], String)])
    func labels(dimensions: [(String, String)], text: String) {
        let labels = MetricName.labels(dimensions)
        #expect(labels.map { "\($0.name)=\($0.value)" }.joined(separator: ",") == text)
        let family = NamedFamily("a", of: "a", .gauge, labels: labels.map(\.name), (.none, []))
        #expect(family.descriptor.fault == nil)
    }

    /// Other labels than the first metric's are left out, so that sums stay right, and it is told.
    @Test func theFirstDecidesOnTheLabels() {
        let refused = Mutex<[String]>([])
        let registry = Registry { name in refused.withLock { $0.append(name) } }
        let metrics = RegistryMetrics(registry)
        for dimensions in [[("a", "1")], [("a", "1"), ("b", "2")], [], [("b", "2")]] {
            CoreMetrics.Counter(label: "n", dimensions: dimensions, factory: metrics).increment()
        }
        #expect(Self.lines(registry).dropFirst() == [#"n_total{a="1"} 2"#, #"n_total{a=""} 2"#])
        #expect(refused.withLock { $0 } == ["n_total", "n_total"])
    }

    /// Series, families and names that others have: what has no room is counted, and recording does no harm.
    @Test func whatHasNoRoomIsRefused() {
        let refused = Mutex<[String: Int]>([:])
        let registry = Registry(seriesLimit: 2) { name in refused.withLock { $0[name, default: 0] += 1 } }
        registry.register(PrometheusClient.Gauge("taken", "Taken."))
        let metrics = RegistryMetrics(registry, familyLimit: 3)
        let four = [("a", "1"), ("b", "2"), ("c", "3"), ("d", "4")]
        for number in 0..<5 {
            let dimensions = four.dropLast() + [("d", "\(number)")]
            CoreMetrics.Counter(label: "n", dimensions: Array(dimensions), factory: metrics).increment()
        }
        for _ in 0..<3 { Meter(label: "taken", factory: metrics).set(9) }
        for label in ["x", "y", "z"] { Meter(label: label, factory: metrics).set(1) }
        let samples = Self.lines(registry).filter { !$0.hasPrefix("#") }
        #expect(
            samples == [
                "taken 0", #"n_total{a="1",b="2",c="3",d="0"} 1"#, #"n_total{a="1",b="2",c="3",d="1"} 1"#,
                #"n_total{a="other",b="other",c="other",d="other"} 3"#, "x 1",
            ])
        #expect(refused.withLock { $0 } == ["n_total": 3, "taken": 3, "y": 1, "z": 1])
    }

    @Test func manyThreadsLoseNothing() async {
        let registry = Registry()
        let metrics = RegistryMetrics(registry)
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<8 {
                group.addTask {
                    for _ in 0..<2_000 {
                        CoreMetrics.Counter(label: "n", dimensions: [("t", "\(number % 4)")], factory: metrics)
                            .increment()
                        Recorder(label: "r", factory: metrics).record(0.5)
                        FloatingPointCounter(label: "f", factory: metrics).increment(by: 0.5)
                    }
                }
            }
        }
        let lines = Self.lines(registry)
        for thread in 0..<4 { #expect(lines.contains("n_total{t=\"\(thread)\"} 4000")) }
        #expect(lines.contains("r_count 16000") && lines.contains("r_sum 8000") && lines.contains("f_total 8000"))
    }
}
