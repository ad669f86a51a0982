import Synchronization

/// A family of histograms of durations: buckets in seconds for queries, and beside them cells narrow enough for
/// quantiles within 1%.
public typealias DurationHistogram<Labels: LabelSet> = MetricFamily<DurationKind, Labels>
/// One child of a ``DurationHistogram``.
public typealias DurationHistogramChild = MetricChild<DurationKind>

extension MetricFamily where Kind == DurationKind {
    /// Declares a histogram with labels; `buckets` are upper bounds in seconds, ascending, without `+Inf`.
    public init(_ name: String, _ help: String, labels: Labels, buckets: [Double], seriesLimit: Int? = nil) {
        let bounds = buckets.map { bound in
            precondition(
                bound > 0 && bound < 1e9, "\(name): bucket bound \(bound) s; above 0 and below 1e9 are possible")
            return UInt64((bound * 1e9).rounded())
        }
        let descriptor = FamilyDescriptor(
            name: name, help: help, kind: .histogram, unit: .seconds, labels: labels.specs,
            bucketBounds: bounds.map(NumberText.bound(nanoseconds:)))
        self.init(
            descriptor: descriptor, scale: .durations(boundsNanoseconds: bounds), seriesLimit: seriesLimit)
    }
}

extension MetricFamily where Kind == DurationKind, Labels == NoLabels {
    /// Declares a histogram without labels; `buckets` as in ``init(_:_:labels:buckets:seriesLimit:)``.
    public init(_ name: String, _ help: String, buckets: [Double]) {
        self.init(name, help, labels: NoLabels(), buckets: buckets)
    }

    /// Counts a duration in the only child, nanoseconds.
    @inlinable
    public func record(_ nanoseconds: UInt64) { child.record(nanoseconds) }
}

extension MetricChild where Kind == DurationKind {
    /// Counts a duration, nanoseconds.
    @inlinable
    public func record(_ nanoseconds: UInt64) {
        withExtendedLifetime(block) { place.update(nanoseconds).make() }
    }

    /// Counts a duration.
    @inlinable
    public func record(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        guard seconds >= 0, attoseconds >= 0 else { return record(0 as UInt64) }
        let (whole, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, sumOverflow) = whole.addingReportingOverflow(UInt64(attoseconds) / 1_000_000_000)
        record(overflow || sumOverflow ? UInt64.max : sum)
    }

    /// What was counted so far, for quantiles; min and max are known to within 1%.
    public func snapshot() -> LogLinearHistogram {
        var result = LogLinearHistogram()
        withExtendedLifetime(block) {
            forEachCount(of: cell, scale: block.scale) { cell, number in
                result.record(number, inCell: block.scale.fineCell(ofDurationCell: cell))
            }
            result.setSum(cell.pointee.value.load(ordering: .relaxed))
        }
        return result
    }
}

/// Calls `body` with each count that is not 0, in ascending order.
func forEachCount(
    of cell: UnsafeMutablePointer<MetricCell>, scale: HistogramScale, _ body: (_ index: Int, _ number: UInt64) -> Void
) {
    for block in 0..<scale.blockCount {
        guard let counts = CellTable.counts(of: cell, block: block) else { continue }
        for offset in 0..<HistogramScale.cellsPerBlock {
            let number = counts[offset].load(ordering: .relaxed)
            if number > 0 { body(block * HistogramScale.cellsPerBlock + offset, number) }
        }
    }
}
