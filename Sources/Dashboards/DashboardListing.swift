internal import Observability

/// All dashboards in a table, for people and for programs.
package enum DashboardListing {
    private struct Row: Encodable {
        var uid: String
        var title: String
        var summary: String
        var panels: Int
    }

    private static var rows: [Row] {
        DashboardCatalog.all.map {
            Row(uid: $0.uid, title: $0.title, summary: $0.summary, panels: $0.panels.count)
        }
    }

    /// A line a dashboard: uid, how many panels, what it is for.
    package static var text: String {
        let rows = rows
        let width = rows.map(\.uid.count).max() ?? 0
        return rows.map { row in
            let uid = row.uid + String(repeating: " ", count: width - row.uid.count)
            return "\(uid)  \(row.panels) panels  \(row.summary)\n"
        }.joined()
    }

    /// An array of objects.
    package static func json() throws -> String { try JSONText.of(rows) }
}
