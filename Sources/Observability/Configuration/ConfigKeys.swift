package import Logging

/// Every key of the configuration. Files, variables, options, help and the page on them follow from this table.
///
/// No key holds a secret: passwords and keys stand in files of their own, which keys name.
package struct ConfigKeys: Sendable {
    /// The table.
    package static let table = ConfigKeys()

    package let metricsEnabled = Setting(
        "metrics.enabled", .flag, default: true, older: "GP_METRICS_ENABLED", option: "metrics.enabled",
        valueName: "bool", isLive: true, help: "Whether metrics are served; a scrape is answered with 503 otherwise.")
    package let metricsListenAddress = Setting(
        "metrics.listen_address", .addresses, default: [], fallbackText: "127.0.0.1 with metrics.port",
        option: "web.listen-address", valueName: "host:port",
        help: "Where to serve metrics, landing page and health.")
    package let metricsPort = Setting(
        "metrics.port", .number(0...65_535), default: 7816, older: "GP_METRICS_PORT", option: "metrics.port",
        valueName: "port", help: "The port on loopback, where metrics.listen_address says nothing.")
    package let metricsPath = Setting(
        "metrics.path", .webPath(besides: ["/", "/health", "/health/live", "/health/ready"]), default: "/metrics",
        older: "GP_METRICS_PATH", option: "web.telemetry-path", valueName: "path", help: "The path of the metrics.")
    package let metricsMaxRequests = Setting(
        "metrics.max_requests", .number(1...10_000), default: 40, option: "web.max-requests", valueName: "count",
        help: "Scrapes at once; a further one is answered with 503.")
    package let metricsSeriesLimit = Setting(
        "metrics.series_limit", .number(1...1_000_000), default: 1_000, option: "metrics.series-limit",
        valueName: "count", help: "Series that a family with an open label may have; further ones count under other.")
    package let metricsCreated = Setting(
        "metrics.created", .flag, default: false, option: "metrics.created", valueName: "bool",
        help: "Whether OpenMetrics tells from when on each counter and histogram counts: one more series each.")
    package let metricsCollectionInterval = Setting(
        "metrics.collection_interval", .time(.milliseconds(100)...(.seconds(3_600))), default: .seconds(1),
        older: "GP_METRICS_INTERVAL", option: "metrics.collection-interval", valueName: "time",
        help: "How old a reading of machine and process may be when it is shown again.")

    package let healthEnabled = Setting(
        "health.enabled", .flag, default: true, older: "GP_HEALTH_ENABLED", option: "health.enabled",
        valueName: "bool", help: "Whether health is answered; there is nothing on its paths otherwise.")
    package let healthListenAddress = Setting(
        "health.listen_address", .addresses, default: [], fallbackText: "127.0.0.1 with health.port",
        option: "health.listen-address", valueName: "host:port",
        help: "Where to answer health alone; it is answered with the metrics anyway.")
    package let healthPort = Setting(
        "health.port", .number(0...65_535), default: 7817, older: "GP_HEALTH_PORT", option: "health.port",
        valueName: "port",
        help: "The port on loopback, where health.listen_address says nothing. "
            + "With metrics.listen_address alone, health is answered there only.")
    package let healthTimeout = Setting(
        "health.timeout", .time(.milliseconds(50)...(.seconds(60))), default: .seconds(5),
        older: "GP_HEALTH_TIMEOUT", option: "health.timeout", valueName: "time", isLive: true,
        help: "How long a check may take; one that takes longer is told as hanging.")
    package let healthDiskDegraded = Setting(
        "health.disk_degraded_percent", .number(1...100), default: 90, option: "health.disk-degraded-percent",
        valueName: "percent", isLive: true, help: "How full a disk of system.disk_paths is when health is degraded.")
    package let healthDiskUnhealthy = Setting(
        "health.disk_unhealthy_percent", .number(1...100), default: 98, option: "health.disk-unhealthy-percent",
        valueName: "percent", isLive: true, help: "How full a disk of system.disk_paths is when it is unhealthy.")
    package let healthMemoryDegraded = Setting(
        "health.memory_degraded_percent", .number(1...100), default: 90, option: "health.memory-degraded-percent",
        valueName: "percent", isLive: true,
        help: "How much of the machine's memory is not available when health is degraded.")
    package let healthMemoryUnhealthy = Setting(
        "health.memory_unhealthy_percent", .number(1...100), default: 98, option: "health.memory-unhealthy-percent",
        valueName: "percent", isLive: true,
        help: "How much of the machine's memory is not available when it is unhealthy.")

    package let systemDiskPaths = Setting(
        "system.disk_paths", .absolutePaths, default: ["/"], option: "system.disk-path", valueName: "path",
        help: "A path on each disk whose use is shown and checked.")

    package let readersExpected = Setting(
        "readers.expected", .names("readers' names"), default: [], fallbackText: "none", option: "readers.expected",
        valueName: "name", isLive: true,
        help: "A reader that belongs to the bench, by the name that PC/SC gives it: cardlink_device_expected, and "
            + "cardlink_device_up is 0 while it is not there. A name with a comma can stand in a file only.")

    package let tracingEnabled = Setting(
        "tracing.enabled", .flag, default: true, fallbackText: "true, where an endpoint is named",
        older: "GP_TRACING_ENABLED", option: "tracing.enabled", valueName: "bool",
        help: "Whether spans are exported; without an endpoint to OpenTelemetry's usual one.")
    package let tracingEndpoint = Setting(
        "tracing.endpoint", .exportEndpoint, default: nil, fallbackText: "none", older: "GP_OTLP_ENDPOINT",
        option: "tracing.endpoint", valueName: "url",
        help: "Where spans go by OTLP; HOST:PORT is asked without TLS, and over gRPC unless tracing.protocol says "
            + "otherwise. Over HTTP a URL without a path gets /v1/traces.")
    package let tracingProtocol = Setting(
        "tracing.protocol", .choice("grpc", "http/protobuf", "http"), default: nil,
        fallbackText: "http/protobuf; grpc for HOST:PORT", older: "GP_OTLP_PROTOCOL", option: "tracing.protocol",
        valueName: "name", help: "How spans travel; http is http/protobuf.")
    package let tracingServiceName = Setting(
        "tracing.service_name", .name("a name"), default: nil, fallbackText: "cardlink-probe",
        older: "GP_SERVICE_NAME", option: "tracing.service-name", valueName: "name",
        help: "The name under which spans are shown, service.name.")
    package let tracingServiceVersion = Setting(
        "tracing.service_version", .name("a version"), default: nil, fallbackText: "the probe's",
        older: "GP_SERVICE_VERSION", option: "tracing.service-version", valueName: "version",
        help: "The version that is told with it, service.version.")
    package let tracingSampleRate = Setting(
        "tracing.sample_rate", .share, default: 1, older: "GP_TRACE_SAMPLE_RATE", option: "tracing.sample-rate",
        valueName: "share", isLive: true,
        help: "The share of traces that is kept, where no caller decided; a session with a reader is one.")

    package let webConfigFile = Setting(
        "web.config_file", .path, default: nil, fallbackText: "none: no password, no TLS", option: "web.config.file",
        valueName: "file",
        help: "Passwords and TLS, in the format that Prometheus exporters share; read again when it changes.")
    package let webHostNames = Setting(
        "web.host_names", .hostNames, default: [], fallbackText: "none", option: "web.host", valueName: "name",
        help: "A further name that this machine is known by; requests under others are refused.")

    package let benchName = Setting(
        "bench.name", .name("a name"), default: nil, fallbackText: "the host's name", option: "bench.name",
        valueName: "name", help: "The bench's name, as metrics and traces tell it.")
    package let benchSite = Setting(
        "bench.site", .name("a name"), default: nil, fallbackText: "none", option: "bench.site", valueName: "name",
        help: "The site that the bench stands at.")

    package let runtimeDirectory = Setting(
        "runtime.directory", .path, default: nil,
        fallbackText: "/run/cardlink-probe for root, else cardlink-probe in $XDG_RUNTIME_DIR", option: "runtime-dir",
        valueName: "dir", help: "The directory for sockets.")
    package let runtimeGroup = Setting(
        "runtime.group", .name("a group"), default: nil, fallbackText: "none", option: "group",
        valueName: "group", help: "The group whose members may tell events, beside this user and root.")

    package let modemPorts = Setting(
        "modems.ports", .modemPorts, default: [], fallbackText: "none", option: "modem", valueName: "[name=]port",
        help: "A modem's port to watch: by a name that lasts, and with a name of its own for metrics. With auto every "
            + "modem on USB is watched, on its second AT port where it has two.")
    package let modemPollInterval = Setting(
        "modems.poll_interval", .time(.milliseconds(500)...(.seconds(3_600))), default: .seconds(10),
        option: "modems.poll-interval", valueName: "time",
        help: "How often a watched modem is asked for registration and signal; for its card after three of these, for "
            + "operator, counters and temperature after six.")
    package let modemTaps = Setting(
        "modems.taps", .modemTaps, default: [], fallbackText: "none", option: "modem.tap", valueName: "name=port",
        help: "A relay between a tester and the modem that it owns: the tester opens NAME in place of the port. A name "
            + "without a slash stands in the folder modems of runtime.directory.")

    package let loggingLevel = Setting(
        "logging.level", .choice, default: Logger.Level.info, older: "GP_LOG_LEVEL", option: "logging.level",
        valueName: "level", isLive: true, help: "The least level that is logged.")
    package let loggingComponents = Setting(
        "logging.components", .componentLevels, default: [], fallbackText: "none", option: "logging.components",
        valueName: "component=level", isLive: true, help: "A component of the probe with a level of its own.")
    package let loggingFormat = Setting(
        "logging.format", .choice, default: LoggingConfig.Format.text, older: "GP_LOG_FORMAT",
        option: "logging.format", valueName: "format", isLive: true, help: "Lines for people, or JSON lines.")
    package let loggingTraceCorrelation = Setting(
        "logging.trace_correlation", .flag, default: true, option: "logging.trace-correlation", valueName: "bool",
        isLive: true, help: "Whether a line names the trace and the span in which it was said.")
    package let loggingFile = Setting(
        "logging.file", .logOutput, default: LoggingConfig.Output.standardError, older: "GP_LOG_FILE",
        option: "logging.file", valueName: "output",
        help: "Where the log goes; a file may be moved away, truncated or removed while it is written.")

    /// The rows, in order.
    package var rows: [SettingFacts] {
        Mirror(reflecting: self).children.compactMap { ($0.value as? any SettingRow)?.facts }
    }

    /// What the variables of the table begin with.
    static let variablePrefix = "CARDLINK_"
    /// Variables with this beginning that say something else than a key does; the last two are of the tests.
    static let otherVariables = [
        "CARDLINK_CAPTURE", "CARDLINK_PCSC_LIBRARY", "CARDLINK_RECEIVER", "CARDLINK_TEST_LONG", "CARDLINK_WRITE_DOCS",
    ]
}
