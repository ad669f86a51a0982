import TestSupport
import Testing

@testable import PrometheusClient

@Suite struct LogLinearHistogramTests {
    @Test func emptyHistogramAnswersZero() {
        let histogram = LogLinearHistogram()
        #expect(histogram.count == 0 && histogram.sum == 0 && histogram.min == 0 && histogram.max == 0)
        #expect(histogram.quantile(0.5) == 0)
    }

    @Test(
        arguments: [
            0, 1, 63, 64, 127, 128, 129, 255, 256, 1_000, 43_000_000, 3_600_000_000_000, 1 << 62, UInt64.max - 1,
            UInt64.max,
        ] as [UInt64])
    func everyValueLiesInItsCell(value: UInt64) {
        let cell = LogLinearScale.cell(of: value)
        #expect(cell >= 0 && cell < LogLinearScale.cellCount)
        #expect(LogLinearScale.lowerEdge(ofCell: cell) <= value && value <= LogLinearScale.upperEdge(ofCell: cell))
        var histogram = LogLinearHistogram()
        histogram.record(value)
        #expect(histogram.quantile(0.5) == value)
        #expect(histogram.min == value && histogram.max == value && histogram.sum == value)
    }

    @Test func cellsFollowEachOtherWithoutGap() {
        for cell in 1..<LogLinearScale.cellCount {
            let lower = LogLinearScale.lowerEdge(ofCell: cell)
            #expect(lower == LogLinearScale.upperEdge(ofCell: cell - 1) + 1)
            #expect(LogLinearScale.cell(of: lower) == cell)
        }
        #expect(LogLinearScale.upperEdge(ofCell: LogLinearScale.cellCount - 1) == .max)
    }

    @Test(arguments: [
        Spread(seed: 1, lowest: 0, highest: 200),
        Spread(seed: 2, lowest: 90_000, highest: 110_000),
        Spread(seed: 3, lowest: 1, highest: 10_000_000_000),
        Spread(seed: 4, lowest: 1, highest: 1 << 60),
    ])
    func quantilesAreWithinOnePercentOfSortedValues(spread: Spread) {
        let values = spread.values(count: 20_000)
        var histogram = LogLinearHistogram()
        for value in values { histogram.record(value) }
        let sorted = values.sorted()
        for fraction in [0, 0.001, 0.01, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999, 1] {
            let rank = max(1, Int((fraction * Double(sorted.count)).rounded(.up)))
            let exact = Double(sorted[rank - 1])
            let found = Double(histogram.quantile(fraction))
            #expect(abs(found - exact) <= exact * 0.01, "p\(fraction): \(found) for \(exact)")
        }
        #expect(histogram.min == sorted.first)
        #expect(histogram.max == sorted.last)
    }

    @Test func mergedHistogramEqualsOneOfAllValues() {
        let low = Spread(seed: 5, lowest: 1_000, highest: 9_000).values(count: 500)
        let high = Spread(seed: 6, lowest: 1, highest: 1 << 40).values(count: 500)
        var first = LogLinearHistogram()
        var second = LogLinearHistogram()
        var all = LogLinearHistogram()
        for value in low { first.record(value) }
        for value in high { second.record(value) }
        for value in low + high { all.record(value) }
        first.merge(second)
        first.merge(LogLinearHistogram())
        for fraction in stride(from: 0.0, through: 1.0, by: 0.05) {
            #expect(first.quantile(fraction) == all.quantile(fraction))
        }
        #expect(first.count == 1_000 && first.sum == all.sum && first.min == all.min && first.max == all.max)
    }

    @Test func sumStaysAtTheLargestValue() {
        var histogram = LogLinearHistogram()
        histogram.record(.max)
        histogram.record(5)
        #expect(histogram.sum == .max && histogram.count == 2 && histogram.min == 5)
    }

    @Test(arguments: [-1.0, 2.0, .infinity, -.infinity])
    func fractionsOutsideTheRangeGiveTheEnds(fraction: Double) {
        var histogram = LogLinearHistogram()
        histogram.record(10)
        histogram.record(1_000_000)
        #expect(histogram.quantile(fraction) == (fraction < 0 ? 10 : 1_000_000))
    }
}

/// Values spread evenly over the orders of magnitude between two bounds; the same for the same seed.
struct Spread: Sendable, CustomTestStringConvertible {
    var seed: UInt64
    var lowest: UInt64
    var highest: UInt64

    var testDescription: String { "\(lowest)...\(highest)" }

    func values(count: Int) -> [UInt64] {
        var random = SeededGenerator(seed: seed)
        return (0..<count).map { _ in
            let top = UInt64.random(in: lowest...highest, using: &random)
            return UInt64.random(in: lowest...max(lowest, top), using: &random)
        }
    }
}
