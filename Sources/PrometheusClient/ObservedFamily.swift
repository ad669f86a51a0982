import Synchronization

/// A counter or gauge whose numbers are read from elsewhere at each scrape.
public struct ObservedFamily: MetricFamilyDeclaration {
    private let store: ObservedStore

    /// What it is called and what it holds.
    public var descriptor: FamilyDescriptor { store.descriptor }
    /// What the registry reads at a scrape.
    public var storage: FamilyStorage { FamilyStorage(source: store) }

    /// Declares a family that shows nothing until it is told how to read.
    public init(
        _ kind: ObservedKind, _ name: String, _ help: String, unit: MetricUnit = .none,
        labels: some LabelSet = NoLabels()
    ) {
        store = ObservedStore(
            descriptor: FamilyDescriptor(
                name: name, help: help, kind: kind == .counter ? .counter : .gauge, unit: unit, labels: labels.specs))
    }

    /// Reads one number at each scrape; nil shows nothing.
    public func read(_ read: @escaping @Sendable () -> Double?) {
        readAll { samples in
            if let value = read() { samples.append(value) }
        }
    }

    /// Reads any number of samples at each scrape; the last reader given is used.
    ///
    /// It runs on the thread that renders: it should be quick.
    public func readAll(_ read: @escaping @Sendable (inout ObservedSamples) -> Void) {
        store.state.withLock { $0.read = read }
    }
}

/// What an ``ObservedFamily`` may hold.
public enum ObservedKind: Sendable {
    /// Only grows.
    case counter
    /// Goes up and down.
    case gauge
}

/// Collects what a reader of an ``ObservedFamily`` sees.
public struct ObservedSamples {
    private let limit: Int
    private(set) var children: [ChildSnapshot] = []
    private(set) var refused = 0

    init(limit: Int) { self.limit = limit }

    /// Adds a sample; label values in the declared order, each combination once. Past the series limit it is refused
    /// and counted.
    public mutating func append(_ value: Double, _ labels: String...) {
        guard children.count < limit else {
            refused += 1
            return
        }
        children.append(ChildSnapshot(labelValues: labels.map { OpenLabel($0).labelText }, value: .number(value)))
    }
}

private final class ObservedStore: FamilySource {
    struct State {
        var limit = Registry.defaultSeriesLimit
        var onRefusal: @Sendable (_ family: String) -> Void = { _ in }
        var read: @Sendable (inout ObservedSamples) -> Void = { _ in }
    }

    let descriptor: FamilyDescriptor
    /// No closure alone: Swift 6.3 wraps one in a mutex into another each time it is read.
    let state = Mutex(State())

    init(descriptor: FamilyDescriptor) { self.descriptor = descriptor }

    func attach(seriesLimit: Int, onRefusal: @escaping @Sendable (_ family: String) -> Void) {
        state.withLock { ($0.limit, $0.onRefusal) = (seriesLimit, onRefusal) }
    }

    func prepare() -> PreparedFamily {
        var lines: [UInt8] = []
        for child in children() {
            guard case .number(let value) = child.value else { continue }
            SampleText.append(name: descriptor.name, labels: descriptor.labels, texts: child.labelValues, to: &lines)
            NumberText.append(value, to: &lines)
            lines.append(UInt8(ascii: "\n"))
        }
        return PreparedFamily(header: HeaderText(descriptor), lines: lines)
    }

    func snapshot() -> FamilySnapshot { FamilySnapshot(descriptor: descriptor, children: children()) }

    private func children() -> [ChildSnapshot] {
        let state = state.withLock { $0 }
        var samples = ObservedSamples(limit: state.limit)
        state.read(&samples)
        for _ in 0..<samples.refused { state.onRefusal(descriptor.name) }
        return samples.children
    }
}
