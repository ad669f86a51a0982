package import ProbeEvents
package import PrometheusClient
package import SmartCard

/// The metric families of the bench: names, help, labels with their values, buckets. This table is the contract with
/// dashboards and alerts; what a family counts, `Collector` decides.
///
/// The probe's own health has a table of its own, ``HealthCatalog``.
package struct MetricCatalog: Sendable {
    // MARK: Commands

    /// Commands that reached a card.
    package let apduCommands = Counter(
        "cardlink_apdu_commands_total", "Commands that reached a card, failed ones too.",
        labels: TwoLabels("command", CommandName.self, "interface", APDUInterface.self))
    /// Status words.
    package let apduResponses = Counter(
        "cardlink_apdu_responses_total", "Responses by status word; success is normal processing and 62XX.",
        labels: TwoLabels("status_word", StatusWordLabel.self, "success", Bool.self))
    /// Commands that failed.
    package let apduErrors = Counter(
        "cardlink_apdu_errors_total",
        "Commands that failed, refused probing SELECTs and those that could not be sent too; not 6CXX and 9300.",
        labels: TwoLabels("error_type", APDUErrorType.self, "command", CommandName.self))
    /// Commands that failed as the tester means them to.
    package let apduExpectedErrors = Counter(
        "cardlink_apdu_expected_errors_total",
        "Commands that failed as the tester said they would; they are not in cardlink_apdu_errors_total.",
        labels: TwoLabels("error_type", APDUErrorType.self, "command", CommandName.self))
    /// PINs that were refused, or asked about.
    package let apduPINAnswers = Counter(
        "cardlink_apdu_pin_answers_total", "Answers that tell how many tries a PIN or key has left (63CX, 6983, 9840).",
        labels: OneLabel("tries_left", TriesLeft.self))
    /// The card's own time.
    package let apduResponseTime = DurationHistogram(
        "cardlink_apdu_response_time_seconds", "Time of a command in the card, known waiting left out.",
        labels: OneLabel("command", CommandName.self), buckets: Self.apduResponseTimeBuckets)
    /// Data fields.
    package let apduData = SizeHistogram(
        "cardlink_apdu_data_bytes", "Length of data fields, headers and status words left out; none is not observed.",
        labels: OneLabel("direction", TransferDirection.self),
        buckets: [16, 32, 64, 128, 256, 512, 1024, 2048, 4096])
    /// Waiting for other programs.
    package let apduWait = DurationHistogram(
        "cardlink_apdu_wait_seconds", "Time a program waited for others that used the card.",
        labels: OneLabel("reason", WaitReason.self), buckets: [0.001, 0.01, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30])

    // MARK: Sessions

    /// Sessions that are open.
    package let activeSessions = Gauge(
        "cardlink_active_sessions", "Sessions that are open.", labels: OneLabel("session_type", SessionType.self))
    /// Sessions that were opened.
    package let sessions = Counter(
        "cardlink_sessions_total", "Sessions that were opened.",
        labels: TwoLabels("session_type", SessionType.self, "protocol", SessionProtocol.self))
    /// How long sessions lasted.
    package let sessionDuration = DurationHistogram(
        "cardlink_session_duration_seconds", "Time from a session's opening to its end.",
        labels: TwoLabels("session_type", SessionType.self, "status", SessionStatus.self),
        buckets: MetricCatalog.sessionBuckets)
    /// Sessions that went wrong or could not be opened.
    package let sessionErrors = Counter(
        "cardlink_session_errors_total", "Sessions that ended badly or could not be opened.",
        labels: TwoLabels("session_type", SessionType.self, "error_type", SessionErrorType.self))

    // MARK: Bearer Independent Protocol

    /// Channels that are open.
    package let bipConnectionsActive = Gauge(
        "cardlink_bip_connections_active", "BIP channels that are open.",
        labels: OneLabel("bearer_type", BearerType.self))
    /// Bytes through channels.
    package let bipBytesTransferred = Counter(
        "cardlink_bip_bytes_transferred_total", "Bytes through BIP channels.",
        labels: TwoLabels("direction", TransferDirection.self, "bearer_type", BearerType.self))
    /// How long channels were open.
    package let bipConnectionDuration = DurationHistogram(
        "cardlink_bip_connection_duration_seconds", "Time from a BIP channel's opening to its end.",
        labels: TwoLabels("bearer_type", BearerType.self, "status", SessionStatus.self),
        buckets: MetricCatalog.sessionBuckets)
    /// BIP commands that failed.
    package let bipErrors = Counter(
        "cardlink_bip_errors_total", "BIP commands that failed.",
        labels: TwoLabels("error_type", BIPErrorType.self, "bearer_type", BearerType.self))

    // MARK: TLS and OTA

    /// TLS handshakes.
    package let tlsHandshakes = Counter(
        "cardlink_tls_handshakes_total", "TLS handshakes.",
        labels: TwoLabels("cipher_suite", CipherSuite.self, "result", HandshakeResult.self))
    /// How long handshakes took.
    package let tlsHandshakeDuration = DurationHistogram(
        "cardlink_tls_handshake_duration_seconds", "Time from the first byte of a TLS handshake to its end.",
        labels: OneLabel("cipher_suite", CipherSuite.self),
        buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5])
    /// TLS connections that are open.
    package let tlsConnectionsActive = Gauge(
        "cardlink_tls_connections_active", "TLS connections that are open.")
    /// TLS connections that failed.
    package let tlsErrors = Counter(
        "cardlink_tls_errors_total", "TLS connections that failed.",
        labels: OneLabel("error_type", TLSErrorType.self))
    /// The parts of an OTA session.
    package let otaLegDuration = DurationHistogram(
        "cardlink_ota_leg_duration_seconds", "Time of each leg of an OTA session.",
        labels: OneLabel("leg", OTALeg.self), buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300])
    /// What cards said of secured packets.
    package let otaReceipts = Counter(
        "cardlink_ota_por_total", "Proofs of receipt of secured packets, by what the card said.",
        labels: OneLabel("status", OTAReceipt.self))
    /// How long cards took over secured packets.
    package let otaReceiptDuration = DurationHistogram(
        "cardlink_ota_por_duration_seconds", "Time from a secured packet's first message to its proof of receipt.",
        buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30])
    /// Functions that eUICCs were asked for.
    package let esimFunctions = Counter(
        "cardlink_esim_functions_total", "Functions that eUICCs were asked for, by what came of them.",
        labels: TwoLabels("function", ESIMFunction.self, "result", ESIMResult.self))
    /// How long they took.
    package let esimFunctionDuration = DurationHistogram(
        "cardlink_esim_function_duration_seconds", "Time from a function's first block to the end of its answer.",
        labels: OneLabel("function", ESIMFunction.self),
        buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120])
    /// Downloads of profiles.
    package let esimDownloads = Counter(
        "cardlink_esim_downloads_total", "Downloads of profiles to eUICCs, by what ended them.",
        labels: OneLabel("result", ESIMDownload.Ending.self))
    /// Triggers that were sent.
    package let triggersSent = Counter(
        "cardlink_triggers_sent_total", "Triggers of OTA sessions that were sent.",
        labels: OneLabel("trigger_type", TriggerType.self))
    /// Triggers that failed.
    package let triggerFailures = Counter(
        "cardlink_trigger_failures_total", "Triggers of OTA sessions that could not be sent.",
        labels: OneLabel("trigger_type", TriggerType.self))

    // MARK: Devices

    /// Devices that are present.
    package let devicesConnected = Gauge(
        "cardlink_devices_connected", "Devices that are present.", labels: OneLabel("device_type", DeviceType.self))
    /// Whether a device is present.
    package let deviceUp = Gauge(
        "cardlink_device_up", "1 for a device that is present, 0 for one that was.",
        labels: TwoLabels("device_type", DeviceType.self, "device", OpenLabel.self))
    /// Devices that the configuration names.
    package let deviceExpected = Gauge(
        "cardlink_device_expected", "1 for each device that the configuration names.",
        labels: TwoLabels("device_type", DeviceType.self, "device", OpenLabel.self))
    /// Which bench this is.
    package let benchInfo = Info(
        "cardlink_bench_info", "The bench that this probe watches.", labels: "bench", "site", "instance_id")
    /// What went wrong with devices.
    package let deviceErrors = Counter(
        "cardlink_device_errors_total", "Operations on devices that failed for the device's sake.",
        labels: TwoLabels("device_type", DeviceType.self, "error_type", DeviceErrorType.self))
    /// What was asked of devices, SCardTransmit left out.
    package let deviceOperations = Counter(
        "cardlink_device_operations_total", "Operations on devices other than commands to a card.",
        labels: ThreeLabels(
            "device_type", DeviceType.self, "operation", DeviceOperation.self, "status", OperationStatus.self))
    /// Sharing violations.
    package let readerSharingViolations = Counter(
        "cardlink_reader_sharing_violations_total", "Calls refused since another program held the card.",
        labels: OneLabel("reader", OpenLabel.self))
    /// Commands by reader.
    package let readerCommands = Counter(
        "cardlink_reader_commands_total", "Commands that the card in a reader answered.",
        labels: OneLabel("reader", OpenLabel.self))
    /// What happened between a reader's contacts and its card.
    package let contactEvents = Counter(
        "cardlink_contact_events_total",
        "What tells of bad contact between reader and card; length_corrected (6CXX) and retry are no faults.",
        labels: TwoLabels("reader", OpenLabel.self, "event", ContactEvent.self))
    /// How well contacts do.
    package let contactQuality = Gauge(
        "cardlink_contact_quality_ratio",
        "Share of 10 minutes' commands and faults of contact that are commands; 1 with less than 3 faults.",
        labels: OneLabel("reader", OpenLabel.self))
    /// Cards that are slower than usual.
    package let cardSlowdown = Gauge(
        "cardlink_card_slowdown_ratio",
        "How much longer the card takes than it usually does, as a part of that; 0 while it may be chance.",
        labels: TwoLabels("reader", OpenLabel.self, "command", CommandName.self))
    /// Cards that answer differently.
    package let cardUnusualAnswers = Gauge(
        "cardlink_card_unusual_answers_ratio",
        "Share of the latest answers that are not what the card usually says to the same; 0 while it may be chance.",
        labels: TwoLabels("reader", OpenLabel.self, "command", CommandName.self))
    /// AT commands.
    package let atCommandDuration = DurationHistogram(
        "cardlink_at_command_duration_seconds", "Time from an AT command to its final result.",
        labels: OneLabel("command", ATCommandName.self),
        buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300])
    /// Signal strength.
    package let modemSignalStrength = Gauge(
        "cardlink_modem_signal_dbm", "Signal strength as the modem measures it, dBm.",
        labels: ThreeLabels(
            "modem", OpenLabel.self, "measure", SignalStrengthMeasure.self, "technology", RadioTechnology.self))
    /// Signal quality.
    package let modemSignalQuality = Gauge(
        "cardlink_modem_signal_quality_db", "Signal quality as the modem measures it, dB.",
        labels: ThreeLabels(
            "modem", OpenLabel.self, "measure", SignalQualityMeasure.self, "technology", RadioTechnology.self))
    /// How modems are registered.
    package let modemRegistration = Gauge(
        "cardlink_modem_registration", "1 for the state of registration that a modem is in.",
        labels: ThreeLabels(
            "modem", OpenLabel.self, "domain", RegistrationDomain.self, "state", RegistrationState.self))
    /// Whether modems can use their card.
    package let modemSIMReady = Gauge(
        "cardlink_modem_sim_ready", "1 for a modem whose card is ready, else 0.",
        labels: OneLabel("modem", OpenLabel.self))
    /// Operations of the adb server.
    package let adbOperationDuration = DurationHistogram(
        "cardlink_adb_operation_duration_seconds", "Time of an operation of the adb server.",
        labels: OneLabel("operation", ADBOperation.self), buckets: [0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 30])

    // MARK: Tests and database of the tester

    /// Tests that ended.
    package let testResults = Counter(
        "cardlink_test_results_total", "Tests that ended.",
        labels: TwoLabels("suite_name", OpenLabel.self, "status", TestStatus.self))
    /// How long tests took.
    package let testDuration = DurationHistogram(
        "cardlink_test_duration_seconds", "Time of a test.", labels: OneLabel("suite_name", OpenLabel.self),
        buckets: [0.1, 0.5, 1, 5, 10, 30, 60, 300])
    /// How long suites took.
    package let testSuiteDuration = DurationHistogram(
        "cardlink_test_suite_duration_seconds", "Time of a test suite.",
        labels: OneLabel("suite_name", OpenLabel.self), buckets: [1, 5, 10, 30, 60, 300, 600, 1800])
    /// Tests that run.
    package let testsRunning = Gauge(
        "cardlink_tests_running", "Tests that run.", labels: OneLabel("suite_name", OpenLabel.self))
    /// Assertions.
    package let testAssertions = Counter(
        "cardlink_test_assertions_total", "Assertions that were checked.",
        labels: TwoLabels("suite_name", OpenLabel.self, "result", AssertionResult.self))
    /// Connections to the database.
    package let databaseConnectionsActive = Gauge(
        "cardlink_database_connections_active", "Connections to the tester's database that are open.")
    /// Queries.
    package let databaseQueryDuration = DurationHistogram(
        "cardlink_database_query_duration_seconds", "Time of a query.",
        labels: TwoLabels("operation", DatabaseOperation.self, "table", OpenLabel.self),
        buckets: [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5])
    /// Operations on the database.
    package let databaseOperations = Counter(
        "cardlink_database_operations_total", "Operations on the tester's database.",
        labels: ThreeLabels(
            "operation", DatabaseOperation.self, "table", OpenLabel.self, "status", DatabaseStatus.self))
    /// What went wrong with the database.
    package let databaseErrors = Counter(
        "cardlink_database_errors_total", "Operations on the tester's database that failed.",
        labels: TwoLabels("error_type", DatabaseErrorType.self, "operation", DatabaseOperation.self))

    // MARK: Machine

    /// Use of the machine's processors.
    package let systemCPUUsage = ObservedFamily(
        .gauge, "cardlink_system_cpu_usage_percent", "Share of all processors' time that was not idle, percent.")
    /// Use of the machine's memory.
    package let systemMemoryUsage = ObservedFamily(
        .gauge, "cardlink_system_memory_usage_bytes", "Memory of the machine that programs cannot have.",
        unit: .bytes)
    /// Use of its file systems.
    package let systemDiskUsage = ObservedFamily(
        .gauge, "cardlink_system_disk_usage_bytes", "Bytes in use on the file system that holds a path.", unit: .bytes,
        labels: OneLabel("path", OpenLabel.self))
    /// Room in its file systems.
    package let systemDiskAvailable = ObservedFamily(
        .gauge, "cardlink_system_disk_available_bytes",
        "Bytes that programs may still take of the file system that holds a path; root may take more.", unit: .bytes,
        labels: OneLabel("path", OpenLabel.self))
    /// Traffic of its network interfaces.
    package let systemNetworkBytes = ObservedFamily(
        .counter, "cardlink_system_network_bytes_total", "Bytes through a network interface.", unit: .bytes,
        labels: TwoLabels("direction", TransferDirection.self, "interface", OpenLabel.self))
    /// Age of the probe's process.
    package let systemProcessUptime = ObservedFamily(
        .gauge, "cardlink_system_process_uptime_seconds", "Age of the probe's process.", unit: .seconds)
    /// Threads of the probe's process.
    package let systemThreadsActive = ObservedFamily(
        .gauge, "cardlink_system_threads_active", "Threads of the probe's process.")

    /// A catalogue of its own; its families count from 0.
    package init() {}

    /// Upper bounds of a command's time, seconds.
    package static let apduResponseTimeBuckets: [Double] = [
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]

    /// The same in nanoseconds.
    static let apduResponseTimeNanoseconds = apduResponseTimeBuckets.map { UInt64(($0 * 1e9).rounded()) }

    private static let sessionBuckets: [Double] = [1, 5, 10, 30, 60, 300, 600, 1800, 3600]
}
