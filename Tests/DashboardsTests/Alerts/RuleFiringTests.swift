import Foundation
import TestSupport
import Testing

@testable import Dashboards

/// When each rule fires, and when not, as `promtool` plays the cases of `Rules`.
@Suite struct RuleFiringTests {
    private static let folder = "\(Files.package)/Tests/DashboardsTests/Alerts/Rules"
    private static let files = AlertRule.byComponent.map { "\($0.component.rawValue).yml" }

    @Test(arguments: files)
    func everyCase(file: String) throws {
        let played = try Self.play(file, RuleSettings())
        #expect(played.ending == .exited(0), "\(played.output.prefix(4_000))\(played.errors)")
    }

    /// A rule without both kinds of cases could not fail.
    @Test(arguments: AlertRule.byComponent.flatMap { part in part.rules.map { (part.component, $0.name) } })
    func eachRuleFiresAndDoesNot(component: AlertRule.Component, name: String) throws {
        let text = try String(contentsOfFile: "\(Self.folder)/\(component.rawValue).yml", encoding: .utf8)
        let steps = text.components(separatedBy: "alertname: \(name)").dropFirst().map { step in
            step.components(separatedBy: "alertname:")[0]
        }
        #expect(steps.contains { $0.contains("exp_labels") })
        #expect(steps.contains { $0.contains("exp_alerts: []") })
    }

    /// The cases stand so near the thresholds that none can move: by one, or by a fiftieth.
    @Test(arguments: AlertThresholds.all)
    func noThresholdMayMove(threshold: AlertThreshold) throws {
        let rule = try #require(AlertRule.all.first { $0.thresholds.contains(threshold) })
        let step = threshold.unit == .count ? 1 : threshold.fallback / 50
        let moved = [threshold.fallback - step, threshold.fallback + step].filter(threshold.allowed.contains)
        #expect(!moved.isEmpty)
        let trials = try ([threshold.fallback] + moved).map { value in
            var settings = RuleSettings()
            let text = threshold.unit == .seconds ? "\(value)s" : threshold.text(value)
            try settings.setThreshold("\(threshold.name)=\(text)")
            return settings
        }
        let verdicts = try RuleTrial(rule).verdicts(under: trials)
        // Where it stands the same cases pass: what fails beside it fails for the step.
        #expect(verdicts.first == .passed)
        for (value, verdict) in zip(moved, verdicts.dropFirst()) {
            #expect(verdict == .failed, "\(threshold.name) may be \(value)")
        }
    }

    /// Everyday work of thirty benches wakes nobody.
    @Test func thirtyBenchesAreQuiet() throws {
        let folder = try TemporaryFolder()
        try folder.write(RuleFile(RuleSettings(), hasAnnotations: false).yaml, to: "rules.yml")
        let file = try folder.write(QuietBenches.file(alerts: AlertRule.all.map(\.name)), to: "quiet.yml")
        let end = try Command.run(["promtool", "test", "rules", file], within: 120)
        #expect(end.ending == .exited(0), "\(end.output.prefix(4_000))\(end.errors)")
    }

    /// A single failure is none to judge by.
    @Test func noShareFiresForOneFailure() {
        for rule in AlertRule.all {
            let shares = rule.thresholds.filter { $0.unit == .ratio }
            guard let minimum = rule.thresholds.first(where: { $0.name.hasSuffix("-minimum") }) else { continue }
            for share in shares { #expect(share.fallback * minimum.fallback >= 1, "\(rule.name)") }
        }
    }

    @Test func promtoolTakesEveryFile() throws {
        let folder = try TemporaryFolder()
        let files = [
            try folder.write(RuleFile(RuleSettings()).yaml, to: "rules.yml"),
            try folder.write(RuleFile.compatibility, to: "compat.yml"),
        ]
        let end = try Command.run(["promtool", "check", "rules", "--lint-fatal"] + files)
        #expect(end.ending == .exited(0), "\(end.output)\(end.errors)")
        let (alerts, records) = (AlertRule.all.count, Recordings.all.count)
        #expect(end.output.contains("SUCCESS: \(alerts + records) rules found"), "\(end.output)")
    }

    private static func play(_ file: String, _ settings: RuleSettings) throws -> Command {
        let folder = try TemporaryFolder()
        try folder.write(RuleFile(settings, hasAnnotations: false).yaml, to: "rules.yml")
        let cases = try String(contentsOfFile: "\(Self.folder)/\(file)", encoding: .utf8)
        return try Command.run(["promtool", "test", "rules", try folder.write(cases, to: file)])
    }
}
