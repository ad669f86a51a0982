public import Synchronization

/// Where the cells of a block are and how they count, as plain pointers that keep nothing alive: whoever calls it holds
/// the block, or a family.
@usableFromInline
struct CellTable: @unchecked Sendable {
    // Sendable: the pointers never change, and what they lead to is atomic or written before anyone has a copy.

    /// The first cell.
    @usableFromInline let cells: UnsafeMutableRawPointer
    /// How many cells are shown; one more follows, which takes updates with an index out of range.
    @usableFromInline let count: Int
    /// How many blocks hold all counts of a histogram.
    @usableFromInline let blockCount: Int
    /// See ``HistogramScale``.
    @usableFromInline let boundList: UnsafeMutablePointer<UInt64>
    @usableFromInline let boundsBelow: UnsafeMutablePointer<UInt8>

    init(cells: UnsafeMutableRawPointer, count: Int, scale: HistogramScale) {
        self.cells = cells
        self.count = count
        blockCount = scale.blockCount
        boundList = scale.boundList
        boundsBelow = scale.boundsBelow
    }

    /// The cell with this index; one out of range gives a cell that is never shown.
    @inlinable
    func cell(at index: Int) -> UnsafeMutablePointer<MetricCell> {
        let inRange = UInt(bitPattern: index) < UInt(bitPattern: count) ? index : count
        return (cells + inRange &* MetricCell.stride).assumingMemoryBound(to: MetricCell.self)
    }

    /// Counting a duration, nanoseconds.
    @inlinable @inline(__always)
    func update(duration nanoseconds: UInt64, in cell: UnsafeMutablePointer<MetricCell>) -> FoundUpdate {
        // The number of bounds below a duration shifts its cell.
        let fine = LogLinearScale.cell(of: nanoseconds)
        var bucket = Int(boundsBelow[fine])
        while nanoseconds > boundList[bucket] { bucket &+= 1 }
        return FoundUpdate(
            adding: nanoseconds, to: MetricCell.value(of: cell), counting: count(fine &+ bucket, of: cell))
    }

    /// Counting a size; what small ones add to the sum, their counts tell.
    @inlinable @inline(__always)
    func update(size: UInt64, in cell: UnsafeMutablePointer<MetricCell>) -> FoundUpdate {
        if size < UInt64(HistogramScale.exactSizes) {
            return FoundUpdate(adding: 1, to: count(Int(truncatingIfNeeded: size), of: cell))
        }
        var bucket = 0
        while size > boundList[bucket] { bucket &+= 1 }
        return FoundUpdate(
            adding: size, to: MetricCell.value(of: cell),
            counting: count(HistogramScale.exactSizes &+ bucket, of: cell))
    }

    /// A count of a histogram.
    @inlinable @inline(__always)
    func count(_ index: Int, of cell: UnsafeMutablePointer<MetricCell>) -> UnsafeMutablePointer<Atomic<UInt64>> {
        let block = index &>> 6
        return (CellTable.counts(of: cell, block: block) ?? makeCounts(of: cell, block: block)) + (index & 63)
    }

    // MARK: Blocks of counts

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
    func makeCounts(of cell: UnsafeMutablePointer<MetricCell>, block: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
        let slots = slots(of: cell)
        let made = Self.allocateCounts()
        let (exchanged, present) = slots[block].compareExchange(
            expected: nil, desired: UnsafeMutableRawPointer(made), ordering: .acquiringAndReleasing)
        if !exchanged, let present {
            made.deallocate()
            return present.assumingMemoryBound(to: Atomic<UInt64>.self)
        }
        return made
    }

    /// Gives back what hangs on a cell.
    func free(_ cell: UnsafeMutablePointer<MetricCell>) {
        guard let table = cell.pointee.counts.load(ordering: .acquiring) else { return }
        let slots = table.assumingMemoryBound(to: Atomic<UnsafeMutableRawPointer?>.self)
        for index in 0..<blockCount { slots[index].load(ordering: .relaxed)?.deallocate() }
        table.deallocate()
    }

    private func slots(
        of cell: UnsafeMutablePointer<MetricCell>
    ) -> UnsafeMutablePointer<Atomic<UnsafeMutableRawPointer?>> {
        typealias Slot = Atomic<UnsafeMutableRawPointer?>
        if let present = cell.pointee.counts.load(ordering: .acquiring) {
            return present.assumingMemoryBound(to: Slot.self)
        }
        let made = UnsafeMutablePointer<Slot>.allocate(capacity: blockCount)
        for index in 0..<blockCount { (made + index).initialize(to: Slot(nil)) }
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
}
