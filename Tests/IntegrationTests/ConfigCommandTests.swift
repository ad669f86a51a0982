import Foundation
import Observability
import TestSupport
import Testing

/// `cardlink-metrics config`, as a person and as a script call it.
struct ConfigCommandTests {
    private static func config(
        _ words: [String], environment: [String: String] = [:]
    ) throws -> (code: Int32, output: String, errors: String) {
        let end = try Command.run([Files.metrics, "config"] + words, environment: environment)
        return (end.status, end.output, end.errors)
    }

    @Test func showTellsValueAndOrigin() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("metrics:\n  port: 7900 # ours\n  path: /m\n", to: "probe.yaml")
        let shown = try Self.config(
            ["show", "--config", file], environment: ["CARDLINK_METRICS_PATH": "/v", "GP_HEALTH_TIMEOUT": "2.5"])
        #expect(shown.code == 0)
        #expect(shown.errors == "")
        let lines = shown.output.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
        #expect(lines.count == ConfigKeys.table.rows.count)
        for line in [
            "metrics.enabled true default", "metrics.port 7900 \(file):2", "metrics.path /v CARDLINK_METRICS_PATH",
            "health.timeout 2.5 GP_HEALTH_TIMEOUT", "metrics.listen_address 127.0.0.1 with metrics.port default",
        ] { #expect(lines.contains(line), "\(line)") }
        // Columns: every place begins in one column.
        #expect(Set(shown.output.split(separator: "\n").map { $0.prefix(33).last }).count == 1)
    }

    @Test func showAsJSON() throws {
        struct Row: Decodable, Equatable {
            var key: String
            var origin: String
            var place: String
        }
        let folder = try TemporaryFolder()
        let file = try folder.write("web: {host_names: [a.example]}\n", to: "probe.yaml")
        let shown = try Self.config(["show", "--json", "--config", file], environment: ["GP_METRICS_PORT": "1"])
        let data = Data(shown.output.utf8)
        let rows = try JSONDecoder().decode([Row].self, from: data)
        #expect(rows.map(\.key) == ConfigKeys.table.rows.map(\.path))
        #expect(rows.contains(Row(key: "web.host_names", origin: "file", place: "\(file):1")))
        #expect(rows.contains(Row(key: "metrics.port", origin: "variable", place: "GP_METRICS_PORT")))
        let objects = try #require(try JSONSerialization.jsonObject(with: data) as? [[String: Any]])
        func value(_ key: String) -> Any? { objects.first { $0["key"] as? String == key }?["value"] }
        #expect(value("metrics.port") as? Int == 1)
        #expect(value("metrics.enabled") as? Bool == true)
        #expect(value("web.host_names") as? [String] == ["a.example"])
        #expect(value("web.config_file") is NSNull)
        #expect(value("health.timeout") as? String == "5s")
    }

