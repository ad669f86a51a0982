/// What a reader chooses at the top of a dashboard.
package enum Variable: Sendable {
    /// Which Prometheus is asked.
    case dataSource
    /// Values of a label, any number of them at once; all at first.
    case labelValues(String, label: String, of: Series, title: String)
    /// Lengths of time.
    case interval(String, title: String, [String])

    /// What it is called behind `$`.
    package var name: String {
        switch self {
        case .dataSource: "datasource"
        case .labelValues(let name, _, _, _), .interval(let name, _, _): name
        }
    }

    var json: JSON {
        switch self {
        case .dataSource: Self.choiceOfSource
        case .labelValues(let name, let label, let series, let title):
            Self.labelValues(name, "label_values(\(series.selector), \(label))", title: title)
        case .interval(let name, let title, let lengths): Self.interval(name, title: title, lengths)
        }
    }

    private static let choiceOfSource: JSON = [
        "name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus", "regex": "",
        "hide": 0, "includeAll": false, "multi": false, "refresh": 1, "options": [], "skipUrlSync": false,
        "current": [:],
    ]

    private static func labelValues(_ name: String, _ query: String, title: String) -> JSON {
        [
            "name": .string(name), "label": .string(title), "type": "query", "datasource": Dashboard.dataSource,
            "definition": .string(query),
            "query": ["query": .string(query), "refId": .string("variable-\(name)")], "regex": "",
            "hide": 0, "includeAll": true, "multi": true, "refresh": 2, "sort": 1, "options": [],
            "skipUrlSync": false, "current": ["selected": true, "text": ["All"], "value": ["$__all"]],
        ]
    }

    private static func interval(_ name: String, title: String, _ lengths: [String]) -> JSON {
        let first = lengths.first ?? "1h"
        return [
            "name": .string(name), "label": .string(title), "type": "interval",
            "query": .string(lengths.joined(separator: ",")), "auto": false, "auto_count": 30, "auto_min": "10s",
            "hide": 0, "refresh": 2, "skipUrlSync": false,
            "current": ["selected": true, "text": .string(first), "value": .string(first)],
            "options": .array(
                lengths.map { ["selected": .bool($0 == first), "text": .string($0), "value": .string($0)] }),
        ]
    }
}
