internal import Observability

/// What is wrong with a dashboard, in a line.
package struct DashboardFault: Sendable, Hashable, CustomStringConvertible {
    /// The file or uid.
    package let place: String
    /// The panel's title, where it is one panel's.
    package let panel: String?
    /// What it is.
    package let what: String

    /// Place, panel, what.
    package var description: String {
        panel.map { "\(place): panel '\($0)': \(what)" } ?? "\(place): \(what)"
    }
}

/// Checks dashboards as Grafana reads them: ours, or a file that somebody edited.
package struct DashboardCheck: Sendable {
    private let queries: QueryCheck

    /// A check that knows these series.
    package init(_ known: KnownMetrics = KnownMetrics()) { queries = QueryCheck(known) }

    /// Every fault of dashboards that are used together, each with the name of its place.
    package func faults(in dashboards: [(place: String, json: JSON)]) -> [DashboardFault] {
        dashboards.flatMap { faults(in: $0.json, place: $0.place) } + Self.sharedUIDs(dashboards)
    }

    private func faults(in dashboard: JSON, place: String) -> [DashboardFault] {
        guard dashboard["panels"] != nil, dashboard["title"]?.string != nil else {
            return [DashboardFault(place: place, panel: nil, what: "is no dashboard: it has no title or no panels")]
        }
        let panels = PlacedPanel.all(of: dashboard)
        let variables = (dashboard["templating"]?["list"]?.elements ?? [])
        let general =
            Self.uidFaults(dashboard) + Self.sourceFaults(variables)
            + variables.flatMap(choiceFaults) + annotationFaults(dashboard)
        var faults = general.map { DashboardFault(place: place, panel: nil, what: $0) }
        faults += Self.repeatedIDs(panels, place) + GridCheck.faults(of: panels, place)
        let sources = Set(variables.filter { $0["type"]?.string == "datasource" }.compactMap { $0["name"]?.string })
        for panel in panels {
            faults += panelFaults(panel, sources: sources).map {
                DashboardFault(place: place, panel: panel.title, what: $0)
            }
        }
        return faults
    }

    // MARK: One panel

    private func panelFaults(_ panel: PlacedPanel, sources: Set<String>) -> [String] {
        guard panel.hasValues else { return [] }
        var faults: [String] = []
        if panel.json["fieldConfig"]?["defaults"]?["unit"]?.string?.isEmpty ?? true {
            faults.append("has no unit; set fieldConfig.defaults.unit, 'none' where there is none")
        }
        let targets = panel.json["targets"]?.elements ?? []
        if targets.isEmpty { faults.append("asks nothing: it has no targets") }
        if !([panel.json] + targets).allSatisfy({ Self.usesVariable($0, sources) }) {
            faults.append("names a data source of one installation; use ${datasource}")
        }
        return faults + targets.flatMap(targetFaults)
    }

    private func targetFaults(_ target: JSON) -> [String] {
        // A calculation of Grafana's own has no query.
        guard let expression = target["expr"]?.string else { return [] }
        return queries.faults(in: expression)
            + queries.faults(inLegend: target["legendFormat"]?.string ?? "", of: expression)
    }

    private func annotationFaults(_ dashboard: JSON) -> [String] {
        (dashboard["annotations"]?["list"]?.elements ?? []).flatMap { annotation in
            let name = annotation["name"]?.string ?? "?"
            return (annotation["expr"]?.string.map(queries.faults(in:)) ?? []).map { "annotation '\(name)': \($0)" }
        }
    }

    /// `label_values(SERIES, LABEL)`; other questions of a variable have no name of ours.
    private func choiceFaults(_ variable: JSON) -> [String] {
        let question = variable["query"]?["query"]?.string ?? variable["query"]?.string ?? ""
        guard question.hasPrefix("label_values("), question.hasSuffix(")"), let comma = question.lastIndex(of: ",")
        else { return [] }
        let series = String(question[..<comma].dropFirst("label_values(".count))
        let label = question[question.index(after: comma)...].dropLast().filter { !$0.isWhitespace }
        let name = variable["name"]?.string ?? "?"
        return (queries.faults(in: series) + queries.faults(ofLabels: [label], in: series))
            .map { "variable '\(name)': \($0)" }
    }

    private static func usesVariable(_ owner: JSON, _ sources: Set<String>) -> Bool {
        let uid = owner["datasource"]?["uid"]?.string ?? owner["datasource"]?.string ?? ""
        return uid == "__expr__" || uid == "-- Mixed --" || sources.contains { uid == "${\($0)}" || uid == "$\($0)" }
    }

    // MARK: The whole

    private static func uidFaults(_ dashboard: JSON) -> [String] {
        let uid = dashboard["uid"]?.string ?? ""
        let isGood = (1...40).contains(uid.utf8.count) && uid.utf8.allSatisfy(Self.isInUID)
        return isGood ? [] : ["uid '\(uid.prefix(64))' must be 1 to 40 of A-Z a-z 0-9 - _"]
    }

    private static func isInUID(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
    }

    private static func sourceFaults(_ variables: [JSON]) -> [String] {
        guard !variables.contains(where: { $0["type"]?.string == "datasource" }) else { return [] }
        return ["has no variable of type datasource; add one, and use it in every panel"]
    }

    private static func repeatedIDs(_ panels: [PlacedPanel], _ place: String) -> [DashboardFault] {
        var owners: [Int: String] = [:]
        return panels.compactMap { panel in
            guard let id = panel.json["id"]?.integer else {
                return DashboardFault(place: place, panel: panel.title, what: "has no id")
            }
            defer { owners[id] = owners[id] ?? panel.title }
            return owners[id].map {
                DashboardFault(place: place, panel: panel.title, what: "has the id \(id) of panel '\($0)'")
            }
        }
    }

    private static func sharedUIDs(_ dashboards: [(place: String, json: JSON)]) -> [DashboardFault] {
        var owners: [String: String] = [:]
        return dashboards.compactMap { place, json in
            guard let uid = json["uid"]?.string else { return nil }
            defer { owners[uid] = owners[uid] ?? place }
            return owners[uid].map { DashboardFault(place: place, panel: nil, what: "has the uid '\(uid)' of \($0)") }
        }
    }
}
