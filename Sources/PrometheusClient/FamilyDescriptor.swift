import Synchronization

/// What kind of numbers a family holds.
public enum MetricKind: String, Sendable, Hashable {
    /// Only grows.
    case counter
    /// Goes up and down.
    case gauge
    /// Counts values in buckets.
    case histogram
    /// Tells facts as labels; its value is 1.
    case info
}

/// The unit of a family's numbers.
public struct MetricUnit: Sendable, Hashable {
    /// The word that ends the family's name; empty for plain numbers.
    public let suffix: String
    /// The code of the Unified Code for Units of Measure, as OpenTelemetry writes it.
    public let ucum: String

    /// A unit from its word and its code.
    public init(suffix: String, ucum: String) {
        self.suffix = suffix
        self.ucum = ucum
    }

    /// Plain numbers.
    public static let none = MetricUnit(suffix: "", ucum: "1")
    /// Seconds.
    public static let seconds = MetricUnit(suffix: "seconds", ucum: "s")
    /// Bytes.
    public static let bytes = MetricUnit(suffix: "bytes", ucum: "By")
}

/// What a family is called and what it holds, without its numbers.
public struct FamilyDescriptor: Sendable, Hashable {
    /// The name as queries use it: a counter's with `_total`, an info's with `_info`.
    public let name: String
    /// One sentence for people.
    public let help: String
    /// What kind of numbers.
    public let kind: MetricKind
    /// Their unit.
    public let unit: MetricUnit
    /// The labels, in order.
    public let labels: [LabelSpec]
    /// A histogram's upper bounds as text (`0.005`, `16.0`), without `+Inf`; else empty.
    public let bucketBounds: [String]

    /// A descriptor from its parts.
    init(
        name: String, help: String, kind: MetricKind, unit: MetricUnit, labels: [LabelSpec],
        bucketBounds: [String] = []
    ) {
        self.name = name
        self.help = help
        self.kind = kind
        self.unit = unit
        self.labels = labels
        self.bucketBounds = bucketBounds
    }

    /// The name without the ending that its kind demands; what OpenMetrics calls the family.
    public var baseName: String {
        switch kind {
        case .counter: name.dropping(suffix: "_total")
        case .info: name.dropping(suffix: "_info")
        case .gauge, .histogram: name
        }
    }

    /// The label values of the child with this index; labels without a list are empty.
    func labelTexts(ofIndex index: Int) -> [String] {
        var rest = index
        var texts: [String] = []
        for label in labels.reversed() {
            let domain = label.domain ?? [""]
            texts.append(domain[rest % domain.count])
            rest /= domain.count
        }
        return texts.reversed()
    }

    /// Whether a child with closed labels is shown: one that was used or asked for.
    func shows(_ cell: UnsafeMutablePointer<MetricCell>) -> Bool {
        // A histogram's sum may be there an instant before its first count.
        cell.pointee.isShown.load(ordering: .relaxed)
            || kind != .histogram && cell.pointee.value.load(ordering: .relaxed) != 0
    }

    /// Every name that samples of this family may have in some format; no other family may use one of them.
    var reservedNames: [String] {
        switch kind {
        case .counter: [baseName, baseName + "_total", baseName + "_created"]
        case .gauge: [name]
        case .histogram: [name] + ["_bucket", "_count", "_sum", "_created"].map { name + $0 }
        case .info: [baseName, baseName + "_info"]
        }
    }
}

/// A family that a ``Registry`` can hold.
public protocol MetricFamilyDeclaration: Sendable {
    /// What it is called and what it holds.
    var descriptor: FamilyDescriptor { get }
    /// What the registry reads at a scrape.
    var storage: FamilyStorage { get }
}

extension MetricFamilyDeclaration {
    /// The name as queries use it.
    public var name: String { descriptor.name }
}

/// The part of a family that a registry reads; opaque to others.
public struct FamilyStorage: Sendable {
    let source: any FamilySource
}

/// What the exposition asks of a family.
protocol FamilySource: AnyObject, Sendable {
    var descriptor: FamilyDescriptor { get }

    /// Called once, when a registry takes the family.
    func attach(seriesLimit: Int, onRefusal: @escaping @Sendable (_ family: String) -> Void)

    /// The children of this moment with their text; numbers are read later, by the renderer.
    func prepare() -> PreparedFamily

    /// The children of this moment with their numbers.
    func snapshot() -> FamilySnapshot
}

extension String {
    func dropping(suffix: String) -> String {
        hasSuffix(suffix) ? String(dropLast(suffix.count)) : self
    }
}
