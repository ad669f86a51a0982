internal import FoundationEssentials

/// The JSON Schema (draft 2020-12) of event lines, made from the types that read them.
///
/// It says what a line is like. What must have come before it, how long a name may be in bytes, and who may tell it, is
/// the reader's to say: `cardlink-probe events check` does.
public enum EventSchema {
    /// The schema as JSON text.
    public static func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(document()), as: UTF8.self) + "\n"
    }

    private static func document() throws -> Document {
        let objects = ObjectTable()
        var kinds: [(String, ObjectShape)] = []
        for kind in EventKind.allCases.map(\.rawValue) { kinds.append((kind, try shape(of: kind, objects))) }
        let events = Dictionary(uniqueKeysWithValues: kinds.map { ($0, Definition($1)) })
        return Document(
            properties: [
                "v": MemberShape(value: .exactly(EventLine.version), isOptional: false),
                "event": MemberShape(value: .oneOf(kinds.map(\.0)), isOptional: false),
            ],
            allOf: kinds.map { Choice(kind: $0.0) },
            definitions: events.merging(objects.shapes.mapValues(Definition.init)) { event, _ in event })
    }

    /// The members of one kind of event, without those that say which one it is.
    private static func shape(of kind: String, _ objects: ObjectTable) throws -> ObjectShape {
        let reader = ShapeReader(answers: ["v": EventLine.version, "event": kind], objects: objects)
        _ = try VersionedEvent(from: reader)
        return reader.members.filter { $0.key != "v" && $0.key != "event" }
    }
}

/// The whole: which kind a line is of, and for each the shape that it then has.
private struct Document: Encodable {
    let schema = "https://json-schema.org/draft/2020-12/schema"
    let title = "CardLink Probe event"
    let type = "object"
    let required = ["v", "event"]
    let properties: ObjectShape
    let allOf: [Choice]
    let definitions: [String: Definition]

    enum CodingKeys: String, CodingKey {
        case title, type, required, properties, allOf
        case schema = "$schema"
        case definitions = "$defs"
    }
}

/// An object's members; it may have others.
private struct Definition: Encodable {
    let type = "object"
    let properties: ObjectShape
    let required: [String]

    init(_ shape: ObjectShape) {
        properties = shape
        required = shape.filter { !$0.value.isOptional }.keys.sorted()
    }
}

/// If the kind is this, then the line is like that.
private struct Choice: Encodable {
    struct Kind: Encodable {
        struct Members: Encodable {
            struct Constant: Encodable { let const: String }
            let event: Constant
        }
        let properties: Members
        let required = ["event"]
    }
    struct Reference: Encodable {
        let reference: String
        enum CodingKeys: String, CodingKey { case reference = "$ref" }
    }
    let `if`: Kind
    let then: Reference

    init(kind: String) {
        self.if = Kind(properties: .init(event: .init(const: kind)))
        then = Reference(reference: "#/$defs/\(kind)")
    }
}
