import Foundation
import TestSupport
import Testing

/// `examples/monitoring`, set up as its page says, as far as that goes without containers.
@Suite struct MonitoringExampleTests {
    private let folder: TemporaryFolder

    /// A copy with the dashboards and rules in it.
    init() throws {
        folder = try TemporaryFolder()
        let copied = try Command.run(["cp", "-rT", "\(Files.package)/examples/monitoring", folder.path])
        let exported = try Command.run([
            Files.metrics, "dashboards", "export", "--output", folder.file("dashboards"), "--provisioning",
            "--grafana-path", "/etc/grafana/provisioning/dashboards",
        ])
        guard copied.ending == .exited(0), exported.ending == .exited(0) else {
            throw TestFailure("\(copied.errors)\(exported.errors)")
        }
        try FileManager.default.createDirectory(atPath: folder.file("rules"), withIntermediateDirectories: true)
    }

    @Test func thePrometheusTakesItsConfiguration() throws {
        let end = try Command.run(["promtool", "check", "config", folder.file("prometheus.yml")])
        #expect(end.ending == .exited(0) && end.output.contains("SUCCESS"), "\(end.output)\(end.errors)")
    }

    @Test func alertmanagerTakesItsConfiguration() throws {
        let end = try Command.run(["amtool", "check-config", folder.file("alertmanager.yml")])
        #expect(end.ending == .exited(0) && end.output.contains("inhibit rules"), "\(end.output)\(end.errors)")
    }

    /// Compose reads it, and each file of ours that it mounts is there.
    @Test func composeTakesItsFile() throws {
        let words = ["docker-compose", "-f", folder.file("compose.yaml"), "config"]
        let end = try Command.run(words, environment: ["GRAFANA_PASSWORD": "secret"])
        #expect(end.ending == .exited(0), "\(end.errors)")
        let mounts = end.output.split(separator: "\n").compactMap { line in
            line.split(separator: " ").first { $0.hasPrefix(folder.path) }?.prefix { $0 != ":" }
        }
        #expect(mounts.count == 6, "\(mounts)")
        for mount in mounts { #expect(FileManager.default.fileExists(atPath: String(mount)), "\(mount)") }
        let refused = try Command.run(words)
        #expect(refused.ending != .exited(0) && refused.errors.contains("GRAFANA_PASSWORD"), "\(refused.errors)")
    }

    /// Python's reader of YAML finds what Grafana looks for.
    @Test func grafanasFilesFitTogether() throws {
        let script = """
            import sys, yaml
            sources = yaml.safe_load(open(sys.argv[1]))["datasources"]
            provider = yaml.safe_load(open(sys.argv[2]))["providers"][0]
            uids = [source["uid"] for source in sources]
            leads = [lead for source in sources for lead in source.get("jsonData", {}).get("exemplarTraceIdDestinations", [])]
            print(uids, [(lead["name"], lead["datasourceUid"] in uids) for lead in leads], provider["options"]["path"])
            """
        let end = try Command.run([
            TraceSink.python, "-c", script, folder.file("grafana/datasources.yaml"),
            folder.file("dashboards/cardlink.yaml"),
        ])
        #expect(
            end.output == "['cardlink-prometheus', 'cardlink-traces', 'cardlink-alertmanager'] [('trace_id', True)] "
                + "/etc/grafana/provisioning/dashboards\n", "\(end.errors)")
    }

    /// A real Prometheus finds the bench by the example's list, and one that is added to it while it runs.
    @Test func benchesAreFoundByTheirFile() throws {
        let listed = try #require(try? String(contentsOfFile: folder.file("targets/benches.yml"), encoding: .utf8))
        let probes = try (0..<2).map { try ServingProbe(sockets: folder.file("sockets-\($0)")) }
        let first = listed.replacing("127.0.0.1:7816", with: "127.0.0.1:\(probes[0].port)")
        try folder.write(first, to: "targets/benches.yml")
        let quick = folder.read("prometheus.yml").replacing("_interval: 15s", with: "_interval: 1s")
        let prometheus = try PrometheusServer(
            configuration: try folder.write(quick, to: "prometheus.yml"), data: folder.file("data"))
        let up = "count(up{job=\"cardlink\"} == 1) or vector(0)"
        func found(_ count: Double) throws -> Bool {
            try eventually(within: 30) { try prometheus.ask(up).values.values.first == count }
        }
        #expect(try found(1))
        try folder.write(first + "    - 127.0.0.1:\(probes[1].port)\n", to: "targets/benches.yml")
        #expect(try found(2))
    }
}
