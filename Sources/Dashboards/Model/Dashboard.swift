/// A Grafana dashboard in the classic model: what it shows, without where.
package struct Dashboard: Sendable {
    /// What addresses and links call it; it never changes.
    package let uid: String
    /// What people call it.
    package let title: String
    /// What it is for, in a sentence.
    package let summary: String
    /// What a reader chooses.
    package let variables: [Variable]
    /// Faults across its panels.
    package let annotations: [Annotation]
    /// How far back it looks at first.
    var span = "1h"
    /// Its parts from top to bottom.
    package let sections: [Section]

    /// A part of a dashboard under a title.
    package struct Section: Sendable {
        let title: String
        /// Its panels, line by line.
        package let lines: [Line]

        init(_ title: String, _ lines: Line...) { (self.title, self.lines) = (title, lines) }
    }

    /// Panels beside one another.
    package struct Line: Sendable {
        let height: Int
        /// From left to right.
        package let panels: [Panel]

        init(height: Int = 8, _ panels: Panel...) { (self.height, self.panels) = (height, panels) }
    }

    /// The data source that a reader chose.
    static let dataSource: JSON = ["type": "prometheus", "uid": "${datasource}"]
    /// By this the dashboards find one another.
    static let tag = "cardlink"

    /// All its panels in reading order.
    package var panels: [Panel] { sections.flatMap { $0.lines.flatMap(\.panels) } }

    /// The model as Grafana reads it.
    package var json: JSON {
        [
            "id": nil, "uid": .string(uid), "title": .string(title), "description": .string(summary),
            "tags": [.string(Self.tag)], "schemaVersion": 36, "version": 1, "editable": true, "style": "dark",
            "timezone": "browser", "refresh": "30s", "graphTooltip": 1, "fiscalYearStartMonth": 0, "liveNow": false,
            "weekStart": "", "time": ["from": "now-\(span)", "to": "now"],
            "templating": ["list": .array(variables.map(\.json))],
            "annotations": ["list": .array([Annotation.written] + annotations.map(\.json))],
            "links": [Self.others], "panels": .array(placedPanels),
        ]
    }

    /// Links to the others, which keep what was chosen and the time.
    private static let others: JSON = [
        "type": "dashboards", "title": "", "tags": [.string(tag)], "asDropdown": false, "includeVars": true,
        "keepTime": true, "targetBlank": false, "icon": "external link", "tooltip": "", "url": "",
    ]

    /// Lines below one another on Grafana's grid of 24 columns, numbered as they are read.
    private var placedPanels: [JSON] {
        var placed: [JSON] = []
        var top = 0
        for section in sections {
            placed.append(Self.row(section.title, id: placed.count + 1, top: top))
            top += 1
            for line in section.lines {
                var left = 0
                for panel in line.panels {
                    let place = Self.place(left, top, panel.width, line.height)
                    placed.append(panel.json(id: placed.count + 1, place: place))
                    left += panel.width
                }
                top += line.height
            }
        }
        return placed
    }

    private static func row(_ title: String, id: Int, top: Int) -> JSON {
        [
            "id": .integer(id), "type": "row", "title": .string(title), "collapsed": false, "panels": [],
            "gridPos": place(0, top, 24, 1),
        ]
    }

    private static func place(_ x: Int, _ y: Int, _ width: Int, _ height: Int) -> JSON {
        ["x": .integer(x), "y": .integer(y), "w": .integer(width), "h": .integer(height)]
    }
}
