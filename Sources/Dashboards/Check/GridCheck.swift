/// A panel of a model that was read, those inside a folded row too.
struct PlacedPanel {
    let json: JSON
    let title: String

    private init(_ json: JSON) {
        self.json = json
        title = json["title"]?.string ?? json["id"]?.integer.map { "\($0)" } ?? "?"
    }

    static func all(of dashboard: JSON) -> [PlacedPanel] {
        (dashboard["panels"]?.elements ?? []).flatMap { [$0] + ($0["panels"]?.elements ?? []) }.map(Self.init)
    }

    /// Whether it shows numbers; a row, a text or a list has no unit and no query.
    var hasValues: Bool {
        !["row", "text", "dashlist", "alertlist", "news", "logs"].contains(json["type"]?.string ?? "")
    }

    var x: Int? { json["gridPos"]?["x"]?.integer }
    var y: Int? { json["gridPos"]?["y"]?.integer }
    var width: Int? { json["gridPos"]?["w"]?.integer }
    var height: Int? { json["gridPos"]?["h"]?.integer }
}

/// Whether panels stand on Grafana's grid, and beside one another.
enum GridCheck {
    static let columns = 24
    /// Farther down there is no dashboard; it bounds the sums below.
    private static let lines = 100_000

    static func faults(of panels: [PlacedPanel], _ place: String) -> [DashboardFault] {
        var rectangles: [(panel: PlacedPanel, xs: Range<Int>, ys: Range<Int>)] = []
        var faults: [DashboardFault] = []
        func note(_ panel: PlacedPanel, _ what: String) {
            faults.append(DashboardFault(place: place, panel: panel.title, what: what))
        }
        for panel in panels {
            guard let rectangle = Self.rectangle(panel) else {
                note(panel, "stands off the grid of \(columns) columns: gridPos x, y, w, h")
                continue
            }
            rectangles.append((panel, rectangle.xs, rectangle.ys))
        }
        // By line, so that only those that may meet are compared.
        rectangles.sort { ($0.ys.lowerBound, $0.xs.lowerBound) < ($1.ys.lowerBound, $1.xs.lowerBound) }
        for (index, first) in rectangles.enumerated() {
            for second in rectangles[(index + 1)...].prefix(while: { $0.ys.lowerBound < first.ys.upperBound })
            where second.xs.overlaps(first.xs) {
                note(second.panel, "covers panel '\(first.panel.title)'")
            }
        }
        return faults
    }

    private static func rectangle(_ panel: PlacedPanel) -> (xs: Range<Int>, ys: Range<Int>)? {
        guard let x = panel.x, let y = panel.y, let width = panel.width, let height = panel.height,
            (0..<columns).contains(x), (1...columns).contains(width), x + width <= columns, (0...lines).contains(y),
            (1...lines).contains(height)
        else { return nil }
        return (x..<x + width, y..<y + height)
    }
}
