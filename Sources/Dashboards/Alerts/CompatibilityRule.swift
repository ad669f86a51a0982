internal import Observability
internal import PrometheusClient

/// A recording rule that gives a name of CardLink's design paper.
package struct CompatibilityRule: Sendable {
    /// The name, and what it is made from.
    package let rule: RecordingRule

    private init(_ name: String, _ query: Query) { rule = RecordingRule(name, query) }

    private static let catalog = Catalogs.bench

    /// All of them.
    package static let all: [CompatibilityRule] =
        [Series.Part.bucket, .sum, .count].map { part in
            CompatibilityRule(
                "cardlink_apdu_duration_seconds\(part.rawValue)",
                renamed(Query(Series(catalog.apduResponseTime, part)), "command", to: "command_type"))
        } + [
            CompatibilityRule("cardlink_apdu_bytes_total", Query(Series(catalog.apduData, .sum))),
            CompatibilityRule(
                "cardlink_sessions_active",
                Query(Series(catalog.activeSessions).matching("session_type", "ota")).sum(without: "session_type")),
            CompatibilityRule("cardlink_device_connections", Query(Series(catalog.devicesConnected))),
            CompatibilityRule("cardlink_tests_total", Query(Series(catalog.testResults))),
            CompatibilityRule(
                "cardlink_test_executions_total",
                renamed(Query(Series(catalog.testResults)), "status", to: "result").sum(without: "suite_name")),
            CompatibilityRule("cardlink_db_connections_active", Query(Series(catalog.databaseConnectionsActive))),
        ]
        + [Series.Part.bucket, .sum, .count].map { part in
            CompatibilityRule(
                "cardlink_db_query_duration_seconds\(part.rawValue)",
                renamed(Query(Series(catalog.databaseQueryDuration, part)), "operation", to: "query_type")
                    .sum(without: "table"))
        }

    /// What rules cannot give: a family that has our name already would be counted twice.
    static let remark = """
        # Families that have the same name here and there keep the probe's labels. These lines under metric_relabel_configs
        # of the scrape job add the other labels to them:
        #   - {source_labels: [command], target_label: command_type}
        #   - {source_labels: [__name__, success], regex: cardlink_apdu_responses_total;true, target_label: status_category, replacement: success}
        #   - {source_labels: [__name__, success], regex: cardlink_apdu_responses_total;false, target_label: status_category, replacement: error}
        # cardlink_sessions_total counts openings and has no status: take cardlink_session_duration_seconds_count.
        # device_type of commands and sessions, card_iccid and device_id are not told.

        """

    private static func renamed(_ query: Query, _ label: String, to other: String) -> Query {
        query.wrapped { "label_replace(\($0), \"\(other)\", \"$1\", \"\(label)\", \"(.*)\")" }.sum(without: label)
    }
}
