/// The columns of a table whose rows are found by labels: labels first, then a query each.
package struct TableColumns: Sendable {
    /// A label that is shown.
    struct Key: Sendable {
        let label: String
        let title: String
        /// Where a click leads.
        var link: JSON?

        init(_ label: String, _ title: String, link: JSON? = nil) {
            (self.label, self.title, self.link) = (label, title, link)
        }
    }

    /// A query's value.
    struct Value: Sendable {
        let title: String
        let unit: Unit
        let query: Query
        var thresholds: Thresholds?
        var mappings: [ValueMapping] = []
        /// Labels alone are of use: the value is left out.
        var isHidden = false

        init(
            _ title: String, _ unit: Unit, _ query: Query, thresholds: Thresholds? = nil,
            mappings: [ValueMapping] = []
        ) {
            (self.title, self.unit, self.query) = (title, unit, query)
            (self.thresholds, self.mappings) = (thresholds, mappings)
        }

        /// A query that is asked for its labels.
        static func labels(of query: Query) -> Value {
            var value = Value("", .none, query)
            value.isHidden = true
            return value
        }
    }

    let keys: [Key]
    let values: [Value]
    /// Labels that come with a query and say nothing here.
    var hiddenLabels: [String] = []

    var targets: [Target] { values.map { Target($0.query, as: .table) } }

    /// Rows of all queries with the same labels become one; then order and titles.
    var transformations: [JSON] {
        let hidden = ["Time"] + hiddenLabels + shown.filter(\.value.isHidden).map(\.field)
        let visible = shown.filter { !$0.value.isHidden }
        let titles = keys.map { ($0.label, $0.title) } + visible.map { ($0.field, $0.value.title) }
        return [
            ["id": "merge", "options": [:]],
            [
                "id": "organize",
                "options": [
                    "excludeByName": Self.object(hidden.map { ($0, true) }),
                    "indexByName": Self.object(titles.enumerated().map { ($1.0, .integer($0)) }),
                    "renameByName": Self.object(titles.map { ($0, .string($1)) }),
                ],
            ],
        ]
    }

    var overrides: [FieldOverride] { keys.compactMap(Self.linked) + values.filter { !$0.isHidden }.map(Self.styled) }

    /// The only query's field has no letter.
    private var shown: [(field: String, value: Value)] {
        values.enumerated().map { (field: values.count == 1 ? "Value" : "Value #\(Target.name($0))", value: $1) }
    }

    private static func linked(_ key: Key) -> FieldOverride? {
        key.link.map { FieldOverride(field: key.title, properties: [(id: "links", value: [$0])]) }
    }

    private static func styled(_ value: Value) -> FieldOverride {
        var properties: [(id: String, value: JSON)] = [(id: "unit", value: .string(value.unit.rawValue))]
        if let thresholds = value.thresholds {
            properties.append((id: "thresholds", value: thresholds.json))
            properties.append((id: "custom.cellOptions", value: ["type": "color-text"]))
        }
        if !value.mappings.isEmpty { properties.append((id: "mappings", value: ValueMapping.json(value.mappings))) }
        return FieldOverride(field: value.title, properties: properties)
    }

    private static func object(_ members: [(String, JSON)]) -> JSON { .object(Dictionary(members) { $1 }) }
}

extension Panel {
    /// A table with these columns.
    static func table(
        _ title: String, width: Int, _ description: String, whenEmpty emptyText: String, _ columns: TableColumns
    ) -> Panel {
        Panel(title, .table, .none, width: width, description, whenEmpty: emptyText, targets: columns.targets)
            .with(\.transformations, columns.transformations)
            .with(\.overrides, columns.overrides)
    }
}
