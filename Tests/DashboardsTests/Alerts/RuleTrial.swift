import Foundation
import TestSupport
import Testing

@testable import Dashboards

/// One rule with the recordings that it may read, and its cases alone, as `promtool` plays them under several settings
/// at once: all rules and all cases of a component take ten times as long.
struct RuleTrial {
    enum Verdict { case passed, failed }

    private let rule: AlertRule
    private let cases: String

    /// A rule's trial; its cases are those named after it.
    init(_ rule: AlertRule) throws {
        let component = try #require(AlertRule.byComponent.first { $0.rules.contains { $0.name == rule.name } })
        let file = "\(Files.package)/Tests/DashboardsTests/Alerts/Rules/\(component.component.rawValue).yml"
        let blocks = try String(contentsOfFile: file, encoding: .utf8).blocks(before: "  - name: ")
        let own = blocks.dropFirst().filter { $0.hasPrefix("  - name: \(rule.name)\n") }
        try #require(!own.isEmpty, "no case of \(file) is named \(rule.name)")
        (self.rule, cases) = (rule, (blocks.prefix(1) + own).joined())
    }

    /// What becomes of the cases under each of the settings.
    func verdicts(under settings: [RuleSettings]) throws -> [Verdict] {
        let folder = try TemporaryFolder()
        let files = try settings.enumerated().map { number, settings in
            try folder.write(rules(settings), to: "rules\(number).yml")
            return try folder.write(
                cases.replacing("rule_files: [rules.yml]", with: "rule_files: [rules\(number).yml]"),
                to: "cases\(number).yml")
        }
        let end = try Command.run(["promtool", "test", "rules"] + files)
        let answers = end.output.components(separatedBy: "Unit Testing:").dropFirst()
        // Of a file that it cannot read it says that it failed, too.
        let failures = end.errors.components(separatedBy: "FAILED:").dropFirst()
        let verdicts = answers.map { $0.contains("SUCCESS") ? Verdict.passed : .failed }
        try #require(
            verdicts.count == files.count && verdicts.count { $0 == .failed } == failures.count
                && failures.allSatisfy { $0.contains("exp:") && $0.contains("got:") }, "\(end.output)\(end.errors)")
        return verdicts
    }

    private func rules(_ settings: RuleSettings) -> String {
        let groups = RuleFile(settings, hasAnnotations: false).yaml.blocks(before: "  - name: ")
        let alerts = groups.dropFirst(2).map { group in
            let blocks = group.blocks(before: "      - alert: ")
            let own = blocks.dropFirst().filter { $0.hasPrefix("      - alert: \(rule.name)\n") }
            return own.isEmpty ? "" : (blocks.prefix(1) + own).joined()
        }
        return (groups.prefix(2) + alerts).joined()
    }
}

extension String {
    /// The text cut before each line that begins like this; what stands before the first of them comes first.
    fileprivate func blocks(before start: String) -> [String] {
        let parts = components(separatedBy: "\n" + start)
        return parts.enumerated().map { number, part in
            (number == 0 ? "" : start) + part + (number == parts.count - 1 ? "" : "\n")
        }
    }
}
