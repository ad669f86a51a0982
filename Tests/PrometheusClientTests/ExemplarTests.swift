import Testing

@testable import PrometheusClient

@Suite struct ExemplarTests {
    private static let trace = [Exemplar.Label("trace_id", "4bf92f35"), Exemplar.Label("span_id", "00f067aa")]

    private func lines(_ family: some MetricFamilyDeclaration, _ format: ExpositionFormat = .openMetrics) -> [String] {
        let registry = Registry()
        registry.register(family)
        return TextExposition.text(registry, format: format).split(separator: "\n").filter { !$0.hasPrefix("#") }
            .map(String.init)
    }

    /// Each value stands at its own bucket, a bound belonging to the bucket that it ends.
    @Test(arguments: [
        (0, 0), (100_000_000, 0), (100_000_001, 1), (250_000_000, 1), (1_000_000_000, 1), (1_000_000_001, 2),
        (UInt64.max, 2),
    ])
    func standsAtTheBucketOfItsValue(nanoseconds: UInt64, bucket: Int) {
        let family = DurationHistogram("app_time_seconds", "A time.", buckets: [0.1, 1])
        family.record(nanoseconds)
        #expect(
            family.child.setExemplar(nanoseconds, labels: Self.trace, wallNanoseconds: 1_700_000_000_250_000_000))
        for (number, line) in lines(family).enumerated() {
            let text = #" # {trace_id="4bf92f35",span_id="00f067aa"} "#
            #expect(line.contains(text) == (number == bucket), "\(line)")
            if number == bucket { #expect(line.hasSuffix(" 1700000000.25")) }
        }
        #expect(lines(family, .text).allSatisfy { !$0.contains("trace_id") })
    }

