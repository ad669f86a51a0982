/// Moments that a query finds, drawn across all panels of a dashboard.
package struct Annotation: Sendable {
    /// What they are called.
    package let name: String
    /// Gives 1 or more while it is so.
    package let query: Query
    let title: String
    let color: Color

    var json: JSON {
        [
            "name": .string(name), "datasource": Dashboard.dataSource, "enable": true, "hide": false,
            "iconColor": .string(color.rawValue), "expr": .string(query.text), "step": "30s",
            "titleFormat": .string(title), "tagKeys": "instance",
        ]
    }

    /// What people write into Grafana themselves.
    static let written: JSON = [
        "builtIn": 1, "name": "Annotations & Alerts", "type": "dashboard", "enable": true, "hide": true,
        "datasource": ["type": "grafana", "uid": "-- Grafana --"], "iconColor": "rgba(0, 211, 255, 1)",
    ]
}
