import Testing

@testable import PrometheusClient

/// Buckets compared with counting values one by one, as their definition says: not above the bound.
@Suite struct HistogramTests {
    @Test(arguments: [
        [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
        [1, 5, 10, 30, 60, 300, 600, 1800, 3600],
        [0.000_000_001, 0.000_000_002, 0.000_000_003],
        [999_999_999],
    ])
    func durations(buckets: [Double]) {
        let family = DurationHistogram("app_time_seconds", "A time.", buckets: buckets)
        let bounds = buckets.map { UInt64(($0 * 1e9).rounded()) }
        // Values everywhere, and those at the bounds and beside them.
        var values = Spread(seed: 11, lowest: 0, highest: 20_000_000_000_000).values(count: 5_000)
        values += bounds.flatMap { [$0 - 1, $0, $0 + 1] } + [0, .max]
        for value in values { family.record(value) }
        compare(family, bounds: bounds, values: values)
        let snapshot = family.child.snapshot()
        #expect(snapshot.count == UInt64(values.count))
        let sorted = values.sorted()
        for fraction in [0.5, 0.95, 0.99] {
            let exact = Double(sorted[Int((fraction * Double(sorted.count)).rounded(.up)) - 1])
            #expect(abs(Double(snapshot.quantile(fraction)) - exact) <= exact * 0.01)
        }
    }

    @Test(arguments: [[16, 32, 64, 128, 256, 512, 1024, 2048, 4096], [1], [511, 512, 513], [100_000]] as [[UInt64]])
    func sizes(bounds: [UInt64]) {
        let family = SizeHistogram("app_size_bytes", "A size.", buckets: bounds)
        let values =
            Spread(seed: 12, lowest: 0, highest: 70_000).values(count: 5_000) + Array(0...600)
            + bounds.flatMap { [$0 - 1, $0, $0 + 1] }
        for value in values { family.record(value) }
        compare(family, bounds: bounds, values: values)
    }

    private func compare(_ family: some MetricFamilyDeclaration, bounds: [UInt64], values: [UInt64]) {
        let registry = Registry()
        registry.register(family)
        let numbers = TextExposition.text(registry).split(separator: "\n").filter {
            $0.contains("_bucket{") || $0.contains("_count")
        }
        .compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }
        let counted = bounds.map { bound in values.count { $0 <= bound } }
        #expect(numbers == counted + [values.count, values.count])
    }

    @Test func sumsAreExact() {
        let family = SizeHistogram("app_size_bytes", "A size.", buckets: [16])
        for size in [0, 1, 511, 512, 65_536] as [UInt64] { family.record(size) }
        let registry = Registry()
        registry.register(family)
        #expect(TextExposition.text(registry).contains("app_size_bytes_sum 66560\n"))
    }
}
