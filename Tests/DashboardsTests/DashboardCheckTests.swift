import Foundation
import TestSupport
import Testing

@testable import Dashboards

/// The check finds what is wrong, and nothing in what is right.
@Suite struct DashboardCheckTests {
    private static let good = """
        {"uid": "mine", "title": "Mine",
         "templating": {"list": [{"name": "datasource", "type": "datasource", "query": "prometheus"},
          {"name": "bench", "type": "query", "query": {"query": "label_values(cardlink_bench_info{site='a'}, bench)"}}]},
         "annotations": {"list": [{"name": "gone", "expr": "cardlink_device_up == 0"}]},
         "panels": [
          {"id": 1, "type": "row", "title": "Row", "gridPos": {"x": 0, "y": 0, "w": 24, "h": 1}},
          {"id": 2, "type": "timeseries", "title": "Left", "gridPos": {"x": 0, "y": 1, "w": 12, "h": 8},
           "datasource": {"type": "prometheus", "uid": "${datasource}"},
           "fieldConfig": {"defaults": {"unit": "s"}},
           "targets": [{"refId": "A", "datasource": {"uid": "${datasource}"}, "legendFormat": "{{command}}",
            "expr": "sum by (command) (rate(cardlink_apdu_commands_total{interface='pcsc'}[5m]))"}]},
          {"id": 3, "type": "stat", "title": "Right", "gridPos": {"x": 12, "y": 1, "w": 12, "h": 8},
           "datasource": {"type": "prometheus", "uid": "${datasource}"},
           "fieldConfig": {"defaults": {"unit": "none"}},
           "targets": [{"refId": "A", "datasource": {"uid": "$datasource"}, "expr": "count(up)"}]}]}
        """

    private func faults(_ text: String, _ known: KnownMetrics = KnownMetrics()) throws -> [String] {
        DashboardCheck(known).faults(in: [(place: "mine.json", json: try JSON(text: text))]).map(\.description)
    }

    @Test func oursHaveNone() {
        let all = DashboardCatalog.all.map { (place: $0.uid, json: $0.json) }
        #expect(DashboardCheck().faults(in: all).map(\.description) == [])
    }

    @Test func aGoodOneHasNone() throws { #expect(try faults(Self.good) == []) }

    @Test(arguments: [
        (
            "cardlink_apdu_commands_total", "cardlink_apdu_command_total",
            "mine.json: panel 'Left': metric 'cardlink_apdu_command_total' is not in the catalogue; the nearest is 'cardlink_apdu_commands_total'"
        ),
        (
            "interface=", "interfaces=",
            "mine.json: panel 'Left': label 'interfaces' is not one of cardlink_apdu_commands_total; the nearest is 'interface'"
        ),
        (
            "'pcsc'", "'pscs'",
            "mine.json: panel 'Left': interface=\"pscs\" is no value of cardlink_apdu_commands_total; the nearest is 'pcsc'"
        ),
        (
            "by (command)", "by (comand)",
            "mine.json: panel 'Left': label 'comand' is not one of any metric of the query; the nearest is 'command'"
        ),
        (
            "{{command}}", "{{status}}",
            "mine.json: panel 'Left': legend: label 'status' is not one of any metric of the query"
        ),
        ("[5m]))", "[5m])", "mine.json: panel 'Left': ')' is missing at its end"),
        (
            "cardlink_device_up", "cardlink_devices_up",
            "mine.json: annotation 'gone': metric 'cardlink_devices_up' is not in the catalogue; the nearest is 'cardlink_device_up'"
        ),
        (
            "'a'}, bench)", "'a'}, benc)",
            "mine.json: variable 'bench': label 'benc' is not one of any metric of the query; the nearest is 'bench'"
        ),
        (
            "cardlink_bench_info", "cardlink_benches_info",
            "mine.json: variable 'bench': metric 'cardlink_benches_info' is not in the catalogue; the nearest is 'cardlink_bench_info'"
        ),
        (
            #""unit": "s""#, #""units": "s""#,
            "mine.json: panel 'Left': has no unit; set fieldConfig.defaults.unit, 'none' where there is none"
        ),
        (#""id": 3"#, #""id": 2"#, "mine.json: panel 'Right': has the id 2 of panel 'Left'"),
        (#""x": 12"#, #""x": 11"#, "mine.json: panel 'Right': covers panel 'Left'"),
        (
            #""x": 12"#, #""x": 13"#,
            "mine.json: panel 'Right': stands off the grid of 24 columns: gridPos x, y, w, h"
        ),
        (
            #""uid": "$datasource""#, #""uid": "PBFA97CFB590B2093""#,
            "mine.json: panel 'Right': names a data source of one installation; use ${datasource}"
        ),
        (#""mine","#, #""my dashboard","#, "mine.json: uid 'my dashboard' must be 1 to 40 of A-Z a-z 0-9 - _"),
    ])
    func oneFaultIsOneLine(_ part: String, _ broken: String, _ line: String) throws {
        let text = Self.good.replacing(part, with: broken, maxReplacements: 1)
        #expect(text != Self.good)
        #expect(try faults(text) == [line])
    }

    @Test func withoutASourceVariableNoPanelHasOne() throws {
        let text = Self.good.replacing(#""type": "datasource""#, with: #""type": "custom""#)
        #expect(try faults(text).count == 3)
    }

    @Test func twoOfOneUID() throws {
        let json = try JSON(text: Self.good)
        let faults = DashboardCheck().faults(in: [(place: "a", json: json), (place: "b", json: json)])
        #expect(faults.map(\.description) == ["b: has the uid 'mine' of a"])
    }

    @Test func anotherExportersAndTheSitesOwnAreLeftAlone() throws {
        let text = Self.good.replacing("count(up)", with: "sum(node_load1) + sum by (rack) (up{rack='1'})")
        #expect(try faults(text).count == 2)
        let known = KnownMetrics(allowedMetrics: ["node_"], allowedLabels: ["rack"])
        #expect(try faults(text, known) == [])
    }

    @Test(arguments: ["[]", "{}", "1", "\"text\"", "null", #"{"title": 1, "panels": 2}"#])
    func whatIsNoDashboardIsSaidToBeNone(_ text: String) throws {
        #expect(try faults(text) == ["mine.json: is no dashboard: it has no title or no panels"])
    }

    /// Anything at all at any place of a dashboard gives lines and no trap.
    @Test func anyValueAtAnyPlace() throws {
        var random = SeededGenerator(seed: 8)
        let check = DashboardCheck()
        let good = try JSON(text: Self.good)
        let values: [JSON] = [nil, true, -1, 1e300, .integer(.max), .integer(.min), "", "$", [], [[]], [:], ["a": [1]]]
        for _ in 0..<randomRounds / 10 {
            _ = check.faults(in: [(place: "x", json: Self.mutated(good, values, &random))])
        }
    }

    private static func mutated(_ json: JSON, _ values: [JSON], _ random: inout SeededGenerator) -> JSON {
        if Int.random(in: 0..<8, using: &random) == 0 { return values.randomElement(using: &random) ?? nil }
        switch json {
        case .object(let members):
            guard let key = members.keys.sorted().randomElement(using: &random), let value = members[key] else {
                return json
            }
            return .object(members.merging([key: mutated(value, values, &random)]) { $1 })
        case .array(var elements):
            guard let index = elements.indices.randomElement(using: &random) else { return json }
            elements[index] = mutated(elements[index], values, &random)
            return .array(elements)
        default: return json
        }
    }
}
