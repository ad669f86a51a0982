import Foundation
import TestSupport
import Testing

@testable import Dashboards

/// The article Runbook, to which each alert links.
@Suite struct RunbookTests {
    private struct Section {
        var title: String
        var text: String
    }

    private static func sections() throws -> [Section] {
        let page = try String(
            contentsOfFile: "\(Files.package)/Sources/ProbeDaemon/ProbeDaemon.docc/Runbook.md", encoding: .utf8)
        return page.components(separatedBy: "\n### ").dropFirst().map { part in
            let title = part.prefix { $0 != "\n" }
            return Section(
                title: String(title), text: part.dropFirst(title.count).components(separatedBy: "\n## ")[0])
        }
    }

    @Test func eachAlertHasItsSectionAndNoOther() throws {
        #expect(try Self.sections().map(\.title) == AlertRule.all.map(\.name))
    }

    @Test func eachSectionSaysWhatToDo() throws {
        for section in try Self.sections() {
            for part in ["- term Look first:", "- term Usual causes:", "- term Remedy:"] {
                #expect(section.text.components(separatedBy: part).count == 2, "\(section.title): \(part)")
            }
            #expect(section.text.split(separator: "- term Look first:")[1].contains(/`|dashboard|target|report|log/))
        }
    }

    @Test func linksLeadToPagesThatAreThere() {
        let uids = Set(DashboardCatalog.all.map(\.uid))
        for rule in AlertRule.all { #expect(uids.contains(rule.dashboard.rawValue), "\(rule.name)") }
        let yaml = RuleFile(RuleSettings()).yaml
        for rule in AlertRule.all { #expect(yaml.contains("Runbook.md#\(rule.name)\""), "\(rule.name)") }
    }
}
