internal import CoreMetrics
internal import Synchronization

/// What swift-metrics' objects hold: a child that can be taken out again.
protocol RegistryHandler {
    var place: NamedFamily.Place { get }
}

extension RegistryHandler {
    /// Shows it no more.
    func remove() { place.remove() }
}

final class RegistryCounter: CounterHandler, RegistryHandler {
    let place: NamedFamily.Place
    private let child: CounterChild

    init(_ place: NamedFamily.Place) {
        self.place = place
        child = place.child(CounterKind.self)
    }

    /// Adds; a counter does not go back.
    func increment(by amount: Int64) {
        if amount > 0 { child.increment(by: UInt64(amount)) }
    }

    func reset() { child.reset() }
}

final class RegistryFractionCounter: FloatingPointCounterHandler, RegistryHandler {
    let place: NamedFamily.Place
    private let child: GaugeChild

    init(_ place: NamedFamily.Place) {
        self.place = place
        // The cell of a fraction is a gauge's.
        child = place.child(GaugeKind.self)
    }

    /// Adds; a counter does not go back.
    func increment(by amount: Double) {
        if amount > 0, amount.isFinite { child.add(amount) }
    }

    func reset() { child.set(0) }
}

final class RegistryGauge: MeterHandler, RecorderHandler, RegistryHandler {
    let place: NamedFamily.Place
    private let child: GaugeChild

    init(_ place: NamedFamily.Place) {
        self.place = place
        child = place.child(GaugeKind.self)
    }

    func set(_ value: Int64) { child.set(Double(value)) }
    func set(_ value: Double) { child.set(value) }
    func increment(by amount: Double) { child.add(amount) }
    func decrement(by amount: Double) { child.add(-amount) }
    func record(_ value: Int64) { set(value) }
    func record(_ value: Double) { set(value) }
}

final class RegistryTimer: TimerHandler, RegistryHandler {
    let place: NamedFamily.Place
    private let child: DurationHistogramChild

    init(_ place: NamedFamily.Place) {
        self.place = place
        child = place.child(DurationKind.self)
    }

    func recordNanoseconds(_ duration: Int64) { child.record(UInt64(clamping: duration)) }
}

final class RegistryRecorder: RecorderHandler, RegistryHandler {
    let place: NamedFamily.Place
    private let child: MetricChild<NumberKind>

    init(_ place: NamedFamily.Place) {
        self.place = place
        child = place.child(NumberKind.self)
    }

    func record(_ value: Int64) { child.record(Double(value)) }
    func record(_ value: Double) { child.record(value) }
}

extension MetricChild where Kind == CounterKind {
    /// Begins at 0 again.
    fileprivate func reset() {
        withExtendedLifetime(block) { cell.pointee.value.store(0, ordering: .relaxed) }
    }
}

/// Any numbers, counted in buckets.
enum NumberKind: ChildKind {}

extension MetricChild where Kind == NumberKind {
    /// Counts a number; one that is none is not counted.
    fileprivate func record(_ value: Double) {
        guard value.isFinite else { return }
        MetricChild<GaugeKind>(block: block, cell: cell).add(value)
        let bounds = block.scale.numberBounds
        let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
        withExtendedLifetime(block) {
            _ = block.table.count(bucket, of: cell).pointee.wrappingAdd(1, ordering: .relaxed)
        }
    }
}
