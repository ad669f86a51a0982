public import Synchronization

/// A family of numbers that go up and down.
public typealias Gauge<Labels: LabelSet> = MetricFamily<GaugeKind, Labels>
/// One child of a ``Gauge``.
public typealias GaugeChild = MetricChild<GaugeKind>

extension MetricFamily where Kind == GaugeKind {
    /// Declares a gauge with labels; an open label takes `seriesLimit` children, or the registry's limit.
    public init(
        _ name: String, _ help: String, unit: MetricUnit = .none, labels: Labels, seriesLimit: Int? = nil
    ) {
        self.init(
            descriptor: FamilyDescriptor(name: name, help: help, kind: .gauge, unit: unit, labels: labels.specs),
            scale: .none, seriesLimit: seriesLimit)
    }
}

extension MetricFamily where Kind == GaugeKind, Labels == NoLabels {
    /// Declares a gauge without labels.
    public init(_ name: String, _ help: String, unit: MetricUnit = .none) {
        self.init(name, help, unit: unit, labels: NoLabels())
    }

    /// Sets the only child.
    @inlinable
    public func set(_ value: Double) { child.set(value) }

    /// Adds to the only child.
    @inlinable
    public func add(_ amount: Double) { child.add(amount) }
}

extension MetricChild where Kind == GaugeKind {
    /// Sets the value.
    @inlinable
    public func set(_ value: Double) {
        withExtendedLifetime(block) {
            cell.pointee.value.store(value.bitPattern, ordering: .relaxed)
            markShown()
        }
    }

    /// Adds to the value; negative amounts take away.
    @inlinable
    public func add(_ amount: Double) {
        withExtendedLifetime(block) {
            var old = cell.pointee.value.load(ordering: .relaxed)
            while true {
                let new = (Double(bitPattern: old) + amount).bitPattern
                let (exchanged, present) = cell.pointee.value.weakCompareExchange(
                    expected: old, desired: new, ordering: .relaxed)
                if exchanged { break }
                old = present
            }
            markShown()
        }
    }

    /// Adds 1.
    @inlinable
    public func increment() { add(1) }

    /// Takes 1 away.
    @inlinable
    public func decrement() { add(-1) }

    /// The value.
    public var value: Double {
        withExtendedLifetime(block) { Double(bitPattern: cell.pointee.value.load(ordering: .relaxed)) }
    }

    @inlinable
    func markShown() {
        if !cell.pointee.isShown.load(ordering: .relaxed) { cell.pointee.isShown.store(true, ordering: .relaxed) }
    }
}
