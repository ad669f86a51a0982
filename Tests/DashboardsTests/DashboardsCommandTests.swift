import Foundation
import TestSupport
import Testing

/// `cardlink-metrics dashboards`, as an operator types it.
@Suite struct DashboardsCommandTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func dashboards(_ words: String...) throws -> Command {
        try Command.run([Files.metrics, "dashboards"] + words)
    }

    @Test func listsThem() throws {
        let text = try dashboards("list").output
        #expect(text.split(separator: "\n").map { $0.prefix { $0 != " " } }.sorted().first == "cardlink-apdu")
        let json = try dashboards("list", "--json").output
        let rows = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [[String: Any]])
        #expect(rows.count == 5)
        #expect(rows.allSatisfy { Set($0.keys) == ["uid", "title", "summary", "panels"] })
    }

    @Test func printsOneAndWritesAll() throws {
        let printed = try dashboards("export", "cardlink-apdu").output
        let output = folder.file("new/dashboards")
        let end = try dashboards("export", "--output", output, "--provisioning")
        #expect(end.ending == .exited(0), "\(end.errors)")
        #expect(end.output.split(separator: "\n").count == 6)
        #expect(folder.read("new/dashboards/cardlink-apdu.json") == printed)
        #expect(folder.read("new/dashboards/cardlink.yaml").contains("path: '\(output)'"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: output).count == 6)
        let checked = try dashboards("check", "\(output)/cardlink-apdu.json", "\(output)/cardlink-ota.json")
        #expect(checked.ending == .exited(0) && checked.output.hasSuffix("no fault\n"))
    }

    @Test func saysWhatAnEditedOneHasThatTheProbeHasNot() throws {
        let broken = try dashboards("export", "cardlink-apdu").output
            .replacing("cardlink_apdu_wait_seconds_sum", with: "cardlink_apdu_wait_second_sum")
            .replacing("by (reason)", with: "by (why)")
        let end = try dashboards("check", try folder.write(broken, to: "edited.json"))
        #expect(end.ending == .exited(1))
        #expect(
            end.errors.contains(
                "cardlink-metrics: \(folder.path)/edited.json: panel 'Waiting per card second': metric "
                    + "'cardlink_apdu_wait_second_sum' is not in the catalogue; the nearest is 'cardlink_apdu_wait_seconds_sum'\n"
            ),
            "\(end.errors)")
        #expect(end.output.isEmpty)
        let grouped = broken.replacing("cardlink_apdu_wait_second_sum", with: "cardlink_apdu_wait_seconds_sum")
        let second = try dashboards("check", try folder.write(grouped, to: "edited.json"))
        #expect(second.ending == .exited(1))
        #expect(second.errors.contains("label 'why' is not one of any metric of the query"), "\(second.errors)")
    }

    @Test(arguments: [
        (["export"], 64, "name one dashboard to print it, or give --output DIR for more than one"),
        (["export", "cardlink-adpu"], 64, "there is no dashboard 'cardlink-adpu'; the nearest is 'cardlink-apdu'"),
        (["export", "cardlink-apdu", "--provisioning"], 64, "--provisioning and --grafana-path need --output DIR"),
        (["export", "--output", "/proc/none"], 69, "cannot make the folder /proc/none"),
        (["check", "/dev/null"], 69, "/dev/null is no file"),
        (["check", "/none.json"], 69, "/none.json cannot be read: No such file or directory"),
        (["check", "/etc/passwd"], 69, "/etc/passwd is no JSON"),
    ])
    func oneLineForEachMistake(_ words: [String], _ code: Int32, _ line: String) throws {
        let end = try Command.run([Files.metrics, "dashboards"] + words)
        #expect(end.ending == .exited(code))
        #expect(end.errors.hasPrefix("cardlink-metrics: \(line)"), "\(end.errors)")
        #expect(end.errors.split(separator: "\n").count == 1)
    }
}
