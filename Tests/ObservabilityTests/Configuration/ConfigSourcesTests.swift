import Logging
import TestSupport
import Testing

@testable import Observability

/// Every key of the table, by every way in which it can be given.
struct ConfigSourcesTests {
    /// Two allowed texts of each key, told apart.
    private static let texts: [String: (String, String)] = [
        "metrics.enabled": ("false", "true"), "metrics.listen_address": ("127.0.0.1:1", "[::1]:2"),
        "metrics.port": ("1", "2"), "metrics.path": ("/a", "/b"), "metrics.max_requests": ("1", "2"),
        "metrics.created": ("false", "true"),
        "metrics.series_limit": ("1", "2"), "metrics.collection_interval": ("2", "1m30s"),
        "health.enabled": ("false", "true"), "health.timeout": ("2.5", "500ms"),
        "health.disk_degraded_percent": ("1", "2"), "health.disk_unhealthy_percent": ("1", "2"),
        "health.memory_degraded_percent": ("1", "2"), "health.memory_unhealthy_percent": ("1", "2"),
        "system.disk_paths": ("/", "/var"), "readers.expected": ("ACS ACR39U 00 00", "Virtual PCD 00 00"),
        "health.listen_address": ("127.0.0.1:1", "[::1]:2"),
        "health.port": ("1", "2"), "web.config_file": ("/a", "/b"), "web.host_names": ("a.example", "b.example"),
        "web.live_page": ("true", "false"),
        "bench.name": ("left", "right"), "bench.site": ("lab", "the attic"),
        "modems.ports": ("auto", "a=/dev/ttyUSB2"), "modems.poll_interval": ("2", "1m30s"),
        "modems.taps": ("a=/dev/ttyUSB2", "/a=telit:/dev/ttyUSB3"), "runtime.directory": ("/a", "/b"),
        "events.recording": ("/a", "/b"), "events.recording_max_size": ("64MiB", "2000000"),
        "store.enabled": ("false", "true"), "store.path": ("/a", "/b"), "store.max_age": ("90d", "1m30s"),
        "store.max_size": ("64MiB", "2000000"), "flights.enabled": ("false", "true"), "flights.path": ("/a", "/b"),
        "flights.max_files": ("1", "20"),
        "capture.file": ("/a", "/b"), "capture.max_size": ("64KiB", "2000000"), "capture.max_files": ("1", "2"),
        "capture.max_age": ("90m", "1m30s"), "capture.file_contents": ("true", "false"),
        "capture.show_identity": ("true", "false"), "capture.gsmtap": ("127.0.0.1:4729", "[::1]:4729"),
        "runtime.group": ("a", "b"), "logging.level": ("debug", "error"),
        "logging.components": ("http=debug", "readers=error"), "logging.format": ("json", "text"),
        "logging.trace_correlation": ("false", "true"), "logging.file": ("/a", "stderr"),
        "tracing.enabled": ("false", "true"), "tracing.endpoint": ("h:1", "https://h/v1"),
        "tracing.protocol": ("grpc", "http"), "tracing.service_name": ("a", "b"),
        "tracing.service_version": ("1", "2"), "tracing.sample_rate": ("0.5", "0"),
        "phones.watch": ("true", "false"), "phones.server": ("127.0.0.1:5038", "adb.example:1"),
        "phones.radio_log": ("true", "false"), "phones.expected": ("R58N00", "127.0.0.1:5555"),
        "taps.adb": ("127.0.0.1:5038", ":1/h:2"),
        "taps.psk_tls": ("a=:1/h:2", "b=[::1]:1/10.0.0.1:2/v2"), "taps.psk_file": ("/a", "/b"),
    ]

    @Test func everyKeyHasExamples() {
        #expect(ConfigKeys.table.rows.map(\.path).sorted() == Self.texts.keys.sorted())
    }

    @Test func noTwoKeysShareAName() {
        let rows = ConfigKeys.table.rows
        for names in [
            rows.map(\.path), rows.flatMap { [$0.variable] + ($0.olderVariable.map { [$0] } ?? []) },
            rows.map(\.option),
        ] {
            #expect(Set(names).count == names.count)
        }
    }

    @Test func everyDefaultIsAllowed() {
        for row in ConfigKeys.table.rows where !row.fallbackTexts.isEmpty {
            #expect(row.refusal(row.fallbackTexts) == nil, "\(row.path)")
        }
    }

