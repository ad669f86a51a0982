import Dashboards
import Foundation
import TestSupport
import Testing

/// `cardlink-metrics alerts`, as a person and as a script call it.
@Suite struct AlertsCommandTests {
    private static func alerts(_ words: [String]) throws -> Command {
        try Command.run([Files.metrics, "alerts"] + words)
    }

    @Test func listShowsEachAlert() throws {
        let end = try Self.alerts(["list", "--threshold", "apdu-seconds=250ms", "--for", "DeviceGone=30s"])
        let rows = end.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        #expect(rows.first == ["ALERT", "SEVERITY", "FOR", "THRESHOLDS"])
        #expect(rows.dropFirst().filter { $0.count == 4 }.map { $0[0] } == AlertRule.all.map(\.name))
        #expect(rows.contains(["CardLinkDeviceGone", "critical", "30s", "-"]))
        #expect(rows.contains(["CardLinkAPDUSlow", "warning", "5m", "apdu-seconds=250ms"]))
        #expect(rows.contains(["apdu-minimum=50"]))
    }

    @Test func listAsJSON() throws {
        struct Row: Decodable {
            struct Limit: Decodable {
                var name: String
                var value: Double
                var minimum: Double
                var maximum: Double
                var unit: String
                var help: String
            }
            var name: String
            var component: String
            var severity: String
            var for_seconds: Double
            var summary: String
            var expression: String
            var thresholds: [Limit]
        }
        let end = try Self.alerts(["list", "--json"])
        let rows = try JSONDecoder().decode([Row].self, from: Data(end.output.utf8))
        #expect(rows.map(\.name) == AlertRule.all.map(\.name))
        let gone = try #require(rows.first { $0.name == "CardLinkDeviceGone" })
        #expect(gone.for_seconds == 120 && gone.component == "devices" && gone.severity == "critical")
        let slow = try #require(rows.first { $0.name == "CardLinkAPDUSlow" }?.thresholds.first)
        #expect(slow.name == "apdu-seconds" && slow.value == 1 && slow.unit == "seconds")
        #expect(slow.minimum == 0.001 && slow.maximum == 10)
    }

    /// The same bytes each time, to a file and to standard output; Python's reader of YAML finds what was asked for.
    @Test func exportIsTheSameEachTime() throws {
        let folder = try TemporaryFolder()
        let words = ["--threshold", "apdu-error-ratio=7%", "--job", "lab", "--runbook-url", "https://wiki.example/r"]
        let printed = try Self.alerts(["export"] + words)
        let file = folder.file("rules.yml")
        let written = try Self.alerts(["export", "--output", file] + words)
        #expect(written.output == "\(file) written; check it with: cardlink-metrics alerts check \(file)\n")
        #expect(folder.read("rules.yml") == printed.output)
        let script = """
            import sys, yaml
            rules = {r["alert"]: r for g in yaml.safe_load(sys.stdin)["groups"] for r in g["rules"] if "alert" in r}
            print(len(rules), rules["CardLinkProbeDown"]["expr"], rules["CardLinkProbeDown"]["annotations"]["runbook_url"])
            print("> 0.07 and" in rules["CardLinkAPDUErrorRate"]["expr"])
            """
        let read = try Command.run([TraceSink.python, "-c", script], input: printed.output)
        #expect(
            read.output
                == "\(AlertRule.all.count) up{job=\"lab\"} == 0 https://wiki.example/r#CardLinkProbeDown\nTrue\n",
            "\(read.errors)")
        #expect(try Self.alerts(["check", file]).status == 0)
    }

    @Test func checkTellsWhatIsWrong() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(
            try Self.alerts(["export"]).output.replacing("cardlink_device_up", with: "cardlink_devices_up"), to: "r.yml"
        )
        let end = try Self.alerts(["check", file])
        #expect(end.status == 1)
        let lines = end.errors.split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines.allSatisfy { $0.hasSuffix("is not in the catalogue; the nearest is 'cardlink_device_up'") })
        let other = try folder.write(
            "groups:\n  - rules:\n      - {alert: A, expr: 'node_load1{rack=\"1\"} > cardlink_tests_running{rack=\"1\"}'}",
            to: "o.yml")
        #expect(try Self.alerts(["check", other]).status == 1)
        #expect(try Self.alerts(["check", other, "--allow-metric", "node_", "--allow-label", "rack"]).status == 0)
    }

    @Test(arguments: [
        (["export", "--threshold", "apdu-second=1s"], Int32(64), "the nearest is apdu-seconds"),
        (["export", "--threshold", "apdu-seconds=1h"], 64, "a time from 1ms to 10s"),
        (["list", "--for", "DeviceGon=1m"], 64, "the nearest is CardLinkDeviceGone"),
        (["list", "--for", "DeviceGone=soon"], 64, "a time from 0s to 24h"),
        (["export", "--job", "a\"b"], 64, "--job cannot be"),
        (["export", "--grafana-url", ""], 64, "--grafana-url cannot be"),
        (["export", "--output", "/nonexistent/r.yml"], 69, "cannot write /nonexistent/r.yml: No such file"),
        (["check", "/nonexistent.yml"], 69, "/nonexistent.yml cannot be read: No such file"),
        (["exprt"], 64, "see: cardlink-metrics alerts --help"),
    ])
    func whatIsWrongIsOneLine(words: [String], code: Int32, text: String) throws {
        let end = try Self.alerts(words)
        #expect(end.status == code && end.output == "")
        #expect(end.errors.split(separator: "\n").count == 1 && end.errors.contains(text), "\(end.errors)")
    }

    @Test(arguments: [[], ["list"], ["export"], ["check"]])
    func helpHasAnExample(command: [String]) throws {
        let end = try Self.alerts(command + ["--help"])
        #expect(end.status == 0 && end.output.contains("cardlink-metrics alerts \(command.first ?? "export")"))
        #expect(end.output.contains("Example"))
    }
}
