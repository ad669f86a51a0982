/// A query of a panel, and how its answer is named and shaped.
package struct Target: Sendable {
    /// How the answer is asked for.
    package enum Shape: Sendable {
        /// Points over the time range.
        case series
        /// The last moment's values.
        case latest
        /// The last moment's values with their labels as columns.
        case table
        /// Buckets over the time range.
        case buckets
    }

    /// What is asked.
    package let query: Query
    /// How it is asked for.
    package let shape: Shape
    let legend: String
    let exemplars: Bool

    /// A query with the name of its series, `{{label}}` standing for a label's value.
    init(_ query: Query, _ legend: String = "", as shape: Shape = .series, exemplars: Bool = false) {
        (self.query, self.legend, self.shape, self.exemplars) = (query, legend, shape, exemplars)
    }

    func json(index: Int, step: String?) -> JSON {
        let isRange = shape == .series || shape == .buckets
        return [
            "refId": .string(Self.name(index)), "datasource": Dashboard.dataSource, "editorMode": "code",
            "expr": .string(query.text), "legendFormat": .string(legend.isEmpty ? "__auto" : legend),
            "format": .string(format), "range": .bool(isRange), "instant": .bool(!isRange),
            "exemplar": .bool(exemplars), "interval": .string(step ?? ""),
        ]
    }

    /// The letter of a panel's query, from `A`; no panel has more than the alphabet.
    static func name(_ index: Int) -> String { String(UnicodeScalar(UInt8(ascii: "A") + UInt8(index))) }

    private var format: String {
        switch shape {
        case .series, .latest: "time_series"
        case .table: "table"
        case .buckets: "heatmap"
        }
    }
}
