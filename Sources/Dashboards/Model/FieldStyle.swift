/// A colour by Grafana's name for it.
package enum Color: String, Sendable {
    case green, yellow, orange, red, blue, purple
    case grey = "text"
}

/// From which value on a number has another colour; the first has no bound.
package struct Thresholds: Sendable {
    let base: Color
    let steps: [(value: Double, color: Color)]

    /// A colour, and the values from which others take its place.
    init(_ base: Color, _ steps: (Double, Color)...) {
        (self.base, self.steps) = (base, steps.map { (value: $0, color: $1) })
    }

    /// No value is better than another.
    static let none = Thresholds(.blue)

    var json: JSON {
        let first: JSON = ["color": .string(base.rawValue), "value": nil]
        return [
            "mode": "absolute",
            "steps": .array(
                [first] + steps.map { ["color": .string($0.color.rawValue), "value": .number($0.value)] }),
        ]
    }
}

/// A word and a colour in a value's place.
package struct ValueMapping: Sendable {
    let value: Int
    let text: String
    let color: Color

    /// All mappings of a field.
    static func json(_ mappings: [ValueMapping]) -> JSON {
        guard !mappings.isEmpty else { return [] }
        let options = mappings.enumerated().map { index, mapping in
            let shown: JSON = [
                "text": .string(mapping.text), "color": .string(mapping.color.rawValue), "index": .integer(index),
            ]
            return ("\(mapping.value)", shown)
        }
        return [["type": "value", "options": .object(Dictionary(options) { $1 })]]
    }
}

/// What one field, found by its name, has that the others of its panel do not.
package struct FieldOverride: Sendable {
    let field: String
    let properties: [(id: String, value: JSON)]

    /// A fixed colour for a series.
    static func color(_ color: Color, of field: String) -> FieldOverride {
        FieldOverride(
            field: field,
            properties: [(id: "color", value: ["mode": "fixed", "fixedColor": .string(color.rawValue)])])
    }

    /// Good is green, bad is red.
    static func verdicts(good: [String], bad: [String]) -> [FieldOverride] {
        good.map { .color(.green, of: $0) } + bad.map { .color(.red, of: $0) }
    }

    var json: JSON {
        [
            "matcher": ["id": "byName", "options": .string(field)],
            "properties": .array(properties.map { ["id": .string($0.id), "value": $0.value] }),
        ]
    }
}
