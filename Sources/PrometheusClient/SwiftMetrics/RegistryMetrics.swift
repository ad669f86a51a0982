public import CoreMetrics
internal import Synchronization

/// A back end of swift-metrics: what any library records by it is in a ``Registry``.
///
/// A program's main installs it once: `MetricsSystem.bootstrap(RegistryMetrics(registry))`. A counter becomes a counter, a
/// timer a histogram of durations, a recorder a histogram, a meter, a gauge and a recorder that does not aggregate a gauge.
///
/// Names get the endings that their kinds demand, and characters that Prometheus does not know become `_`. The labels of a
/// family are the dimensions of its first metric: later ones leave out what that one had not. Families and series have
/// limits, and what is beyond them the registry counts as refused.
public final class RegistryMetrics: MetricsFactory {
    /// Upper bounds of timers, seconds, unless told otherwise.
    public static let durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
    /// Upper bounds of recorders, unless told otherwise.
    public static let valueBuckets: [Double] = [1, 5, 10, 50, 100, 500, 1_000, 5_000, 10_000, 100_000, 1_000_000]

    private struct Key: Hashable {
        var name: String
        var shape: NamedFamily.Shape
    }

    private let registry: Registry
    private let familyLimit: Int
    private let durationScale: HistogramScale
    private let valueScale: HistogramScale
    private let durationTexts: [String]
    private let valueTexts: [String]
    /// nil for a name that another family has.
    private let families = Mutex<[Key: NamedFamily?]>([:])

    /// A back end whose families are in this registry.
    ///
    /// - Parameters:
    ///   - registry: where they are made.
    ///   - familyLimit: so many names of metrics are followed.
    ///   - durationBuckets: upper bounds of timers in seconds, ascending.
    ///   - valueBuckets: upper bounds of recorders, ascending.
    public init(
        _ registry: Registry, familyLimit: Int = 1_000, durationBuckets: [Double] = RegistryMetrics.durationBuckets,
        valueBuckets: [Double] = RegistryMetrics.valueBuckets
    ) {
        self.registry = registry
        self.familyLimit = familyLimit
        let nanoseconds = durationBuckets.map { bound in
            precondition(bound > 0 && bound < 1e9, "bucket bound \(bound) s; above 0 and below 1e9 are possible")
            return UInt64((bound * 1e9).rounded())
        }
        durationScale = .durations(boundsNanoseconds: nanoseconds)
        durationTexts = nanoseconds.map(NumberText.bound(nanoseconds:))
        valueScale = .numbers(bounds: valueBuckets)
        valueTexts = valueBuckets.map(NumberText.bound)
    }

    /// A counter.
    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        guard let place = place(label, .counter, dimensions) else { return NOOPMetricsHandler.instance }
        return RegistryCounter(place)
    }

    /// A counter of fractions.
    public func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        guard let place = place(label, .fractionCounter, dimensions) else { return NOOPMetricsHandler.instance }
        return RegistryFractionCounter(place)
    }

    /// A gauge.
    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        guard let place = place(label, .gauge, dimensions) else { return NOOPMetricsHandler.instance }
        return RegistryGauge(place)
    }

    /// A histogram, or a gauge where only the last value is wanted.
    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        guard let place = place(label, aggregate ? .histogram : .gauge, dimensions) else {
            return NOOPMetricsHandler.instance
        }
        return aggregate ? RegistryRecorder(place) : RegistryGauge(place)
    }

    /// A histogram of durations.
    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        guard let place = place(label, .timer, dimensions) else { return NOOPMetricsHandler.instance }
        return RegistryTimer(place)
    }

    /// Shows it no more.
    public func destroyCounter(_ handler: any CounterHandler) { (handler as? any RegistryHandler)?.remove() }
    /// Shows it no more.
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {
        (handler as? any RegistryHandler)?.remove()
    }
    /// Shows it no more.
    public func destroyMeter(_ handler: any MeterHandler) { (handler as? any RegistryHandler)?.remove() }
    /// Shows it no more.
    public func destroyRecorder(_ handler: any RecorderHandler) { (handler as? any RegistryHandler)?.remove() }
    /// Shows it no more.
    public func destroyTimer(_ handler: any TimerHandler) { (handler as? any RegistryHandler)?.remove() }

    private func place(
        _ label: String, _ shape: NamedFamily.Shape, _ dimensions: [(String, String)]
    ) -> NamedFamily.Place? {
        let key = Key(name: MetricName.family(label, shape), shape: shape)
        let labels = MetricName.labels(dimensions)
        let family = families.withLock { families -> NamedFamily? in
            if let known = families[key] { return known }
            guard families.count < familyLimit else { return nil }
            let made = NamedFamily(key.name, of: label, shape, labels: labels.map(\.name), buckets(shape))
            let taken = registry.take(made) == nil ? made : nil
            families[key] = .some(taken)
            return taken
        }
        guard let family else {
            registry.refuse(key.name)
            return nil
        }
        let place = family.place(labels)
        if place.isNarrowed { registry.refuse(key.name) }
        return place
    }

    private func buckets(_ shape: NamedFamily.Shape) -> (scale: HistogramScale, texts: [String]) {
        switch shape {
        case .timer: (durationScale, durationTexts)
        case .histogram: (valueScale, valueTexts)
        case .fractionCounter: (.fraction, [])
        case .counter, .gauge: (.none, [])
        }
    }
}