    /// Each layer alone, and above those that it goes before.
    @Test(arguments: ConfigKeys.table.rows)
    func theEarlierLayerCounts(_ row: SettingFacts) async throws {
        let (first, second) = try #require(Self.texts[row.path])
        let folder = try TemporaryFolder()
        let file = try folder.write(Self.yaml(row.path, second), to: "config.yaml")
        var expected: [(ConfigSources, Settings.Origin)] = [
            (ConfigSources(), .fallback), (ConfigSources(file: file), .file(file, line: 2)),
        ]
        if let older = row.olderVariable {
            let environment = [older: first]
            expected.append((ConfigSources(file: file, environment: environment), .variable(older)))
        }
        var environment = row.olderVariable.map { [$0: second] } ?? [:]
        environment[row.variable] = first
        expected.append((ConfigSources(file: file, environment: environment), .variable(row.variable)))
        environment[row.variable] = second
        let options = [row.path: [first]]
        expected.append((ConfigSources(file: file, environment: environment, options: options), .option(row.option)))
        for (sources, origin) in expected {
            let settings = try await sources.load()
            #expect(settings.origin(of: row) == origin)
            switch origin {
            case .fallback: #expect(settings.texts(of: row) == row.fallbackTexts)
            case .file: #expect(settings.texts(of: row) == [second])
            case .variable, .option: #expect(settings.texts(of: row) == [first])
            }
            #expect(settings.warnings == [])
        }
    }

    @Test func valuesHaveTheirTypes() async throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(
            """
            metrics: {enabled: False, listen_address: ["[::1]:1", ":2"], port: 3, path: /m}
            web: {host_names: bench.example, config_file: web.yaml}
            runtime: {directory: /r}
            logging: {level: Debug, components: ["http=trace", "readers=ERROR"], format: json, file: /var/log/probe}
            """, to: "config.yaml")
        let settings = try await ConfigSources(file: file).load()
        #expect(settings[\.metricsEnabled] == false)
        #expect(settings[\.metricsListenAddress].map(\.description) == ["[::1]:1", ":2"])
        #expect(settings[\.metricsPort] == 3)
        #expect(settings[\.metricsPath] == "/m")
        #expect(settings[\.webHostNames] == ["bench.example"])
        #expect(settings[\.webConfigFile] == folder.file("web.yaml"))
        #expect(settings[\.runtimeDirectory] == "/r")
        #expect(settings[\.runtimeGroup] == nil)
        #expect(settings[\.healthPort] == 7817)
        #expect(settings[\.loggingLevel] == .debug)
        #expect(
            settings[\.loggingComponents] == [
                ComponentLevel(component: .http, level: .trace), ComponentLevel(component: .readers, level: .error),
            ])
        #expect(settings[\.loggingFormat] == .json)
        #expect(settings[\.loggingFile] == .file("/var/log/probe"))
        #expect(settings[\.loggingTraceCorrelation])
    }

    @Test func aVariableHoldsAListWithCommas() async throws {
        let environment = ["CARDLINK_WEB_HOST_NAMES": "a.example, b.example", "CARDLINK_METRICS_PATH": ""]
        let settings = try await ConfigSources(environment: environment).load()
        #expect(settings[\.webHostNames] == ["a.example", "b.example"])
        #expect(settings.origin(of: \.metricsPath) == .fallback)
    }

    @Test func anUnknownVariableIsAWarning() async throws {
        let environment = ["CARDLINK_METRIC_PORT": "1", "CARDLINK_RECEIVER": "/x", "GP_OTHER": "2"]
        #expect(
            try await ConfigSources(environment: environment).load().warnings == [
                "the environment variable CARDLINK_METRIC_PORT is not known; did you mean CARDLINK_METRICS_PORT?"
            ])
    }

    @Test func aPasswordInTheEnvironmentIsAWarning() async throws {
        let environment = ["GP_METRICS_AUTH_PASSWORD": "geheim", "GP_METRICS_AUTH_USERNAME": ""]
        #expect(
            try await ConfigSources(environment: environment).load().warnings == [
                "the environment variable GP_METRICS_AUTH_PASSWORD protects nothing here; a password stands in the file "
                    + "of web.config_file"
            ])
    }

    @Test(arguments: ["", "# nothing\n", "---\n", "metrics:\n", "metrics: {}\nhealth: ~\n"])
    func aFileWithoutKeysSaysNothing(_ text: String) async throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(text, to: "config.yaml")
        let settings = try await ConfigSources(file: file).load()
        for row in ConfigKeys.table.rows { #expect(settings.origin(of: row) == .fallback) }
    }

    @Test func whatCanChangeAliveIsTaken() async throws {
        let options = ["metrics.enabled": ["false"], "metrics.port": ["1"], "logging.level": ["trace"]]
        var settings = try await ConfigSources().load()
        let next = try await ConfigSources(options: options).load()
        #expect(
            settings.adopt(next) == [
                "metrics.enabled is now false", "metrics.port changes to 1 only when the probe is started again",
                "logging.level is now trace",
            ])
        #expect(settings[\.loggingLevel] == .trace)
        #expect(settings[\.metricsEnabled] == false)
        #expect(settings[\.metricsPort] == 7816)
        #expect(settings.adopt(settings) == [])
        let defaults = try await ConfigSources().load()
        #expect(settings.adopt(defaults) == ["metrics.enabled is now true", "logging.level is now info"])
    }

    /// `a.b` with a value, as a document.
    private static func yaml(_ path: String, _ text: String) -> String {
        let parts = path.split(separator: ".")
        return "\(parts[0]):\n  \(parts[1]): '\(text)'\n"
    }
}

extension SettingFacts: CustomTestStringConvertible {
    /// The key.
    public var testDescription: String { path }
}