    /// Each key by each way, in the order of precedence, through the program.
    @Test func getSeesEveryLayer() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("metrics: {port: 3}\n", to: "probe.yaml")
        var environment: [String: String] = [:]
        func port() throws -> String {
            try Self.config(["get", "metrics.port", "--config", file], environment: environment).output
        }
        #expect(try Self.config(["get", "metrics.port"]).output == "7816\n")
        #expect(try port() == "3\n")
        environment["GP_METRICS_PORT"] = "2"
        #expect(try port() == "2\n")
        environment["CARDLINK_METRICS_PORT"] = "1"
        #expect(try port() == "1\n")
        #expect(try Self.config(["get", "--json", "web.config_file"]).output == "null\n")
        #expect(try Self.config(["get", "web.host_names"]).output == "")
    }

    @Test func setThenServe() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("# Bench 3\nmetrics:\n  path: /m # ours\n", to: "probe.yaml")
        let set = try Self.config(["set", "metrics.path", "/n", "--config", file])
        #expect(set.code == 0)
        #expect(set.output == "metrics.path is now /n in \(file); it counts when the probe is started again\n")
        #expect(folder.read("probe.yaml") == "# Bench 3\nmetrics:\n  path: /n # ours\n")
        let hosts = try Self.config(["set", "web.host_names", "a.example", "b.example", "--config", file])
        #expect(hosts.code == 0)
        let probe = try ConfiguredProbe(folder, ["--config", file])
        #expect(probe.metricsURL.hasSuffix("/n"))
        #expect(try ConfiguredProbe.curl(["-H", "Host: b.example", probe.metricsURL]).status == 200)
    }

    @Test(arguments: [
        (["get", "metrics.prot"], 64, "metrics.prot is no key; did you mean metrics.port?"),
        (["explain", "port"], 64, "port is no key; did you mean health.port?"),
        (
            ["set", "metrics.port", "x", "--config", "FILE"], 64,
            "metrics.port 'x' is not a whole number from 0 to 65535"
        ),
        (
            ["set", "metrics.port", "1"], 64,
            "Missing expected argument '--config <file>'; see: cardlink-metrics config set --help"
        ),
        (
            ["set", "metrics.port", "1", "--config", "/nonexistent/a"], 69,
            "cannot write /nonexistent/a: No such file or directory; the file is as it was"
        ),
        (["set", "metrics.port", "1", "--config", "FILE"], 78, "FILE:1: heath is no key; did you mean health?"),
        (["show", "--config", "FILE"], 78, "FILE:1: heath is no key; did you mean health?"),
        (["get", "metrics.port", "--config", "FILE"], 78, "FILE:1: heath is no key; did you mean health?"),
        (
            ["validate", "--config", "/nonexistent"], 78,
            "/nonexistent: cannot be read: No such file or directory; write it, or name another"
        ),
    ])
    func whatIsWrongIsALine(words: [String], code: Int32, line: String) throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("heath: {port: 1}\n", to: "probe.yaml")
        let end = try Self.config(words.map { $0.replacing("FILE", with: file) })
        #expect(end.code == code)
        #expect(end.output == "")
        #expect(end.errors == "cardlink-metrics: \(line.replacing("FILE", with: file))\n")
        #expect(folder.read("probe.yaml") == "heath: {port: 1}\n")
    }

    @Test(arguments: [
        ("basic_auth_users: {}\n", 0, ""), ("a: [\n", 78, "WEB:2: is no YAML: did not find expected node content"),
        (nil, 78, "WEB: cannot be read: No such file or directory; write it, or name another"),
        ("basic_auth_user: {}\n", 78, "WEB:1: basic_auth_user is no key; did you mean basic_auth_users?"),
        (
            "basic_auth_users:\n  anna: geheim\n", 78,
            "WEB:2: basic_auth_users.anna has no bcrypt hash, as in $2y$10$…; make one with: htpasswd -nB anna"
        ),
        (
            "tls_server_config: {cert_file: none.pem, key_file: none.key}\n", 78,
            "WEB: FOLDER/none.pem cannot be read: No such file or directory"
        ),
        ("tls_server_config: {cert_file: web.yml, key_file: web.yml}\n", 78, "WEB: WEB has no certificate in PEM"),
    ])
    func validateLooksIntoTheWebConfigFile(text: String?, code: Int32, told: String) throws {
        let folder = try TemporaryFolder()
        let web = folder.file("web.yml")
        if let text { try folder.write(text, to: "web.yml") }
        let file = try folder.write("web: {config_file: web.yml}\n", to: "probe.yaml")
        let end = try Self.config(["validate", "--config", file])
        #expect(end.code == code)
        let line = told.replacing("WEB", with: web).replacing("FOLDER", with: folder.path)
        #expect(end.errors == (told.isEmpty ? "" : "cardlink-metrics: \(line)\n"))
        let good = """
            \(file): no fault
            \(web): no fault

            """
        #expect(end.output == (code == 0 ? good : ""))
    }

    @Test func validateTellsAllFaultsAtOnce() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("metrics:\n  prot: 1\n  path: x\n", to: "probe.yaml")
        let end = try Self.config(["validate", "--config", file], environment: ["GP_HEALTH_PORT": "y"])
        #expect(end.code == 78)
        #expect(
            end.errors == """
                cardlink-metrics: \(file):2: metrics.prot is no key; did you mean metrics.port?
                cardlink-metrics: \(file):3: metrics.path 'x' is no free path; it begins with /, is none of /, \
                /health, /health/live, /health/ready, and not below /api/ or /live/
                cardlink-metrics: GP_HEALTH_PORT: health.port 'y' is not a whole number from 0 to 65535

                """)
        try folder.write("metrics: {port: 1}\n", to: "probe.yaml")
        let good = try Self.config(["validate", "--config", file])
        #expect(good.code == 0)
        #expect(good.output == "\(file): no fault\n")
    }

    /// What several set at once is all there.
    @Test func setAtOnce() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("metrics:\n  port: 1 # ours\n", to: "probe.yaml")
        let values = [
            "metrics.port": "7900", "metrics.series_limit": "500", "metrics.created": "true", "health.port": "7901",
            "health.timeout": "2s", "tracing.sample_rate": "0.5", "logging.level": "debug", "bench.name": "left",
            "bench.site": "lab", "metrics.max_requests": "7", "web.host_names": "a.example", "runtime.group": "bench",
        ]
        let programs = try values.map { key, value in
            try RunningCommand([Files.metrics, "config", "set", key, value, "--config", file])
        }
        for program in programs { #expect(try program.end().ending == .exited(0)) }
        for (key, value) in values {
            #expect(try Self.config(["get", key, "--config", file]).output == value + "\n", "\(key)")
        }
        #expect(folder.read("probe.yaml").contains("# ours"))
    }

    /// One that hangs keeps the others out for a while only.
    @Test func setWhileAnotherHangs() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("metrics: {port: 1}\n", to: "probe.yaml")
        let holder = try RunningCommand(["flock", folder.path, "sh", "-c", "echo held; read line"], input: .kept)
        try #require(try holder.readLine() == "held")
        let end = try Self.config(["set", "metrics.port", "2", "--config", file])
        #expect(end.code == 69)
        #expect(end.errors == "cardlink-metrics: \(file) is being changed by another program; try again\n")
        #expect(folder.read("probe.yaml") == "metrics: {port: 1}\n")
        try holder.say("")
        #expect(try holder.end().ending == .exited(0))
        #expect(try Self.config(["set", "metrics.port", "2", "--config", file]).code == 0)
        #expect(folder.read("probe.yaml") == "metrics: {port: 2}\n")
    }

    @Test(arguments: ["logging.file", "health.enabled"])
    func explainTellsWhatCountsFromTheNextStart(key: String) throws {
        let end = try Self.config(["explain", key])
        #expect(end.output.hasSuffix("\n  a change counts when the probe is started again\n"))
    }

    @Test func explainTellsEveryWay() throws {
        let end = try Self.config(["explain", "health.timeout"])
        #expect(
            end.output == """
                health.timeout: How long a check may take; one that takes longer is told as hanging.
                  allowed    a time from 50ms to 60s, as in 5s, 500ms or 1m30s; a number alone is of seconds
                  default    5s
                  variables  CARDLINK_HEALTH_TIMEOUT, GP_HEALTH_TIMEOUT
                  option     --health.timeout <time>
                  a change counts at SIGHUP

                """)
        let json = try Self.config(["explain", "metrics.port", "--json"]).output
        let object = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
        #expect(object["default"] as? Int == 7816)
        #expect(object["variables"] as? [String] == ["CARDLINK_METRICS_PORT", "GP_METRICS_PORT"])
        #expect(object["live"] as? Bool == false)
    }

    @Test func helpAndCompletions() throws {
        #expect(try Command.run([Files.metrics, "--version"]).output.hasPrefix("cardlink-metrics "))
        let help = try Command.run([Files.metrics, "config", "--help"]).output
        for name in ["show", "get", "set", "validate", "explain"] { #expect(help.contains("  \(name) ")) }
        let script = try Command.run([Files.metrics, "--generate-completion-script", "bash"]).output
        #expect(script.contains("metrics.collection_interval"))
    }
}
