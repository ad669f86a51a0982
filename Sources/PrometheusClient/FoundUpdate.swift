public import Synchronization

/// A child without the reference that keeps it alive: for an update at once, where the family is held.
///
/// A ``MetricChild`` counts a reference twice an update, by atomic operations on one word that all threads share; of the
/// 95 ns that counting an APDU took, they were the half.
public struct ChildPlace<Kind: ChildKind> {
    @usableFromInline let table: CellTable
    @usableFromInline let cell: UnsafeMutablePointer<MetricCell>

    @inlinable @inline(__always)
    init(table: CellTable, cell: UnsafeMutablePointer<MetricCell>) {
        self.table = table
        self.cell = cell
    }
}

extension ChildPlace where Kind == CounterKind {
    /// Adding to the total.
    @inlinable @inline(__always)
    public func update(by amount: UInt64 = 1) -> FoundUpdate {
        FoundUpdate(adding: amount, to: MetricCell.value(of: cell))
    }
}

extension ChildPlace where Kind == DurationKind {
    /// Counting a duration, nanoseconds.
    @inlinable @inline(__always)
    public func update(_ nanoseconds: UInt64) -> FoundUpdate { table.update(duration: nanoseconds, in: cell) }
}

extension ChildPlace where Kind == SizeKind {
    /// Counting a size.
    @inlinable @inline(__always)
    public func update(_ size: UInt64) -> FoundUpdate { table.update(size: size, in: cell) }
}

/// An update whose place is found and that is still to be made.
///
/// An atomic addition holds up the loads behind it, so finding the places of several updates before making the first is
/// quicker than one after the other. It keeps nothing alive: make it at once, where the families are held.
public struct FoundUpdate {
    @usableFromInline let first: UnsafeMutablePointer<Atomic<UInt64>>
    @usableFromInline let amount: UInt64
    /// The count, where `first` is a sum.
    @usableFromInline let count: UnsafeMutablePointer<Atomic<UInt64>>?

    @inlinable @inline(__always)
    init(
        adding amount: UInt64, to first: UnsafeMutablePointer<Atomic<UInt64>>,
        counting count: UnsafeMutablePointer<Atomic<UInt64>>? = nil
    ) {
        self.first = first
        self.amount = amount
        self.count = count
    }

    /// Makes it.
    @inlinable @inline(__always)
    public func make() {
        _ = first.pointee.wrappingAdd(amount, ordering: .relaxed)
        if let count { _ = count.pointee.wrappingAdd(1, ordering: .relaxed) }
    }
}
