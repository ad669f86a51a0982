/// A type whose values can stand behind a label's name.
public protocol LabelValue: Sendable {
    /// All texts it can have, or nil when a user supplies them.
    static var labelDomain: [String]? { get }
    /// The text that is shown.
    var labelText: String { get }
}

/// A label with a fixed list of values: each has a dense index, so that finding a child costs no hashing and no lock.
///
/// Where speed counts, make `labelIndex` inlinable in the module that records.
public protocol ClosedLabel: LabelValue {
    /// The texts, in the order of the indices; none twice, never empty.
    static var labelValues: [String] { get }
    /// The index of this value's text, from 0.
    var labelIndex: Int { get }
}

extension ClosedLabel {
    /// The fixed list.
    public static var labelDomain: [String]? { labelValues }
    /// The text at this value's index.
    public var labelText: String { Self.labelValues[labelIndex] }
}

/// `true` and `false` are a label's values, for instance whether something succeeded.
extension Bool: ClosedLabel {
    /// `false`, then `true`.
    public static var labelValues: [String] { ["false", "true"] }
    /// 0 for `false`.
    @inlinable public var labelIndex: Int { self ? 1 : 0 }
}

/// A label whose values a user supplies: each family takes a limited number of them.
///
/// Keep the child that a look-up gave when it is used often: only the look-up takes a lock.
public struct OpenLabel: LabelValue, ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
    /// How many bytes of UTF-8 a value may have; what is longer is cut at a character.
    public static let longestBytes = 1_024
    /// The text under which values are counted once a family is full.
    public static let overflow = "other"

    /// There is no fixed list.
    public static var labelDomain: [String]? { nil }
    /// The text as it is shown.
    public let labelText: String

    /// A label value with this text.
    ///
    /// Control characters other than the line feed, which the formats can write, and the separators of lines and
    /// paragraphs become U+FFFD: readers that take text apart at them would see half a line.
    public init(_ text: String) {
        labelText = Self.isPlain(text) ? text : Self.sanitised(text)
    }

    /// A label value with these bytes of UTF-8; what is none becomes U+FFFD.
    public init(utf8 bytes: some Collection<UInt8>) {
        // One byte can become three.
        self.init(String(decoding: bytes.prefix(Self.longestBytes + 1), as: UTF8.self))
    }

    /// A label value written out.
    public init(stringLiteral value: String) {
        self.init(value)
    }

    /// Whether it is short and has only printable characters of ASCII, as nearly all have.
    private static func isPlain(_ text: String) -> Bool {
        // All bytes are looked at, since that goes by vectors.
        text.utf8.count <= longestBytes
            && text.utf8.withContiguousStorageIfAvailable { $0.reduce(true) { $0 && $1 &- 0x20 < 0x5F } } == true
    }

    private static func sanitised(_ text: String) -> String {
        var kept = String.UnicodeScalarView()
        var bytes = 0
        for scalar in text.unicodeScalars {
            let shown = isShown(scalar) ? scalar : "\u{FFFD}"
            bytes += UTF8.width(shown)
            if bytes > longestBytes { break }
            kept.append(shown)
        }
        return String(kept)
    }

    private static func isShown(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0A: true
        case 0..<0x20, 0x7F...0x9F, 0x2028, 0x2029: false
        default: true
        }
    }
}

/// A label's name and its fixed list of values, if it has one.
public struct LabelSpec: Sendable, Hashable {
    /// The name before the equals sign.
    public let name: String
    /// The values it can have; nil when a user supplies them.
    public let domain: [String]?
}

/// The labels of a family: how many, their names and the types of their values.
public protocol LabelSet: Sendable {
    /// One entry a label, in order.
    var specs: [LabelSpec] { get }
}

/// No label: the family has exactly one child.
public struct NoLabels: LabelSet {
    /// Nothing.
    public var specs: [LabelSpec] { [] }

    /// The empty set.
    public init() {}
}

/// One label.
public struct OneLabel<A: LabelValue>: LabelSet {
    /// Its entry.
    public let specs: [LabelSpec]

    /// A label's name and the type of its values.
    public init(_ name: String, _ type: A.Type) {
        specs = [LabelSpec(name: name, domain: A.labelDomain)]
    }
}

/// Two labels.
public struct TwoLabels<A: LabelValue, B: LabelValue>: LabelSet {
    /// Their entries.
    public let specs: [LabelSpec]

    /// Each label's name and the type of its values.
    public init(_ first: String, _ a: A.Type, _ second: String, _ b: B.Type) {
        specs = [LabelSpec(name: first, domain: A.labelDomain), LabelSpec(name: second, domain: B.labelDomain)]
    }
}

/// Three labels.
public struct ThreeLabels<A: LabelValue, B: LabelValue, C: LabelValue>: LabelSet {
    /// Their entries.
    public let specs: [LabelSpec]

    /// Each label's name and the type of its values.
    public init(_ first: String, _ a: A.Type, _ second: String, _ b: B.Type, _ third: String, _ c: C.Type) {
        specs = [
            LabelSpec(name: first, domain: A.labelDomain), LabelSpec(name: second, domain: B.labelDomain),
            LabelSpec(name: third, domain: C.labelDomain),
        ]
    }
}
