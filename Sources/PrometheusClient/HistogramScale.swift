/// How a histogram sorts values into counts: finer than its buckets, and so that each bucket is a run of counts.
///
/// One addition then serves bucket, quantile and, for small sizes, the sum. Immutable; `@unchecked Sendable` because
/// of the pointers, which are written only in `init`.
@usableFromInline
final class HistogramScale: @unchecked Sendable {
    /// Counts in a block; blocks are made when first needed.
    @usableFromInline static let cellsPerBlock = LogLinearScale.cellsPerBlock
    /// Sizes below have a count each, from which the sum is worked out at a scrape: no short APDU is longer.
    @usableFromInline static let exactSizes = 512

    /// Upper bounds of the buckets, nanoseconds or bytes, ascending.
    let bounds: [UInt64]
    /// The last count of each bucket, `+Inf` included.
    let bucketEnds: [Int]
    /// How many blocks hold all counts.
    let blockCount: Int
    /// How many counts, from the first, each stand for exactly one value that the sum does not have yet.
    let exactCells: Int
    /// Whether what a cell holds beside counts, a total or a sum, is a `Double`.
    let holdsFraction: Bool
    /// Upper bounds of the buckets where the values are any numbers; else empty.
    let numberBounds: [Double]

    /// The bounds and a closing `UInt64.max`.
    let boundList: UnsafeMutablePointer<UInt64>
    /// For each cell of ``LogLinearScale`` the number of bounds below all its values; empty for sizes.
    let boundsBelow: UnsafeMutablePointer<UInt8>

    /// For durations: the cells of ``LogLinearScale``, a cell that a bound divides being two.
    static func durations(boundsNanoseconds bounds: [UInt64]) -> HistogramScale {
        precondition(bounds.count < 255, "a histogram has at most 254 buckets")
        let below = UnsafeMutablePointer<UInt8>.allocate(capacity: LogLinearScale.cellCount)
        var passed = 0
        for cell in 0..<LogLinearScale.cellCount {
            let lower = LogLinearScale.lowerEdge(ofCell: cell)
            while passed < bounds.count, bounds[passed] < lower { passed += 1 }
            below[cell] = UInt8(passed)
        }
        let ends = bounds.enumerated().map { LogLinearScale.cell(of: $1) + $0 }
        return HistogramScale(
            bounds: bounds, bucketEnds: ends, cellCount: LogLinearScale.cellCount + bounds.count, exactCells: 0,
            boundsBelow: below)
    }

    /// For sizes: a count for each small value, then one a bucket.
    static func sizes(boundsBytes bounds: [UInt64]) -> HistogramScale {
        let ends = bounds.enumerated().map { $1 < UInt64(exactSizes) ? Int($1) : exactSizes + $0 }
        return HistogramScale(
            bounds: bounds, bucketEnds: ends, cellCount: exactSizes + bounds.count + 1, exactCells: exactSizes,
            boundsBelow: .allocate(capacity: 1))
    }

    /// For any numbers: a count a bucket.
    static func numbers(bounds: [Double]) -> HistogramScale {
        precondition(zip(bounds, bounds.dropFirst()).allSatisfy(<), "bucket bounds must ascend")
        return HistogramScale(
            bounds: [], bucketEnds: Array(bounds.indices), cellCount: bounds.count + 1, exactCells: 0,
            boundsBelow: .allocate(capacity: 1), holdsFraction: true, numberBounds: bounds)
    }

    /// For kinds that have no buckets.
    static let none = HistogramScale(
        bounds: [], bucketEnds: [], cellCount: 0, exactCells: 0, boundsBelow: .allocate(capacity: 1))

    /// For a counter of fractions.
    static let fraction = HistogramScale(
        bounds: [], bucketEnds: [], cellCount: 0, exactCells: 0, boundsBelow: .allocate(capacity: 1),
        holdsFraction: true)

    private init(
        bounds: [UInt64], bucketEnds: [Int], cellCount: Int, exactCells: Int,
        boundsBelow: UnsafeMutablePointer<UInt8>, holdsFraction: Bool = false, numberBounds: [Double] = []
    ) {
        precondition(zip(bounds, bounds.dropFirst()).allSatisfy(<), "bucket bounds must ascend")
        self.bounds = bounds
        self.bucketEnds = bucketEnds + [cellCount - 1]
        blockCount = (cellCount + Self.cellsPerBlock - 1) / Self.cellsPerBlock
        self.exactCells = exactCells
        self.holdsFraction = holdsFraction
        self.numberBounds = numberBounds
        self.boundsBelow = boundsBelow
        boundList = .allocate(capacity: bounds.count + 1)
        for (index, bound) in bounds.enumerated() { boundList[index] = bound }
        boundList[bounds.count] = .max
    }

    deinit {
        boundList.deallocate()
        boundsBelow.deallocate()
    }

    /// The bucket of a value, from the lowest; the last one is `+Inf`.
    func bucket(of value: UInt64) -> Int { bounds.firstIndex { value <= $0 } ?? bounds.count }

    /// The cell of ``LogLinearScale`` that a count of a duration belongs to.
    func fineCell(ofDurationCell cell: Int) -> Int {
        var passed = 0
        while passed < bounds.count, bucketEnds[passed] < cell { passed += 1 }
        return cell - passed
    }
}
