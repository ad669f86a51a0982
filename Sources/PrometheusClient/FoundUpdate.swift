public import Synchronization

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
