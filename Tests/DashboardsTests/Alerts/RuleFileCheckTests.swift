import TestSupport
import Testing

@testable import Dashboards

@Suite struct RuleFileCheckTests {
    private static func faults(_ text: String) -> [String] {
        RuleFileCheck(text, file: "r.yml").faults.map(\.description)
    }

    private static func rule(_ expression: String) -> String {
        "groups:\n  - name: g\n    rules:\n      - alert: A\n        expr: '\(expression)'\n"
    }

    @Test func oursHaveNone() {
        let check = RuleFileCheck(RuleFile(RuleSettings()).yaml, file: "ours")
        #expect(check.faults == [])
        #expect(check.ruleCount == AlertRule.all.count + Recordings.all.count)
        #expect(Self.faults(RuleFile.compatibility) == [])
    }

    @Test(arguments: [
        (
            "sum(rate(cardlink_apdu_comands_total[5m]))",
            "metric 'cardlink_apdu_comands_total' is not in the catalogue; the nearest is 'cardlink_apdu_commands_total'"
        ),
        (
            "cardlink_device_up{devise=\"x\"}",
            "label 'devise' is not one of cardlink_device_up; the nearest is 'device'"
        ),
        (
            "sum by (comand) (cardlink_apdu_commands_total)",
            "label 'comand' is not one of any metric of the query; the nearest is 'command'"
        ),
        (
            "cardlink_active_sessions{session_type=\"otta\"}",
            "session_type=\"otta\" is no value of cardlink_active_sessions; the nearest is 'ota'"
        ),
        ("instance:cardlink_nothing:ratio > 1", "no rule here records 'instance:cardlink_nothing:ratio'"),
    ])
    func namesAreHeldToTheCatalogue(expression: String, fault: String) {
        #expect(Self.faults(Self.rule(expression)) == ["r.yml:5: A: \(fault)"])
    }

    @Test(arguments: [
        ("groups: [", "r.yml"), ("", "r.yml:1: the file must have keys: groups"),
        ("groups: 5", "r.yml: has no list of groups"),
        ("- 1", "r.yml:1: the file must have keys: groups"),
        ("groups:\n  - name: g\n    ruls: []", "r.yml:3: a group has no key 'ruls'; the nearest is 'rules'"),
        ("groups:\n  - rules:\n      - {alert: A, exp: up}", "r.yml:3: a rule has no key 'exp'; the nearest is 'expr'"),
        ("groups:\n  - rules:\n      - {expr: up}", "r.yml:3: a rule has neither alert nor record"),
        (
            "groups:\n  - rules:\n      - alert: A\n        expr: up\n        labels: {severity: critcal}",
            "r.yml:5: A: severity 'critcal' is unknown; the nearest is 'critical'"
        ),
    ])
    func formIsChecked(text: String, fault: String) {
        let faults = Self.faults(text)
        #expect(faults.first?.hasPrefix(fault) == true, "\(faults)")
    }

    /// Whatever the bytes, there is an end and an answer.
    @Test func damagedFilesAreToldOf() {
        let whole = Array(RuleFile(RuleSettings()).yaml.utf8)
        var random = SeededGenerator(seed: 8)
        for _ in 0..<50 {
            var bytes = whole.prefix(Int.random(in: 0..<whole.count, using: &random))
            for _ in 0..<20 where !bytes.isEmpty {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 9..<127, using: &random)
            }
            #expect(!Self.faults(String(decoding: bytes, as: UTF8.self)).isEmpty)
        }
    }
}
