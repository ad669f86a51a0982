package import Logging

/// Every key of the configuration. Files, variables, options, help and the page on them follow from this table.
///
/// No key holds a secret: passwords and keys stand in files of their own, which keys name.
///
/// A class: to look up one row of a struct copies all of them, which was half of the time that `serve` took to read its
/// command line.
package final class ConfigKeys: Sendable {
    /// The table.
    package static let table = ConfigKeys()

    package let metricsEnabled = Setting(
        "metrics.enabled", .flag, default: true, older: "GP_METRICS_ENABLED", option: "metrics.enabled",
        valueName: "bool", isLive: true, help: "Whether metrics are served; a scrape is answered with 503 otherwise.")
    package let metricsListenAddress = Setting(
        "metrics.listen_address", .addresses, default: [], fallbackText: "127.0.0.1 with metrics.port",
        option: "web.listen-address", valueName: "host:port",
        help: "Where to serve metrics, the live page and health.")
    package let metricsPort = Setting(
        "metrics.port", .number(0...65_535), default: 7816, older: "GP_METRICS_PORT", option: "metrics.port",
        valueName: "port", help: "The port on loopback, where metrics.listen_address says nothing.")
    package let metricsPath = Setting(
        "metrics.path",
        .webPath(
            besides: ["/", "/health", "/health/live", "/health/ready"], below: ["/api/", "/live/"]),
        default: "/metrics",
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

    package let webLivePage = Setting(
        "web.live_page", .flag, default: true, option: "web.live-page", valueName: "bool",
        help: "Whether the live page and what it asks, /api/v1, are served with the metrics.")

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
        "modems.taps", .modemTaps, default: [], fallbackText: "none", option: "modem.tap",
        valueName: "name=[maker:]port",
        help: "A relay between a tester and the modem that it owns: the tester opens NAME in place of the port. A name "
            + "without a slash stands in the folder modems of runtime.directory. The maker decides how lines of "
            + "the card's toolkit are read; without one the modem's answer to AT+CGMI or its USB number tells.")

    package let pskTLSRelays = Setting(
        "taps.psk_tls", .tlsRelays, default: [], fallbackText: "none", option: "psk-tls.tap",
        valueName: "name=listen/server",
        help: "A relay between cards and a tester's server over TLS: cards connect to LISTEN in place of SERVER.")
    package let pskFile = Setting(
        "taps.psk_file", .path, default: nil, fallbackText: "none", option: "psk-tls.keys", valueName: "file",
        help: "The keys that cards share with these servers, a line IDENTITY:KEY each, with the key in hex: sessions "
            + "under them are read. Nobody else may read the file; what it holds is shown by nothing.")
    package let phonesWatch = Setting(
        "phones.watch", .flag, default: false, option: "phones.watch", valueName: "bool",
        help: "Whether the adb server is asked which phones there are, and a phone that is ready what it is: model, "
            + "release, baseband, operator, state of its card. No server is started.")
    package let phonesServer = Setting(
        "phones.server", .adbServer, default: ListenAddress(host: "127.0.0.1", port: 5037), option: "phones.server",
        valueName: "host:port", help: "The adb server.")
    package let phonesRadioLog = Setting(
        "phones.radio_log", .flag, default: false, option: "phones.radio-log", valueName: "bool",
        help:
            "Whether the radio log of watched phones (logcat -b radio) is read for what their cards ask: channels, and "
            + "messages that start them. Nothing else of it is kept.")
    package let phonesExpected = Setting(
        "phones.expected", .names("phones' serial numbers"), default: [], fallbackText: "none",
        option: "phones.expected", valueName: "serial", isLive: true,
        help: "A phone that belongs to the bench, by the serial number that adb shows: cardlink_device_expected, and "
            + "cardlink_device_up is 0 while it is not there.")
    package let adbRelays = Setting(
        "taps.adb", .adbRelays, default: [], fallbackText: "none", option: "adb.tap", valueName: "listen[/server]",
        help: "A relay before the adb server that times each service: clients find it by ADB_SERVER_SOCKET=tcp:LISTEN. "
            + "Without SERVER it is before that of phones.server.")
    package let eventsRecording = Setting(
        "events.recording", .path, default: nil, fallbackText: "none", option: "events.recording", valueName: "file",
        help: "A file for all events, a line each, as 'cardlink-probe run --events' has it for a run; "
            + "'cardlink-probe replay' reads it.")
    package let eventsRecordingMaxSize = Setting(
        "events.recording_max_size", .size(1 << 20...(1 << 40)), default: 256 << 20,
        option: "events.recording-max-size", valueName: "size",
        help: "How large that file becomes with the one before it, FILE.1: at half of it a new one begins.")
    package let storeEnabled = Setting(
        "store.enabled", .flag, default: true, option: "store.enabled", valueName: "bool",
        help: "Whether a history of runs, sessions and commands is kept on this machine, without payloads and secrets.")
    package let storePath = Setting(
        "store.path", .path, default: nil, fallbackText: "history.db in the state directory", option: "store.path",
        valueName: "file", help: "The file of the history, an SQLite database for this user alone.")
    package let storeMaxAge = Setting(
        "store.max_age", .time(.seconds(60)...(.seconds(3_660 * 86_400))), default: .seconds(30 * 86_400),
        fallbackText: "30d", option: "store.max-age", valueName: "time",
        help: "How long the history keeps anything; what is older is deleted, and its room given back.")
    package let storeMaxSize = Setting(
        "store.max_size", .size(1 << 20...(1 << 40)), default: 256 << 20, option: "store.max-size",
        valueName: "size", help: "How large the history becomes; then its oldest tenth is deleted.")

    package let flightsEnabled = Setting(
        "flights.enabled", .flag, default: true, option: "flights.enabled", valueName: "bool",
        help:
            "Whether a fault leaves a file with the last events of its device and session, for cardlink-probe explain.")
    package let flightsPath = Setting(
        "flights.path", .path, default: nil, fallbackText: "flights in the state directory", option: "flights.path",
        valueName: "dir", help: "The folder of these files, for this user alone.")
    package let flightsMaxFiles = Setting(
        "flights.max_files", .number(1...10_000), default: 100, option: "flights.max-files", valueName: "count",
        help: "How many of them are kept; then the oldest goes, and likewise at 64 MiB.")

    package let captureFile = Setting(
        "capture.file", .path, default: nil, fallbackText: "none", option: "capture.file", valueName: "file",
        help:
            "A file in pcapng into which all that is seen goes, without secrets: commands to cards, lines to modems and "
            + "from them, connections through relays, what test runners tell. The next file begins when it is large "
            + "or old enough; older ones have a number, capture.1.pcapng the newest of them.")
    package let captureMaxSize = Setting(
        "capture.max_size", .size(64 << 10...(1 << 40)), default: 64 << 20, option: "capture.max-size",
        valueName: "size", help: "How large a file of the capture becomes.")
    package let captureMaxFiles = Setting(
        "capture.max_files", .number(1...1_000), default: 8, option: "capture.max-files", valueName: "count",
        help: "How many files of the capture there are; the oldest makes room for a new one.")
    package let captureMaxAge = Setting(
        "capture.max_age", .time(.seconds(60)...(.seconds(366 * 86_400))), default: .seconds(86_400),
        fallbackText: "1d", option: "capture.max-age", valueName: "time",
        help: "How long a file of the capture is written.")
    package let captureFileContents = Setting(
        "capture.file_contents", .flag, default: false, option: "capture.file-contents", valueName: "bool",
        help: "Whether the contents of files on cards go into it, identities in them as a hash, keys never.")
    package let captureShowIdentity = Setting(
        "capture.show_identity", .flag, default: false, option: "capture.show-identity", valueName: "bool",
        help: "Whether identities stay in clear there, that of a client of TLS among them; a session with extended "
            + "master secret can be deciphered only then.")
    package let captureGSMTAP = Setting(
        "capture.gsmtap", .destination, default: nil, fallbackText: "none", option: "capture.gsmtap",
        valueName: "host:port",
        help: "Where commands to cards go as they happen, as GSMTAP in UDP: 127.0.0.1:4729 is what Wireshark knows. "
            + "Nobody has to listen there.")

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
    package var rows: [SettingFacts] { Self.allRows }
    private static let allRows = Mirror(reflecting: table).children.compactMap { ($0.value as? any SettingRow)?.facts }

    /// What the variables of the table begin with.
    static let variablePrefix = "CARDLINK_"
    /// Variables with this beginning that say something else than a key does.
    static let otherVariables = [
        "CARDLINK_CAPTURE", "CARDLINK_EVENTS", "CARDLINK_PASSWORD", "CARDLINK_PCSC_LIBRARY", "CARDLINK_RECEIVER",
    ]
}
