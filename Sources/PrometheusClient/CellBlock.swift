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

    @usableFromInline init() {}
}

/// Cells side by side, and the memory that hangs on them; lives as long as a child of it is held.
///
/// `@unchecked Sendable`: the pointers never change, and all they lead to is atomic.
@usableFromInline
final class CellBlock: @unchecked Sendable {
    /// The first cell.
    @usableFromInline let cells: UnsafeMutableRawPointer
    /// How many cells are shown; one more follows, which takes updates with an index out of range.
    @usableFromInline let count: Int
    /// How a histogram sorts values into counts; a dummy for other kinds.
    @usableFromInline let scale: HistogramScale
    /// The label values of a child with an open label; empty for closed ones, whose index tells them.
    let labelTexts: [String]

    init(count: Int, scale: HistogramScale, labelTexts: [String] = []) {
        self.count = count
        self.scale = scale
        self.labelTexts = labelTexts
        cells = .allocate(byteCount: (count + 1) * MetricCell.stride, alignment: MetricCell.stride)
        for index in 0...count {
            (cells + index * MetricCell.stride).bindMemory(to: MetricCell.self, capacity: 1)
                .initialize(to: MetricCell())
        }
    }

    deinit {
        for index in 0...count {
            let cell = cell(at: index)
            if let table = cell.pointee.counts.load(ordering: .acquiring) { free(table: table) }
            cell.deinitialize(count: 1)
        }
        cells.deallocate()
    }

    /// The cell with this index; one out of range gives a cell that is never shown.
    @inlinable
    func cell(at index: Int) -> UnsafeMutablePointer<MetricCell> {
        let inRange = UInt(bitPattern: index) < UInt(bitPattern: count) ? index : count
        return (cells + inRange &* MetricCell.stride).assumingMemoryBound(to: MetricCell.self)
    }

    // MARK: Counts of a histogram

    /// The block of counts, when it is there.
    @inlinable
    static func counts(
        of cell: UnsafeMutablePointer<MetricCell>, block: Int
    ) -> UnsafeMutablePointer<Atomic<UInt64>>? {
        guard let table = cell.pointee.counts.load(ordering: .acquiring) else { return nil }
        return (table + block &* MemoryLayout<UnsafeMutableRawPointer?>.stride)
            .assumingMemoryBound(to: Atomic<UnsafeMutableRawPointer?>.self).pointee.load(ordering: .acquiring)?
            .assumingMemoryBound(to: Atomic<UInt64>.self)
    }

    /// The block of counts, made when it is not there; of two threads that make one, the second drops its own.
    @usableFromInline @inline(never)
    func makeCounts(
        of cell: UnsafeMutablePointer<MetricCell>, block: Int
    ) -> UnsafeMutablePointer<Atomic<UInt64>> {
        let slots = table(of: cell)
        let made = Self.allocateCounts()
        let (exchanged, present) = slots[block].compareExchange(
            expected: nil, desired: UnsafeMutableRawPointer(made), ordering: .acquiringAndReleasing)
        if !exchanged, let present {
            made.deallocate()
            return present.assumingMemoryBound(to: Atomic<UInt64>.self)
        }
        return made
    }

    private func table(
        of cell: UnsafeMutablePointer<MetricCell>
    ) -> UnsafeMutablePointer<Atomic<UnsafeMutableRawPointer?>> {
        typealias Slot = Atomic<UnsafeMutableRawPointer?>
        if let present = cell.pointee.counts.load(ordering: .acquiring) {
            return present.assumingMemoryBound(to: Slot.self)
        }
        let made = UnsafeMutablePointer<Slot>.allocate(capacity: scale.blockCount)
        for index in 0..<scale.blockCount { (made + index).initialize(to: Slot(nil)) }
        let (exchanged, present) = cell.pointee.counts.compareExchange(
            expected: nil, desired: UnsafeMutableRawPointer(made), ordering: .acquiringAndReleasing)
        cell.pointee.isShown.store(true, ordering: .relaxed)
        if !exchanged, let present {
            made.deallocate()
            return present.assumingMemoryBound(to: Slot.self)
        }
        return made
    }

    private static func allocateCounts() -> UnsafeMutablePointer<Atomic<UInt64>> {
        let width = HistogramScale.cellsPerBlock
        let memory = UnsafeMutableRawPointer.allocate(
            byteCount: width * MemoryLayout<UInt64>.stride, alignment: MetricCell.stride)
        let counts = memory.bindMemory(to: Atomic<UInt64>.self, capacity: width)
        for index in 0..<width { (counts + index).initialize(to: Atomic(0)) }
        return counts
    }

    private func free(table: UnsafeMutableRawPointer) {
        let slots = table.assumingMemoryBound(to: Atomic<UnsafeMutableRawPointer?>.self)
        for index in 0..<scale.blockCount { slots[index].load(ordering: .relaxed)?.deallocate() }
        table.deallocate()
    }
}
