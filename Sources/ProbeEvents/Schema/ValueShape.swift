/// What a JSON value must be like: the part of JSON Schema that events need.
indirect enum ValueShape {
    /// A truth value.
    case boolean
    /// Any text.
    case text
    /// One of these texts.
    case oneOf([String])
    /// Pairs of hex digits.
    case hex
    /// A number, perhaps with a fraction.
    case number
    /// A whole number in a range that 64 bits hold.
    case integer(min: Int64, max: UInt64)
    /// This whole number.
    case exactly(Int)
    /// An object of the shape with that name.
    case object(String)
    /// Values of one shape, in order.
    case list(ValueShape)
}

/// A member of an object.
struct MemberShape {
    /// What its value is like.
    var value: ValueShape
    /// Whether it may be left out, or null.
    var isOptional: Bool
}

/// The members of an object by name; it may have others.
typealias ObjectShape = [String: MemberShape]

extension ValueShape: Encodable {
    // ECMA's `$` is the very end, and Python's is not: (?!.) in both, with [\s\S] for line feeds.
    private static let hexPattern = #"^(?:[0-9A-Fa-f]{2})*(?![\s\S])"#

    func encode(to encoder: any Encoder) throws { try keywords(isOptional: false).encode(to: encoder) }

    fileprivate func keywords(isOptional: Bool) -> Keywords {
        var words = Keywords()
        func type(_ name: String) { words.type = isOptional ? [name, "null"] : [name] }
        switch self {
        case .boolean: type("boolean")
        case .text: type("string")
        case .number: type("number")
        case .oneOf(let names): words.choices = names.map { $0 } + (isOptional ? [nil] : [])
        case .hex:
            type("string")
            words.pattern = Self.hexPattern
        case .integer(let min, let max):
            type("integer")
            (words.minimum, words.maximum) = (min, max)
        case .exactly(let number):
            type("integer")
            words.constant = number
        case .list(let element):
            type("array")
            words.items = Box(element)
        case .object(let name) where isOptional:
            words.anyOf = [.reference(name), Keywords(type: ["null"])]
        case .object(let name): words = .reference(name)
        }
        return words
    }
}

extension MemberShape: Encodable {
    func encode(to encoder: any Encoder) throws { try value.keywords(isOptional: isOptional).encode(to: encoder) }
}

/// The words of JSON Schema, draft 2020-12, that say what a value is like.
private struct Keywords: Encodable {
    var type: [String]?
    var choices: [String?]?
    var pattern: String?
    var minimum: Int64?
    var maximum: UInt64?
    var constant: Int?
    var items: Box?
    var anyOf: [Keywords]?
    var reference: String?

    static func reference(_ name: String) -> Keywords { Keywords(reference: "#/$defs/\(name)") }

    enum CodingKeys: String, CodingKey {
        case type, pattern, minimum, maximum, items, anyOf
        case choices = "enum"
        case constant = "const"
        case reference = "$ref"
    }
}

private struct Box: Encodable {
    private let shape: ValueShape

    init(_ shape: ValueShape) { self.shape = shape }

    func encode(to encoder: any Encoder) throws { try shape.encode(to: encoder) }
}
