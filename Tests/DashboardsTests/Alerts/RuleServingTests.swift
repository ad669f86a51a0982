import Foundation
import TestSupport
import Testing

@testable import Dashboards

/// The exported rules in a real Prometheus that scrapes real probes.
@Suite(.serialized) struct RuleServingTests {
    private struct Rules: Decodable {
        struct Rule: Decodable {
            struct Alert: Decodable {
                var labels: [String: String]
                var annotations: [String: String]
                var state: String
            }
            var name: String
            var health: String
            var lastError: String?
            var alerts: [Alert]?
        }
        struct Group: Decodable { var rules: [Rule] }
        struct Body: Decodable { var groups: [Group] }
        var data: Body
    }

    private static let reader = "Virtual PCD 00 00"
    private static let present = "cardlink_device_up{device=\"\(reader)\"} == 1"

    private static func rules(_ prometheus: PrometheusServer) throws -> [Rules.Rule] {
        let answer = Data(try prometheus.get("/api/v1/rules").utf8)
        return try JSONDecoder().decode(Rules.self, from: answer).data.groups.flatMap(\.rules)
    }

    /// Writes the rules, each with this time to hold, as the command exports them; the part of the configuration that
    /// reads them.
    private static func exported(pending: String, to folder: TemporaryFolder) throws -> String {
        let file = folder.file("cardlink.rules.yml")
        let words = AlertRule.all.flatMap { ["--for", "\($0.name)=\(pending)"] }
        let end = try Command.run([Files.metrics, "alerts", "export", "--output", file] + words)
        guard end.ending == .exited(0) else { throw TestFailure(end.errors) }
        return "rule_files: ['\(file)']"
    }

    /// Every expression is evaluated, every template filled in, and what is wrong with this probe fires.
    @Test func everyRuleIsEvaluated() async throws {
        let folder = try TemporaryFolder()
        let probe = try await EverythingProbe()
        let prometheus = try PrometheusServer(
            scraping: [probe.target], more: try Self.exported(pending: "0s", to: folder))
        let expected: Set = [
            "CardLinkAPDUErrorRate", "CardLinkPINRunningOut", "CardLinkPINBlocked", "CardLinkSessionTimeouts",
            "CardLinkDeviceGone", "CardLinkDeviceErrors", "CardLinkEventsDropped", "CardLinkExporterDropping",
            "CardLinkTLSHandshakeFailures", "CardLinkTriggerFailures",
        ]
        var firing: [Rules.Rule] = []
        var round = 0
        let allFire = try await eventually(within: 60) {
            probe.record(round: round)
            round += 1
            usleep(100_000)
            firing = try Self.rules(prometheus).filter { $0.alerts?.contains { $0.state == "firing" } == true }
            return expected.isSubset(of: firing.map(\.name))
        }
        #expect(allFire, "not: \(expected.subtracting(firing.map(\.name)))")
        let rules = try Self.rules(prometheus)
        #expect(rules.count == AlertRule.all.count + Recordings.all.count)
        for rule in rules { #expect(rule.health == "ok", "\(rule.name): \(rule.lastError ?? "")") }
        for alert in firing.flatMap({ $0.alerts ?? [] }) {
            let description = alert.annotations["description"] ?? ""
            #expect(!description.contains("{{") && !description.contains("<"), "\(description)")
            #expect(description.contains("\(probe.target) (bench \(EverythingProbe.bench))"), "\(description)")
            #expect(alert.labels["instance"] == probe.target)
        }
        // No operation of its database fails.
        let silent = Recordings.databaseFailures.name
        let records = Recordings.all.filter { $0.name != silent }.map { NamedQuery($0.name, $0.name) }
        for verdict in try prometheus.ask(records) { #expect(!verdict.isEmpty, "\(verdict)") }
        let compat = CompatibilityRule.all.map { NamedQuery($0.rule.name, $0.rule.query.text) }
        for verdict in try prometheus.ask(compat) { #expect(verdict.error == nil && !verdict.isEmpty, "\(verdict)") }
        await probe.end()
    }

    /// A reader that is pulled out (of a virtual one: its pcscd ends) is in Alertmanager by its name, and no more when it is back.
    @Test func alertmanagerHearsOfAReaderThatIsPulledOut() throws {
        let bench = try Bench()
        let folder = try TemporaryFolder()
        let probe = try ServingProbe(
            sockets: folder.file("sockets"), options: ["--readers.expected", Self.reader],
            environment: bench.environment)
        let manager = try AlertmanagerServer(in: folder)
        let alerting = """
            \(try Self.exported(pending: "1s", to: folder))
            alerting: {alertmanagers: [{static_configs: [{targets: ['\(manager.target)']}]}]}
            """
        let prometheus = try PrometheusServer(scraping: ["127.0.0.1:\(probe.port)"], more: alerting)
        #expect(try eventually(within: 30) { try prometheus.ask(Self.present).values.count == 1 })
        #expect(try manager.alerts().isEmpty)
        try bench.control("stop-pcscd")
        var gone: AlertmanagerServer.Alert?
        #expect(
            try eventually(within: 60) {
                gone = try manager.alerts().first { $0.labels["alertname"] == "CardLinkDeviceGone" }
                return gone != nil
            })
        #expect(gone?.labels["device"] == Self.reader)
        #expect(gone?.labels["severity"] == "critical")
        #expect(
            gone?.annotations["description"]?.hasPrefix("The reader \(Self.reader) is gone from 127.0.0.1:") == true)
        try bench.control("start-pcscd")
        #expect(
            try eventually(within: 60) {
                try !manager.alerts().contains { $0.labels["alertname"] == "CardLinkDeviceGone" }
            })
    }

    /// OpenSC looks for some 48 applications that a card does not have before it does anything; nobody is woken.
    @Test func openSCsProbingFiresNothing() throws {
        let bench = try Bench()
        let folder = try TemporaryFolder()
        let probe = try ServingProbe(
            sockets: folder.file("sockets"), options: ["--readers.expected", Self.reader],
            environment: bench.environment)
        let prometheus = try PrometheusServer(
            scraping: ["127.0.0.1:\(probe.port)"], more: try Self.exported(pending: "0s", to: folder))
        #expect(try eventually(within: 30) { try prometheus.ask(Self.present).values.count == 1 })
        for program in [["opensc-tool", "--name"], ["pkcs11-tool", "--list-slots"], ["opensc-tool", "--serial"]] {
            _ = try Command.run(
                [Files.probe, "run", "--runtime-dir", probe.sockets, "--"] + program, environment: bench.environment)
        }
        let refused = try probe.sum("cardlink_apdu_errors_total", "command=\"SELECT\"")
        #expect(refused >= 48)
        // Judged, since there was enough; a second later for all that is reckoned from it.
        let commands = Recordings.apduCommands.name
        #expect(try eventually(within: 30) { try (prometheus.ask(commands).values.values.first ?? 0) > refused })
        usleep(1_500_000)
        for rule in try Self.rules(prometheus) { #expect(rule.alerts?.isEmpty ?? true, "\(rule.name): \(rule)") }
    }
}
