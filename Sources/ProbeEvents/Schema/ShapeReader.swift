/// A decoder that has nothing to decode: it notes what a type asks for, and answers with the least value of each kind.
///
/// So the schema is that of the code which reads, and no list beside it.
final class ShapeReader: Decoder {
    /// The members that were asked for.
    private(set) var members = ObjectShape()
    private var optional: Set<String> = []
    private let answers: [String: any Sendable]
    private let objects: ObjectTable

    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]

    /// A reader that answers so for some members, and notes the objects that it meets in the table.
    init(answers: [String: any Sendable] = [:], objects: ObjectTable) {
        (self.answers, self.objects) = (answers, objects)
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(Members(reader: self))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer { throw Self.unexpected }

    func singleValueContainer() throws -> any SingleValueDecodingContainer { throw Self.unexpected }

    fileprivate func noteOptional(_ name: String) { optional.insert(name) }

    fileprivate func answer<Value: Decodable>(_ name: String, as type: Value.Type) throws -> Value {
        let (shape, least) = try objects.shape(of: type)
        members[name] = MemberShape(value: shape, isOptional: optional.contains(name))
        return answers[name] as? Value ?? least
    }

    /// An event's types are built of members only.
    fileprivate static var unexpected: DecodingError {
        .dataCorrupted(DecodingError.Context(codingPath: [], debugDescription: "a shape that no event has"))
    }
}

/// The shapes of the objects that stand inside of events.
final class ObjectTable {
    private(set) var shapes: [String: ObjectShape] = [:]

    /// What a value of this type is like, and the least one.
    func shape<Value: Decodable>(of type: Value.Type) throws -> (ValueShape, Value) {
        if let plain = type as? any PlainShape.Type, let least = plain.least as? Value { return (plain.shape, least) }
        if let list = type as? any ListShape.Type, let empty = list.empty as? Value {
            return (.list(try list.element(in: self)), empty)
        }
        if let words = type as? any ClosedVocabulary.Type { return try choice(words) }
        let reader = ShapeReader(objects: self)
        let least = try Value(from: reader)
        let name = "\(Value.self)"
        shapes[name] = reader.members
        return (.object(name), least)
    }

    private func choice<Words: ClosedVocabulary, Value>(_ type: Words.Type) throws -> (ValueShape, Value) {
        guard let least = Words.allCases.first as? Value else { throw ShapeReader.unexpected }
        return (.oneOf(Words.allCases.map(\.name)), least)
    }
}

/// A type that JSON writes as one value.
private protocol PlainShape {
    static var shape: ValueShape { get }
    static var least: Self { get }
}

extension PlainShape where Self: FixedWidthInteger {
    static var shape: ValueShape { .integer(min: Int64(Self.min), max: UInt64(Self.max)) }
    static var least: Self { 0 }
}

extension Int: PlainShape {}
extension Int16: PlainShape {}
extension Int32: PlainShape {}
extension Int64: PlainShape {}
extension UInt8: PlainShape {}
extension UInt16: PlainShape {}
extension UInt32: PlainShape {}
extension UInt64: PlainShape {}

extension Bool: PlainShape {
    static var shape: ValueShape { .boolean }
    static var least: Bool { false }
}

extension Double: PlainShape {
    static var shape: ValueShape { .number }
    static var least: Double { 0 }
}

extension String: PlainShape {
    static var shape: ValueShape { .text }
    static var least: String { "" }
}

extension HexBytes: PlainShape {
    static var shape: ValueShape { .hex }
    static var least: HexBytes { [] }
}

private protocol ListShape {
    static var empty: Self { get }
    static func element(in objects: ObjectTable) throws -> ValueShape
}

extension Array: ListShape where Element: Decodable {
    static var empty: [Element] { [] }
    static func element(in objects: ObjectTable) throws -> ValueShape { try objects.shape(of: Element.self).0 }
}

/// The members of an object that a type asks for.
private struct Members<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let reader: ShapeReader
    let codingPath: [any CodingKey] = []
    let allKeys: [Key] = []

    /// Asked before what may be left out.
    func contains(_ key: Key) -> Bool {
        reader.noteOptional(key.stringValue)
        return true
    }

    func decodeNil(forKey key: Key) -> Bool { false }

    /// One for all: each of the protocol's own types is noted in the same way.
    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try reader.answer(key.stringValue, as: type)
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<NestedKey> { throw ShapeReader.unexpected }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        throw ShapeReader.unexpected
    }

    func superDecoder() throws -> any Decoder { throw ShapeReader.unexpected }

    func superDecoder(forKey key: Key) throws -> any Decoder { throw ShapeReader.unexpected }
}
