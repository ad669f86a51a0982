/// One of the values behind a number, and where it came from: mostly the trace that it was part of.
public struct Exemplar: Sendable, Hashable {
    /// A name and what it is.
    public struct Label: Sendable, Hashable {
        /// The name, as a metric label's.
        public let name: String
        /// Anything.
        public let value: String

        /// A label from its parts.
        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// How many code points all names and values together may have (OpenMetrics 1.0).
    public static let longestLabels = 128

    /// Where the value came from.
    public let labels: [Label]
    /// The value: nanoseconds of a duration, bytes of a size, what was added to a counter.
    public let value: UInt64
    /// When it was, nanoseconds since 1970 in UTC.
    public let wallNanoseconds: UInt64

    /// An exemplar from its parts; nil when its labels are too long, or a name is bad or there twice.
    public init?(_ value: UInt64, labels: [Label], wallNanoseconds: UInt64) {
        let length = labels.reduce(0) { $0 + $1.name.unicodeScalars.count + $1.value.unicodeScalars.count }
        guard length <= Self.longestLabels, Set(labels.map(\.name)).count == labels.count,
            labels.allSatisfy({ FamilyDescriptor.isName($0.name, colons: false) })
        else { return nil }
        self.value = value
        self.labels = labels
        self.wallNanoseconds = wallNanoseconds
    }
}

extension MetricChild where Kind == CounterKind {
    /// Shows one of the amounts that were added before, and where it came from; false when its labels cannot be shown.
    @discardableResult
    public func setExemplar(_ amount: UInt64, labels: [Exemplar.Label], wallNanoseconds: UInt64) -> Bool {
        set(Exemplar(amount, labels: labels, wallNanoseconds: wallNanoseconds), bucket: 0)
    }
}

extension MetricChild where Kind == DurationKind {
    /// Shows one of the durations that were counted before at its bucket, and where it came from.
    ///
    /// Of several in one bucket the newest is shown. Returns false when its labels cannot be shown.
    @discardableResult
    public func setExemplar(_ nanoseconds: UInt64, labels: [Exemplar.Label], wallNanoseconds: UInt64) -> Bool {
        set(
            Exemplar(nanoseconds, labels: labels, wallNanoseconds: wallNanoseconds),
            bucket: block.scale.bucket(of: nanoseconds))
    }
}

extension MetricChild where Kind == SizeKind {
    /// Shows one of the sizes that were counted before at its bucket, and where it came from; as for a duration.
    @discardableResult
    public func setExemplar(_ size: UInt64, labels: [Exemplar.Label], wallNanoseconds: UInt64) -> Bool {
        set(
            Exemplar(size, labels: labels, wallNanoseconds: wallNanoseconds), bucket: block.scale.bucket(of: size))
    }
}

extension MetricChild {
    /// The exemplars that are shown now, those of lower buckets first.
    public var exemplars: [Exemplar] {
        block.exemplars.of(cell).sorted { $0.key < $1.key }.map(\.value)
    }

    private func set(_ exemplar: Exemplar?, bucket: Int) -> Bool {
        guard let exemplar else { return false }
        block.exemplars.set(exemplar, cell: cell, bucket: bucket)
        return true
    }
}
