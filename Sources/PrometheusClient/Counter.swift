import Synchronization

/// A family of numbers that only grow; its name ends in `_total`.
public typealias Counter<Labels: LabelSet> = MetricFamily<CounterKind, Labels>
/// One child of a ``Counter``.
public typealias CounterChild = MetricChild<CounterKind>

extension MetricFamily where Kind == CounterKind {
    /// Declares a counter with labels; an open label takes `seriesLimit` children, or the registry's limit.
    public init(
        _ name: String, _ help: String, unit: MetricUnit = .none, labels: Labels, seriesLimit: Int? = nil
    ) {
        self.init(
            descriptor: FamilyDescriptor(name: name, help: help, kind: .counter, unit: unit, labels: labels.specs),
            scale: .none, seriesLimit: seriesLimit)
    }
}

extension MetricFamily where Kind == CounterKind, Labels == NoLabels {
    /// Declares a counter without labels.
    public init(_ name: String, _ help: String, unit: MetricUnit = .none) {
        self.init(name, help, unit: unit, labels: NoLabels())
    }

    /// Adds to the only child.
    @inlinable
    public func increment(by amount: UInt64 = 1) { child.increment(by: amount) }
}

extension MetricChild where Kind == CounterKind {
    /// Adds to the total.
    @inlinable
    public func increment(by amount: UInt64 = 1) {
        withExtendedLifetime(block) { place.update(by: amount).make() }
    }

    /// Sets a total that is counted elsewhere, for instance by the kernel; a smaller one changes nothing.
    public func raise(to total: UInt64) {
        withExtendedLifetime(block) {
            cell.pointee.isShown.store(true, ordering: .relaxed)
            _ = cell.pointee.value.max(total, ordering: .relaxed)
        }
    }

    /// The total.
    public var value: UInt64 {
        withExtendedLifetime(block) { cell.pointee.value.load(ordering: .relaxed) }
    }
}
