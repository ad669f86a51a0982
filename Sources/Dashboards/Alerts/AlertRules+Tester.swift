extension AlertRule {
    /// The tester's own work.
    static let tester = [
        AlertRule(
            "CardLinkTestFailures", .warning, pending: .zero,
            thresholds: [AlertThresholds.testFailureRatio, AlertThresholds.testMinimum],
            summary: "Many tests of a suite fail.",
            description: """
                {{ $value | humanizePercentage }} of the tests of {{ $labels.suite_name }} failed in 30 minutes on \(place).
                """,
            dashboard: .tests
        ) { settings in
            .share(
                Recordings.testFailures, of: Recordings.tests, above: settings[AlertThresholds.testFailureRatio],
                minimum: settings[AlertThresholds.testMinimum])
        },
        AlertRule(
            "CardLinkDatabaseFailures", .warning, pending: .seconds(120),
            thresholds: [AlertThresholds.databaseFailureRatio, AlertThresholds.databaseMinimum],
            summary: "Many operations of the tester's database fail.",
            description: """
                {{ $value | humanizePercentage }} of the database operations of 10 minutes failed on \(place).
                """,
            dashboard: .tests
        ) { settings in
            .share(
                Recordings.databaseFailures, of: Recordings.databaseOperations,
                above: settings[AlertThresholds.databaseFailureRatio],
                minimum: settings[AlertThresholds.databaseMinimum])
        },
    ]
}
