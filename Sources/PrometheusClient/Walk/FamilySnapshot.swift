import Synchronization

/// A family with the numbers that its children had at one moment.
public struct FamilySnapshot: Sendable, Hashable {
    /// What it is called and what it holds.
    public let descriptor: FamilyDescriptor
    /// A histogram's upper bounds in the family's unit, ascending, without `+Inf`; else empty.
    public let bucketBounds: [Double]
    /// The children that a scrape would show, in the same order.
    public let children: [ChildSnapshot]

    init(descriptor: FamilyDescriptor, bucketBounds: [Double] = [], children: [ChildSnapshot]) {
        self.descriptor = descriptor
        self.bucketBounds = bucketBounds
        self.children = children
    }
}

/// One child of a ``FamilySnapshot``.
public struct ChildSnapshot: Sendable, Hashable {
    /// The values of the labels, in the order in which the family declares them.
    public let labelValues: [String]
    /// Its numbers.
    public let value: ChildValue
    /// From when on it counts, nanoseconds since 1970 in UTC; nil when it is read elsewhere.
    public let createdNanoseconds: UInt64?
    /// Values behind its number, those of a histogram's lower buckets first.
    public let exemplars: [Exemplar]

    init(
        labelValues: [String], value: ChildValue, createdNanoseconds: UInt64? = nil, exemplars: [Exemplar] = []
    ) {
        self.labelValues = labelValues
        self.value = value
        self.createdNanoseconds = createdNanoseconds
        self.exemplars = exemplars
    }
}

/// The numbers of one child.
public enum ChildValue: Sendable, Hashable {
    /// A counter's total, or the 1 of an info.
    case count(UInt64)
    /// A gauge's value, or a counter's total that is read elsewhere.
    case number(Double)
    /// What a histogram counted.
    case histogram(HistogramSnapshot)
}

/// What a histogram had counted at one moment; each of its counts was read once, so that all of it agrees.
public struct HistogramSnapshot: Sendable, Hashable {
    /// How many values were in each bucket alone, the one of `+Inf` last.
    public let bucketCounts: [UInt64]
    /// How many values were counted: all buckets together.
    public let count: UInt64
    /// The sum of the values in whole nanoseconds, or in the family's unit where that is not seconds.
    public let wholeSum: UInt64
    /// Durations by narrow cells, for quantiles within 1%; nil for sizes.
    public let fine: LogLinearHistogram?

    private let isDuration: Bool
    /// The sum of values that may be any numbers.
    private let fractionSum: Double?

    /// The sum of the values in the family's unit.
    public var sum: Double { fractionSum ?? (isDuration ? Double(wholeSum) / 1e9 : Double(wholeSum)) }

    /// Reads a cell; `fine` is there for durations.
    init(of cell: UnsafeMutablePointer<MetricCell>, scale: HistogramScale, unit: MetricUnit) {
        isDuration = unit == .seconds
        var buckets = [UInt64](repeating: 0, count: scale.bucketEnds.count)
        var fine = LogLinearHistogram()
        var bucket = 0
        var exactSum: UInt64 = 0
        let isDuration = isDuration
        forEachCount(of: cell, scale: scale) { index, number in
            while bucket < scale.bucketEnds.count - 1, scale.bucketEnds[bucket] < index { bucket += 1 }
            buckets[bucket] &+= number
            if index < scale.exactCells { exactSum &+= number &* UInt64(index) }
            // A duration's cell is shifted by the number of bounds below it.
            if isDuration { fine.record(number, inCell: index - bucket) }
        }
        let held = cell.pointee.value.load(ordering: .relaxed)
        fractionSum = scale.holdsFraction ? Double(bitPattern: held) : nil
        wholeSum = fractionSum.map { UInt64(exactly: $0.rounded()) ?? 0 } ?? held &+ exactSum
        fine.setSum(wholeSum)
        self.fine = isDuration ? fine : nil
        bucketCounts = buckets
        count = buckets.reduce(0, &+)
    }
}
