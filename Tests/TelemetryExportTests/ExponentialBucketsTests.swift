import Foundation
import PrometheusClient
import TestSupport
import Testing

@testable import TelemetryExport

/// Beside the mapping of OpenTelemetry's own SDK for Python.
@Suite struct ExponentialBucketsTests {
    private static func histogram(_ nanoseconds: [UInt64]) -> LogLinearHistogram {
        var histogram = LogLinearHistogram()
        for value in nanoseconds { histogram.record(value) }
        return histogram
    }

    /// The SDK's bucket of each of these, in seconds.
    private static func theirs(_ values: [Double], scale: Int32) throws -> [Int32] {
        let program = """
            import sys
            from opentelemetry.sdk.metrics._internal.exponential_histogram.mapping.exponent_mapping import ExponentMapping
            from opentelemetry.sdk.metrics._internal.exponential_histogram.mapping.logarithm_mapping import LogarithmMapping
            scale = int(sys.argv[1])
            mapping = LogarithmMapping(scale) if scale > 0 else ExponentMapping(scale)
            print(*[mapping.map_to_index(float(word)) for word in sys.argv[2:]])
            """
        let end = try Command.run(
            [TraceSink.python, "-c", program, String(scale)] + values.map { $0.description })
        return end.output.split(whereSeparator: \.isWhitespace).compactMap { Int32($0) }
    }

    @Test(arguments: [5, 3, 1, 0, -2] as [Int32])
    func indices(scale: Int32) throws {
        // Powers of two and what is next to them; all that lies between.
        let values =
            [1e-9, 0.25, 0.5, 1, 2, 4, 1_024, 0.5.nextUp, 0.5.nextDown, 1.0.nextUp, 1.0.nextDown, 18_446_744_073.7]
            + (0..<200).map { 1e-9 * pow(1.17, Double($0)) }
        #expect(
            values.map { ExponentialBuckets.index(ofSeconds: $0, scale: scale) }
                == (try Self.theirs(values, scale: scale)))
    }

    /// Every value is in the bucket that the SDK has for it, or in the next one where the cell's middle lies there.
    @Test(arguments: [1...2_000, 100_000...130_000, 1...3_000_000_000] as [ClosedRange<UInt64>])
    func values(range: ClosedRange<UInt64>) throws {
        var numbers = SeededGenerator(seed: 6)
        let values = (0..<400).map { _ in UInt64.random(in: range, using: &numbers) }
        let buckets = ExponentialBuckets(Self.histogram(values))
        #expect(buckets.counts.reduce(0, +) == 400 && buckets.counts.count <= ExponentialBuckets.mostBuckets)
        #expect(buckets.counts.first != 0 && buckets.counts.last != 0)
        let theirs = try Self.theirs(values.map { Double($0) / 1e9 }, scale: buckets.scale).sorted()
        var ours: [Int32] = []
        for (offset, count) in buckets.counts.enumerated() {
            ours += Array(repeating: buckets.offset + Int32(offset), count: Int(count))
        }
        #expect(zip(ours, theirs).allSatisfy { abs($0 - $1) <= 1 })
        // Most values are not within 1% of a bound.
        #expect(zip(ours, theirs).filter { $0 == $1 }.count > 200)
    }

    @Test func ends() {
        let none = ExponentialBuckets(Self.histogram([]))
        #expect(none.counts.isEmpty && none.zeroCount == 0)
        let zeros = ExponentialBuckets(Self.histogram([0, 0]))
        #expect(zeros.counts.isEmpty && zeros.zeroCount == 2)
        // From 1 ns to the largest value there are 64 powers of two: two buckets each.
        let all = ExponentialBuckets(Self.histogram([0, 1, .max]))
        #expect(all.scale == 1 && all.zeroCount == 1 && all.counts.count == 129)
        #expect(all.counts.first == 1 && all.counts.last == 1 && all.counts.reduce(0, +) == 2)
        let one = ExponentialBuckets(Self.histogram([1_000_000_000]))
        #expect(one.scale == ExponentialBuckets.finestScale && one.counts == [1])
    }
}
