import Foundation
import TestSupport
import Testing

/// `/health` of `serve`, asked by curl.
@Suite(.serialized) struct HealthTests {
    private struct Report: Decodable {
        struct Check: Decodable {
            var status: String
            var message: String
            var durationSeconds: Double
            var ageSeconds: Double
        }

        var status: String
        var checks: [String: Check]

        init(_ text: String) throws {
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            self = try decoder.decode(Report.self, from: Data(text.utf8))
        }
    }

    private static func report(_ probe: ConfiguredProbe, _ path: String = "") throws -> Report {
        try Report(try ConfiguredProbe.curl([probe.healthURL + path]).body)
    }

    @Test func theGivenChecksAreThere() throws {
        let probe = try ConfiguredProbe(try TemporaryFolder())
        // The first of pcscd is begun with the daemon.
        let report = try Self.report(probe)
        #expect(
            report.checks.keys.sorted() == [
                "database", "disk", "events", "memory", "metrics_endpoint", "pcscd", "readers", "receiver",
            ])
        for name in ["events", "receiver", "metrics_endpoint"] {
            let check = try #require(report.checks[name])
            #expect(check.status == "healthy", "\(name): \(check.message)")
            #expect(check.durationSeconds < 1 && check.ageSeconds < 1)
        }
        #expect(try Self.report(probe, "/ready").checks.keys.sorted() == ["events", "receiver"])
        #expect(try Self.report(probe, "/live").checks.isEmpty)
        let before = try #require(try Self.report(probe).checks["disk"])
        Thread.sleep(forTimeInterval: 0.1)
        let after = try #require(try Self.report(probe).checks["disk"])
        #expect(after.ageSeconds > before.ageSeconds || after.ageSeconds < 0.1)
        #expect(try Command.run(["curl", "-sI", probe.healthURL]).output.contains("application/json"))
        for method in ["POST", "PUT", "DELETE"] {
            for path in ["", "/live", "/ready"] {
                #expect(try ConfiguredProbe.curl(["-X", method, probe.healthURL + path]).status == 405)
            }
        }
    }

    @Test func limitsChangeAlive() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("system: {disk_paths: [/tmp]}\n", to: "config.yaml")
        let probe = try ConfiguredProbe(folder, ["--config", file])
        try folder.write(
            "system: {disk_paths: [/tmp]}\nhealth: {disk_degraded_percent: 1, disk_unhealthy_percent: 1}\n",
            to: "config.yaml")
        probe.running.signal(SIGHUP)
        #expect(try eventually(within: 5) { try Self.report(probe).checks["disk"]?.status == "unhealthy" })
        #expect(try Self.report(probe).checks["disk"]?.message.hasPrefix("the disk of /tmp is ") == true)
        #expect(try ConfiguredProbe.curl([probe.healthURL]).status == 503)
        #expect(try ConfiguredProbe.curl([probe.healthURL + "/ready"]).status == 200)
    }

    @Test func anExporterThatReachesNobodyIsDegraded() throws {
        let bench = try LiveBench()
        try bench.startDaemon(environment: [
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_BSP_SCHEDULE_DELAY": "100",
        ])
        func told() throws -> String {
            let check = try Report(try bench.get("/health").body).checks["otlp_traces"]
            return "\(check?.status ?? ""): \(check?.message ?? "")"
        }
        #expect(try told() == "healthy: ")
        #expect(try bench.run([Files.python, Files.client("select_loop.py"), "1"]).ending == .exited(0))
        #expect(
            try eventually(within: 10) {
                try told().hasPrefix("degraded: nothing was sent since an export failed 0 s ago (unreachable), ")
            })
        // The bench is observed all the same.
        #expect(try bench.get("/health").status == 200)
    }

    @Test func healthCanBeOff() throws {
        let folder = try TemporaryFolder()
        let running = try RunningCommand(
            [Files.probe, "serve", "--runtime-dir", folder.file("sockets"), "--web.listen-address", "127.0.0.1:0"]
                + ["--health.listen-address", "127.0.0.1:0"], environment: ["GP_HEALTH_ENABLED": "false"])
        defer {
            running.signal(SIGTERM)
            _ = try? running.end(within: 10)
        }
        #expect(eventually(within: 20) { running.errorsSoFar.contains("sockets in") })
        #expect(!running.errorsSoFar.contains("health on"))
        let url = running.errorsSoFar.split(separator: "\n").first { $0.contains("metrics on ") } ?? ""
        let metrics = url.components(separatedBy: "metrics on ").last ?? ""
        #expect(try ConfiguredProbe.curl([metrics]).status == 200)
        #expect(try ConfiguredProbe.curl([metrics.replacing("/metrics", with: "/health/live")]).status == 404)
    }

    /// Who polls `/health/ready` is told that the probe ends before its connection is refused, under load as well.
    @Test func readyTurnsFalseBeforeTheEnd() throws {
        let probe = try ConfiguredProbe(try TemporaryFolder())
        let load = try (0..<4).map { _ in
            try RunningCommand([
                "sh", "-c", "while curl -sf -o /dev/null \(probe.metricsURL); do :; done",
            ])
        }
        // A line a poll: the status, 000 when nobody answers.
        let poller = try RunningCommand([
            "sh", "-c",
            "while :; do s=$(curl -s -o /dev/null -w '%{http_code}' \(probe.healthURL)/ready); echo $s; "
                + "[ $s = 000 ] && exit; sleep 0.05; done",
        ])
        for _ in 0..<5 { #expect(try poller.readLine() == "200") }
        probe.running.signal(SIGTERM)
        let statuses = try poller.end(within: 20).output.split(separator: "\n").map(String.init)
        let changes = statuses.reduce(into: [String]()) { if $0.last != $1 { $0.append($1) } }
        #expect(changes == ["200", "503", "000"])
        #expect(try probe.running.end(within: 10).ending == .exited(0))
        for command in load { _ = try command.end(within: 10) }
    }
}