    @Test func linesAreWhole() {
        let time = DurationHistogram(
            "app_time_seconds", "A time.", labels: OneLabel("ok", Bool.self), buckets: [0.1, 1])
        for ok in [false, true] { time[ok].record(250_000_000 as UInt64) }
        time[true].setExemplar(250_000_000, labels: [], wallNanoseconds: 3_000_000_000)
        #expect(
            lines(time) == [
                #"app_time_seconds_bucket{ok="false",le="0.1"} 0"#, #"app_time_seconds_bucket{ok="false",le="1.0"} 1"#,
                #"app_time_seconds_bucket{ok="false",le="+Inf"} 1"#, #"app_time_seconds_sum{ok="false"} 0.25"#,
                #"app_time_seconds_count{ok="false"} 1"#, #"app_time_seconds_bucket{ok="true",le="0.1"} 0"#,
                #"app_time_seconds_bucket{ok="true",le="1.0"} 1 # {} 0.25 3"#,
                #"app_time_seconds_bucket{ok="true",le="+Inf"} 1"#, #"app_time_seconds_sum{ok="true"} 0.25"#,
                #"app_time_seconds_count{ok="true"} 1"#,
            ])
        let size = SizeHistogram("app_size_bytes", "A size.", buckets: [16])
        size.record(17)
        size.child.setExemplar(17, labels: [Exemplar.Label("a", "\"\n\\")], wallNanoseconds: 1)
        #expect(lines(size)[1] == #"app_size_bytes_bucket{le="+Inf"} 1 # {a="\"\n\\"} 17 0.000000001"#)
        let counter = Counter("app_all_total", "All.", labels: OneLabel("name", OpenLabel.self))
        for name in ["a", "b", "c"] { counter[OpenLabel(name)].increment(by: 7) }
        counter["b"].setExemplar(7, labels: [Exemplar.Label("a", "b")], wallNanoseconds: 0)
        #expect(
            lines(counter) == [
                #"app_all_total{name="a"} 7"#, #"app_all_total{name="b"} 7 # {a="b"} 7 0"#,
                #"app_all_total{name="c"} 7"#,
            ])
    }

    @Test func theNewestIsShown() {
        let child = DurationHistogram("app_time_seconds", "A time.", buckets: [0.1, 1]).child
        for (nanoseconds, time) in [(20_000_000, 5), (30_000_000, 9), (40_000_000, 7), (1, 9)] as [(UInt64, UInt64)] {
            child.setExemplar(nanoseconds, labels: [], wallNanoseconds: time)
        }
        child.setExemplar(2_000_000_000, labels: [], wallNanoseconds: 1)
        #expect(child.exemplars.map(\.value) == [1, 2_000_000_000])
    }

    /// One of a time to come is of a clock that was set back: it does not stay until that time has come.
    @Test func oneOfATimeToComeMakesRoom() {
        let child = Counter("app_all_total", "All.").child
        let now = WallClock.nanoseconds
        for (value, time) in [(1, now + 3_600_000_000_000), (2, now), (3, now - 1)] as [(UInt64, UInt64)] {
            child.setExemplar(value, labels: [], wallNanoseconds: time)
        }
        #expect(child.exemplars.map(\.value) == [2])
    }

    @Test(arguments: [
        ([("trace_id", String(repeating: "é", count: 120))], true),
        ([("trace_id", String(repeating: "é", count: 121))], false),
        ([("a", "1"), ("a", "2")], false), ([("a b", "1")], false), ([("", "1")], false), ([], true),
        ([("a", ""), ("b", "")], true),
    ])
    func labelsHaveBounds(labels: [(String, String)], isTaken: Bool) {
        let child = Counter("app_all_total", "All.").child
        #expect(
            child.setExemplar(1, labels: labels.map { Exemplar.Label($0.0, $0.1) }, wallNanoseconds: 1) == isTaken)
        #expect(child.exemplars.count == (isTaken ? 1 : 0))
    }

    /// A family keeps so many; the oldest goes, and so do those of a child that goes.
    @Test func theyAreBounded() {
        let family = Counter("app_all_total", "All.", labels: OneLabel("name", OpenLabel.self), seriesLimit: 2_000)
        let limit = ExemplarTable.limit
        for number in 0..<limit + 10 {
            family[OpenLabel("\(number)")].setExemplar(1, labels: [], wallNanoseconds: UInt64(number))
        }
        func shown() -> Int { (0..<limit + 10).reduce(0) { $0 + family[OpenLabel("\($1)")].exemplars.count } }
        #expect(shown() == limit && family["9"].exemplars.isEmpty && family["10"].exemplars.count == 1)
        for number in 0..<limit { family.remove(OpenLabel("\(number)")) }
        #expect(shown() == 10)
        #expect(lines(family).filter { $0.contains(" # ") }.count == 10)
    }

    /// From when on a child counts, where somebody asks for it.
    @Test func createdIsShownWhenAsked() throws {
        let before = WallClock.nanoseconds
        let registry = Registry(showsCreated: true)
        let time = DurationHistogram("app_time_seconds", "A time.", labels: OneLabel("ok", Bool.self), buckets: [1])
        let all = Counter("app_all_total", "All.", labels: OneLabel("name", OpenLabel.self))
        registry.register(time)
        registry.register(all)
        registry.register(Gauge("app_level", "A level."))
        time[true].record(1 as UInt64)
        all["a b"].increment()
        let lines = TextExposition.text(registry, format: .openMetrics).split(separator: "\n")
        let created = lines.filter { $0.contains("_created") }
        #expect(created.count == 2 && created[0].hasPrefix(#"app_time_seconds_created{ok="true"} "#))
        #expect(created[1].hasPrefix(#"app_all_created{name="a b"} "#))
        for line in created {
            let seconds = try #require(line.split(separator: " ").last.flatMap { Double($0) })
            #expect(seconds >= Double(before) / 1e9 - 1e-6 && seconds <= Double(WallClock.nanoseconds) / 1e9 + 1e-6)
        }
        #expect(lines.firstIndex(of: created[1]) == lines.firstIndex { $0.hasPrefix("app_all_total") }.map { $0 + 1 })
        #expect(!TextExposition.text(registry).contains("_created"))
    }
}
