import Foundation
import TestSupport
import Testing

@testable import Dashboards

@Suite struct DashboardTests {
    @Test func theFixedNames() {
        #expect(
            DashboardCatalog.all.map(\.uid) == [
                "cardlink-benches", "cardlink-ota", "cardlink-apdu", "cardlink-devices", "cardlink-tests",
            ])
    }

    @Test(arguments: DashboardCatalog.all.map(\.uid))
    func panelsFillTheirLinesAndExplainThemselves(_ uid: String) throws {
        let dashboard = try #require(DashboardCatalog.all.first { $0.uid == uid })
        for line in dashboard.sections.flatMap(\.lines) {
            #expect(line.panels.map(\.width).reduce(0, +) == 24, "\(line.panels.map(\.title))")
        }
        let titles = dashboard.panels.map(\.title)
        #expect(Set(titles).count == titles.count)
        for panel in dashboard.panels {
            #expect(panel.description.count > 20 && panel.description.hasSuffix("."), "\(panel.title)")
            #expect(panel.emptyText.count > 10, "\(panel.title)")
            #expect(panel.targets.count <= 26)
        }
    }

    @Test func theSameBytesEachTime() throws {
        let first = try DashboardCatalog.all.map { try $0.json.text() }
        #expect(try DashboardCatalog.all.map { try $0.json.text() } == first)
        for text in first {
            #expect(try JSON(text: text).text() == text)
            #expect(!text.contains("__inputs") && text.contains("\"schemaVersion\" : 36"))
        }
    }

    /// Grafana's own models, strictly.
    @Test func grafanasModelsLoadThem() throws {
        let folder = try TemporaryFolder()
        let files = try DashboardCatalog.all.map { try folder.write(try $0.json.text(), to: "\($0.uid).json") }
        let end = try Self.load(files)
        #expect(end.ending == .exited(0), "\(end.output)\(end.errors)")
        // And they would not load anything.
        let broken = try String(contentsOfFile: files[2], encoding: .utf8)
            .replacing("\"drawStyle\" : \"line\"", with: "\"drawStyle\" : \"lines\"", maxReplacements: 1)
            .replacing("\"graphMode\"", with: "\"graphMod\"", maxReplacements: 1)
        let refused = try Self.load([try folder.write(broken, to: "broken.json")])
        #expect(refused.ending == .exited(1))
        #expect(refused.output.split(separator: "\n").count == 2, "\(refused.output)\(refused.errors)")
    }

    private static func load(_ files: [String]) throws -> Command {
        try Command.run([TraceSink.python, Files.client("dashboard_schema.py")] + files)
    }
}
