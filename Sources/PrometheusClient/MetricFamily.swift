internal import Synchronization

/// What a child's numbers mean; decides which updates it offers.
public protocol ChildKind: Sendable {}

/// A number that only grows.
public enum CounterKind: ChildKind {}
/// A number that goes up and down.
public enum GaugeKind: ChildKind {}
/// Durations counted in buckets.
public enum DurationKind: ChildKind {}
/// Sizes counted in buckets.
public enum SizeKind: ChildKind {}

/// A family of children that share name, help, unit and label names, and differ in their label values.
///
/// With closed labels only, a child is found by its labels' indices: no hashing, no lock, no allocation. With an open
/// label among them, the look-up takes a lock; keep the child where it is used often.
public struct MetricFamily<Kind: ChildKind, Labels: LabelSet>: MetricFamilyDeclaration {
    @usableFromInline let store: FamilyStore
    @usableFromInline let block: CellBlock
    /// The cells of `block`, which the family keeps alive.
    @usableFromInline let table: CellTable
    @usableFromInline let firstStride: Int
    @usableFromInline let secondStride: Int

    /// What it is called and what it holds.
    public var descriptor: FamilyDescriptor { store.descriptor }
    /// What the registry reads at a scrape.
    public var storage: FamilyStorage { FamilyStorage(source: store) }
    /// How many updates or look-ups were counted under `other` because the family was full.
    public var refusedCount: UInt64 { store.refusedCount }

    init(descriptor: FamilyDescriptor, scale: HistogramScale, seriesLimit: Int?) {
        store = FamilyStore(descriptor: descriptor, scale: scale, seriesLimit: seriesLimit)
        block = store.closed
        table = block.table
        let widths = descriptor.labels.map { $0.domain?.count ?? 0 } + [1, 1, 1]
        firstStride = widths[1] * widths[2]
        secondStride = widths[2]
    }

    @inlinable @inline(__always)
    func place(at index: Int) -> ChildPlace<Kind> {
        ChildPlace(table: table, cell: table.cell(at: index))
    }

    @inlinable
    func child(at place: ChildPlace<Kind>) -> MetricChild<Kind> {
        MetricChild(block: block, cell: place.cell)
    }

    @usableFromInline
    func child(_ first: String, _ second: String = "", _ third: String = "") -> MetricChild<Kind> {
        let found = store.child(LabelTexts(first: first, second: second, third: third))
        return MetricChild(block: found.block, cell: found.block.table.cell(at: found.index))
    }
}

extension MetricFamily where Labels == NoLabels {
    /// Where the only child is.
    @inlinable public var place: ChildPlace<Kind> { place(at: 0) }

    /// The only child.
    @inlinable public var child: MetricChild<Kind> { child(at: place) }
}

extension MetricFamily {
    /// Where the child with this label value is.
    @inlinable @inline(__always)
    public func place<A: ClosedLabel>(_ a: A) -> ChildPlace<Kind> where Labels == OneLabel<A> {
        place(at: a.labelIndex)
    }

    /// Where the child with these label values is.
    @inlinable @inline(__always)
    public func place<A: ClosedLabel, B: ClosedLabel>(_ a: A, _ b: B) -> ChildPlace<Kind>
    where Labels == TwoLabels<A, B> {
        place(at: a.labelIndex &* firstStride &+ b.labelIndex)
    }

    /// Where the child with these label values is.
    @inlinable @inline(__always)
    public func place<A: ClosedLabel, B: ClosedLabel, C: ClosedLabel>(_ a: A, _ b: B, _ c: C) -> ChildPlace<Kind>
    where Labels == ThreeLabels<A, B, C> {
        place(at: a.labelIndex &* firstStride &+ b.labelIndex &* secondStride &+ c.labelIndex)
    }

    /// The child with this label value.
    @inlinable
    public subscript<A: ClosedLabel>(a: A) -> MetricChild<Kind> where Labels == OneLabel<A> {
        child(at: place(a))
    }

    /// The child with these label values.
    @inlinable
    public subscript<A: ClosedLabel, B: ClosedLabel>(a: A, b: B) -> MetricChild<Kind> where Labels == TwoLabels<A, B> {
        child(at: place(a, b))
    }

    /// The child with these label values.
    @inlinable
    public subscript<A: ClosedLabel, B: ClosedLabel, C: ClosedLabel>(a: A, b: B, c: C) -> MetricChild<Kind>
    where Labels == ThreeLabels<A, B, C> {
        child(at: place(a, b, c))
    }

    /// The child with this label value; once the family is full, a new value gives the child `other`.
    @inlinable
    public subscript<A: LabelValue>(a: A) -> MetricChild<Kind> where Labels == OneLabel<A> {
        child(a.labelText)
    }

    /// The child with these label values; once the family is full, new ones give a child with `other`.
    @inlinable
    public subscript<A: LabelValue, B: LabelValue>(a: A, b: B) -> MetricChild<Kind> where Labels == TwoLabels<A, B> {
        child(a.labelText, b.labelText)
    }

    /// The child with these label values; once the family is full, new ones give a child with `other`.
    @inlinable
    public subscript<A: LabelValue, B: LabelValue, C: LabelValue>(a: A, b: B, c: C) -> MetricChild<Kind>
    where Labels == ThreeLabels<A, B, C> {
        child(a.labelText, b.labelText, c.labelText)
    }

    /// Takes a child out of the family, for instance that of a device that went; tells whether there was one.
    ///
    /// Who still holds the child may update it, unseen. A family with closed labels only keeps all its children.
    @discardableResult
    public func remove<A: LabelValue>(_ a: A) -> Bool where Labels == OneLabel<A> {
        store.remove(LabelTexts(first: a.labelText))
    }

    /// Takes a child out of the family; see ``remove(_:)``.
    @discardableResult
    public func remove<A: LabelValue, B: LabelValue>(_ a: A, _ b: B) -> Bool where Labels == TwoLabels<A, B> {
        store.remove(LabelTexts(first: a.labelText, second: b.labelText))
    }

    /// Takes a child out of the family; see ``remove(_:)``.
    @discardableResult
    public func remove<A: LabelValue, B: LabelValue, C: LabelValue>(_ a: A, _ b: B, _ c: C) -> Bool
    where Labels == ThreeLabels<A, B, C> {
        store.remove(LabelTexts(first: a.labelText, second: b.labelText, third: c.labelText))
    }
}

/// One child of a family: what an update changes. Small, and safe to copy and to use from any thread.
///
/// `@unchecked Sendable`: the pointer lives as long as `block`, and what it leads to is atomic.
public struct MetricChild<Kind: ChildKind>: @unchecked Sendable {
    @usableFromInline let block: CellBlock
    @usableFromInline let cell: UnsafeMutablePointer<MetricCell>

    @inlinable
    init(block: CellBlock, cell: UnsafeMutablePointer<MetricCell>) {
        self.block = block
        self.cell = cell
    }

    @inlinable
    var place: ChildPlace<Kind> { ChildPlace(table: block.table, cell: cell) }

    /// Shows the child from the next scrape on, with 0 when nothing was counted yet.
    public func show() {
        withExtendedLifetime(block) { cell.pointee.isShown.store(true, ordering: .relaxed) }
    }
}
