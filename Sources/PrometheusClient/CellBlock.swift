public import Synchronization

/// The numbers of one child: a counter's total, a gauge's value, or a histogram's sum and its counts.
///
/// A cell has a cache line to itself, so that threads that update neighbours do not slow each other down.
@usableFromInline
struct MetricCell: ~Copyable {
    /// Bytes from one cell to the next: a cache line.
    @usableFromInline static let stride = 64

    /// Counter: the total. Gauge: the bits of a `Double`. Histogram: the sum, nanoseconds or bytes.
    @usableFromInline let value = Atomic<UInt64>(0)
    /// Histogram: the table of its blocks of counts, nil before the first value.
    @usableFromInline let counts = Atomic<UnsafeMutableRawPointer?>(nil)
    /// Whether it is shown though its value is 0.
    @usableFromInline let isShown = Atomic<Bool>(false)
    /// From when on it counts, nanoseconds since 1970 in UTC.
    let createdNanoseconds: UInt64

    init(createdNanoseconds: UInt64) { self.createdNanoseconds = createdNanoseconds }

    /// The number of a cell; it comes first.
    @inlinable @inline(__always)
    static func value(of cell: UnsafeMutablePointer<MetricCell>) -> UnsafeMutablePointer<Atomic<UInt64>> {
        UnsafeMutableRawPointer(cell).assumingMemoryBound(to: Atomic<UInt64>.self)
    }
}

/// Cells side by side, and the memory that hangs on them; lives as long as a child of it is held.
@usableFromInline
final class CellBlock: Sendable {
    /// The cells.
    @usableFromInline let table: CellTable
    /// How a histogram sorts values into counts; a dummy for other kinds. Held for the table's pointers into it.
    let scale: HistogramScale
    /// Those of the family.
    let exemplars: ExemplarTable
    /// The label values of a child with an open label; empty for closed ones, whose index tells them.
    let labelTexts: [String]

    /// How many cells are shown.
    var count: Int { table.count }

    init(count: Int, scale: HistogramScale, exemplars: ExemplarTable, labelTexts: [String] = []) {
        self.scale = scale
        self.exemplars = exemplars
        self.labelTexts = labelTexts
        let cells = UnsafeMutableRawPointer.allocate(
            byteCount: (count + 1) * MetricCell.stride, alignment: MetricCell.stride)
        let now = WallClock.nanoseconds
        for index in 0...count {
            (cells + index * MetricCell.stride).bindMemory(to: MetricCell.self, capacity: 1)
                .initialize(to: MetricCell(createdNanoseconds: now))
        }
        table = CellTable(cells: cells, count: count, scale: scale)
    }

    deinit {
        exemplars.drop(cellsAt: UInt(bitPattern: table.cells)...UInt(bitPattern: table.cell(at: count)))
        for index in 0...count {
            let cell = table.cell(at: index)
            table.free(cell)
            cell.deinitialize(count: 1)
        }
        table.cells.deallocate()
    }
}
