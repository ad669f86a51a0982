/// A family of histograms of whole numbers, mostly bytes.
public typealias SizeHistogram<Labels: LabelSet> = MetricFamily<SizeKind, Labels>
/// One child of a ``SizeHistogram``.
public typealias SizeHistogramChild = MetricChild<SizeKind>

extension MetricFamily where Kind == SizeKind {
    /// Declares a histogram with labels; `buckets` are upper bounds, ascending, without `+Inf`.
    public init(
        _ name: String, _ help: String, unit: MetricUnit = .bytes, labels: Labels, buckets: [UInt64],
        seriesLimit: Int? = nil
    ) {
        let descriptor = FamilyDescriptor(
            name: name, help: help, kind: .histogram, unit: unit, labels: labels.specs,
            bucketBounds: buckets.map { "\($0).0" })
        self.init(descriptor: descriptor, scale: .sizes(boundsBytes: buckets), seriesLimit: seriesLimit)
    }
}

extension MetricFamily where Kind == SizeKind, Labels == NoLabels {
    /// Declares a histogram without labels; `buckets` as in ``init(_:_:unit:labels:buckets:seriesLimit:)``.
    public init(_ name: String, _ help: String, unit: MetricUnit = .bytes, buckets: [UInt64]) {
        self.init(name, help, unit: unit, labels: NoLabels(), buckets: buckets)
    }

    /// Counts a size in the only child.
    @inlinable
    public func record(_ size: UInt64) { child.record(size) }
}

extension MetricChild where Kind == SizeKind {
    /// Counts a size.
    @inlinable
    public func record(_ size: UInt64) {
        withExtendedLifetime(block) { place.update(size).make() }
    }
}
