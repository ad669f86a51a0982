internal import Observability
internal import PrometheusClient

/// What the rules keep, each named for the labels that it has besides the target's own.
package enum Recordings {
    private static let catalog = Catalogs.bench

    // MARK: Commands

    static let apduCommands = RecordingRule(
        "instance:cardlink_apdu_commands:increase10m",
        .gained(Series(catalog.apduCommands), over: .tenMinutes).sum(without: "command", "interface"))
    // OpenSC asks a card for some 48 applications that it does not have before its first command.
    static let apduUnexpectedErrors = RecordingRule(
        "instance:cardlink_apdu_unexpected_errors:increase10m",
        Query.gained(Series(catalog.apduErrors), over: .tenMinutes)
            .joined(
                "unless",
                Query(
                    Series(catalog.apduErrors).matching("command", "SELECT")
                        .matching("error_type", .matches, "not_found|not_supported"))
            )
            .sum(without: "error_type", "command"))
    static let apduResponseTime = RecordingRule(
        "instance:cardlink_apdu_response_time_seconds:p95_10m",
        .quantile95(of: Series(catalog.apduResponseTime, .bucket), over: .tenMinutes, without: "command"))

    // MARK: Sessions

    static let sessions = RecordingRule(
        "instance_session_type:cardlink_sessions_ended:increase30m",
        .gained(Series(catalog.sessionDuration, .count), over: .halfHour).sum(without: "status"))
    static let sessionTimeouts = RecordingRule(
        "instance_session_type:cardlink_session_timeouts:increase30m",
        .gained(Series(catalog.sessionDuration, .count).matching("status", "timeout"), over: .halfHour)
            .sum(without: "status"))
    static let sessionDuration = RecordingRule(
        "instance_session_type:cardlink_session_duration_seconds:p95_30m",
        .quantile95(of: Series(catalog.sessionDuration, .bucket), over: .halfHour, without: "status"))
    static let tlsHandshakes = RecordingRule(
        "instance:cardlink_tls_handshakes:increase30m",
        .gained(Series(catalog.tlsHandshakes), over: .halfHour).sum(without: "cipher_suite", "result"))
    static let tlsFailures = RecordingRule(
        "instance:cardlink_tls_handshake_failures:increase30m",
        .gained(Series(catalog.tlsHandshakes).matching("result", .differs, "success"), over: .halfHour)
            .sum(without: "cipher_suite", "result"))
    static let bipErrors = RecordingRule(
        "instance_bearer_type:cardlink_bip_errors:increase30m",
        .gained(Series(catalog.bipErrors), over: .halfHour).sum(without: "error_type"))
    // A channel that failed is among the errors already; one that could not be opened is nowhere else.
    static let bipOutcomes = RecordingRule(
        "instance_bearer_type:cardlink_bip_outcomes:increase30m",
        Query.gained(Series(catalog.bipErrors), over: .halfHour)
            .joined(
                "or",
                .gained(
                    Series(catalog.bipConnectionDuration, .count).matching("status", "completed"), over: .halfHour)
            )
            .sum(without: "error_type", "status"))
    static let triggerFailures = RecordingRule(
        "instance_trigger_type:cardlink_trigger_failures:increase30m",
        .gained(Series(catalog.triggerFailures), over: .halfHour))
    static let triggers = RecordingRule(
        "instance_trigger_type:cardlink_triggers:increase30m",
        .gained(Series(catalog.triggersSent), or: Series(catalog.triggerFailures), over: .halfHour))

    // MARK: The tester

    static let tests = RecordingRule(
        "instance_suite_name:cardlink_tests:increase30m",
        .gained(Series(catalog.testResults).matching("status", .differs, "skipped"), over: .halfHour)
            .sum(without: "status"))
    static let testFailures = RecordingRule(
        "instance_suite_name:cardlink_test_failures:increase30m",
        .gained(Series(catalog.testResults).matching("status", .matches, "failed|error"), over: .halfHour)
            .sum(without: "status"))
    static let databaseOperations = RecordingRule(
        "instance:cardlink_database_operations:increase10m",
        .gained(Series(catalog.databaseOperations), over: .tenMinutes).sum(without: "operation", "table", "status"))
    static let databaseFailures = RecordingRule(
        "instance:cardlink_database_failures:increase10m",
        .gained(Series(catalog.databaseOperations).matching("status", "failed"), over: .tenMinutes)
            .sum(without: "operation", "table", "status"))

    /// All of them; each stands behind what it asks for.
    package static let all =
        RuleWindow.allCases.map(\.watched) + [
            apduCommands, apduUnexpectedErrors, apduResponseTime, sessions, sessionTimeouts, sessionDuration,
            tlsHandshakes,
            tlsFailures, bipErrors, bipOutcomes, triggerFailures, triggers, tests, testFailures, databaseOperations,
            databaseFailures,
        ]
}
