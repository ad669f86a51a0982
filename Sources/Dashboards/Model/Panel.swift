/// A panel of a dashboard; where it stands follows from its line.
package struct Panel: Sendable {
    /// What it is called; no other panel of its dashboard is.
    package let title: String
    let visualization: Visualization
    let description: String
    let unit: Unit
    let width: Int
    /// What it says instead of "No data".
    let emptyText: String
    /// Its queries.
    package let targets: [Target]
    var thresholds = Thresholds.none
    var mappings: [ValueMapping] = []
    var overrides: [FieldOverride] = []
    var transformations: [JSON] = []
    var minimum: Double?
    var maximum: Double?
    var decimals: Int?
    /// The least time between points.
    var step: String?

    /// A panel with what each must have.
    ///
    /// - Parameters:
    ///   - description: what to look for.
    ///   - width: columns, of 24.
    ///   - emptyText: why there may be nothing to see.
    init(
        _ title: String, _ visualization: Visualization, _ unit: Unit, width: Int, _ description: String,
        whenEmpty emptyText: String, _ targets: Target...
    ) {
        self.init(title, visualization, unit, width: width, description, whenEmpty: emptyText, targets: targets)
    }

    /// The same with the queries as a list.
    init(
        _ title: String, _ visualization: Visualization, _ unit: Unit, width: Int, _ description: String,
        whenEmpty emptyText: String, targets: [Target]
    ) {
        self.title = title
        self.visualization = visualization
        self.unit = unit
        self.width = width
        self.description = description
        self.emptyText = emptyText
        self.targets = targets
        step = visualization.step
    }

    /// The same with one thing changed.
    func with<Value>(_ property: WritableKeyPath<Panel, Value>, _ value: Value) -> Panel {
        var panel = self
        panel[keyPath: property] = value
        return panel
    }

    func json(id: Int, place: JSON) -> JSON {
        var members: [String: JSON] = [
            "id": .integer(id), "type": .string(visualization.type), "title": .string(title),
            "description": .string(description), "gridPos": place, "datasource": Dashboard.dataSource,
            "targets": .array(targets.enumerated().map { $1.json(index: $0, step: step) }),
            "fieldConfig": ["defaults": defaults, "overrides": .array(overrides.map(\.json))],
            "options": visualization.options(unit: unit), "pluginVersion": "9.0.0",
        ]
        if !transformations.isEmpty { members["transformations"] = .array(transformations) }
        return .object(members)
    }

    private var defaults: JSON {
        var members: [String: JSON] = [
            "unit": .string(unit.rawValue), "noValue": .string(emptyText), "thresholds": thresholds.json,
            "color": ["mode": visualization.colorMode], "mappings": ValueMapping.json(mappings),
            "custom": visualization.custom,
        ]
        members["min"] = minimum.map(JSON.number)
        members["max"] = maximum.map(JSON.number)
        members["decimals"] = decimals.map(JSON.integer)
        return .object(members)
    }
}
