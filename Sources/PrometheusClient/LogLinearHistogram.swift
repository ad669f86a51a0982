/// Counts of durations in cells so narrow that a quantile is at most 1% off, over the whole range of `UInt64`.
///
/// Values up to 127 ns have a cell each; above, every power of two is cut into 64 cells. It keeps only the powers of
/// two that were seen, about 0.5 kB each.
public struct LogLinearHistogram: Sendable, Hashable {
    /// How many values were recorded.
    public private(set) var count: UInt64 = 0
    /// Sum of the values, nanoseconds; stays at the largest value when it would overflow.
    public private(set) var sum: UInt64 = 0
    /// The smallest value, nanoseconds; 0 when there is none.
    public var min: UInt64 { count == 0 ? 0 : smallest }
    /// The largest value, nanoseconds; 0 when there is none.
    public private(set) var max: UInt64 = 0

    private var smallest = UInt64.max
    /// Counts of the cells from `firstCell` on; whole blocks of ``LogLinearScale/cellsPerBlock``.
    private var cells: [UInt64] = []
    private var firstCell = 0

    /// An empty histogram.
    public init() {}

    /// Counts one value, in nanoseconds.
    public mutating func record(_ nanoseconds: UInt64) {
        add(1, toCell: LogLinearScale.cell(of: nanoseconds))
        count += 1
        sum = sum.addingSaturated(nanoseconds)
        smallest = Swift.min(smallest, nanoseconds)
        max = Swift.max(max, nanoseconds)
    }

    /// Counts everything that another histogram counted.
    public mutating func merge(_ other: LogLinearHistogram) {
        guard other.count > 0 else { return }
        for (offset, number) in other.cells.enumerated() where number > 0 {
            add(number, toCell: other.firstCell + offset)
        }
        count += other.count
        sum = sum.addingSaturated(other.sum)
        smallest = Swift.min(smallest, other.smallest)
        max = Swift.max(max, other.max)
    }

    /// The value below or at which `fraction` (0 to 1) of the values lie, nanoseconds, by nearest rank; 0 when empty.
    ///
    /// 0 gives ``min`` and 1 gives ``max``, both exact.
    public func quantile(_ fraction: Double) -> UInt64 {
        guard count > 0 else { return 0 }
        guard fraction > 0 else { return min }
        guard fraction < 1 else { return max }
        let rank = Swift.max(1, UInt64((fraction * Double(count)).rounded(.up)))
        var seen: UInt64 = 0
        for (offset, number) in cells.enumerated() where number > 0 {
            seen += number
            if seen >= rank {
                let middle = LogLinearScale.middle(ofCell: firstCell + offset)
                return Swift.min(Swift.max(middle, min), max)
            }
        }
        return max
    }

    /// A cell that has counted something.
    public struct Cell: Sendable, Hashable {
        /// The smallest value that it counts, nanoseconds.
        public let lower: UInt64
        /// The largest value that it counts, nanoseconds.
        public let upper: UInt64
        /// How many values it counted.
        public let count: UInt64
    }

    /// The cells that have counted something, in ascending order.
    public var populatedCells: [Cell] {
        cells.enumerated().filter { $0.element > 0 }.map { offset, number in
            Cell(
                lower: LogLinearScale.lowerEdge(ofCell: firstCell + offset),
                upper: LogLinearScale.upperEdge(ofCell: firstCell + offset), count: number)
        }
    }

    /// Counts `number` values of which only the cell is known; min and max become the cell's edges.
    mutating func record(_ number: UInt64, inCell cell: Int) {
        guard number > 0 else { return }
        add(number, toCell: cell)
        count += number
        smallest = Swift.min(smallest, LogLinearScale.lowerEdge(ofCell: cell))
        max = Swift.max(max, LogLinearScale.upperEdge(ofCell: cell))
    }

    /// Sets the sum where values came in through ``record(_:inCell:)``.
    mutating func setSum(_ nanoseconds: UInt64) {
        sum = nanoseconds
    }

    private mutating func add(_ number: UInt64, toCell cell: Int) {
        if cell < firstCell || cell >= firstCell + cells.count { cover(cell) }
        cells[cell - firstCell] += number
    }

    private mutating func cover(_ cell: Int) {
        let width = LogLinearScale.cellsPerBlock
        let start = cell / width * width
        if cells.isEmpty {
            firstCell = start
            cells = Array(repeating: 0, count: width)
        } else if start < firstCell {
            cells.insert(contentsOf: repeatElement(0, count: firstCell - start), at: 0)
            firstCell = start
        } else {
            cells.append(contentsOf: repeatElement(0, count: start + width - firstCell - cells.count))
        }
    }
}

/// The cells of ``LogLinearHistogram``: 64 to a power of two, so that a cell's middle is at most 0.8% off.
@usableFromInline
enum LogLinearScale {
    /// Cells in a power of two.
    @usableFromInline static let cellsPerBlock = 64
    /// How many cells cover all of `UInt64`.
    @usableFromInline static let cellCount = 3776

    /// The cell that counts a value.
    @inlinable
    static func cell(of value: UInt64) -> Int {
        let shift = 57 &- (value | 64).leadingZeroBitCount
        return (shift &<< 6) &+ Int(truncatingIfNeeded: value &>> UInt64(truncatingIfNeeded: shift))
    }

    /// The smallest value of a cell.
    static func lowerEdge(ofCell cell: Int) -> UInt64 {
        let shift = shift(ofCell: cell)
        return UInt64(cell - shift * cellsPerBlock) << UInt64(shift)
    }

    /// The largest value of a cell.
    static func upperEdge(ofCell cell: Int) -> UInt64 {
        lowerEdge(ofCell: cell) + (1 << UInt64(shift(ofCell: cell)) - 1)
    }

    /// The value that stands for a cell.
    static func middle(ofCell cell: Int) -> UInt64 {
        lowerEdge(ofCell: cell) + (1 << UInt64(shift(ofCell: cell)) - 1) / 2
    }

    private static func shift(ofCell cell: Int) -> Int {
        cell < 2 * cellsPerBlock ? 0 : cell / cellsPerBlock - 1
    }
}

extension UInt64 {
    /// The sum, or the largest value when it would overflow.
    func addingSaturated(_ other: UInt64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
