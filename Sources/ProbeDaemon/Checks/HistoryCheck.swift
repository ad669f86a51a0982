internal import Observability

extension HealthCheck {
    /// The history is written. The bench is observed all the same where it is not, so it is degraded at most.
    static func database(problem: @escaping @Sendable () -> String?) -> HealthCheck {
        HealthCheck("database") { problem().map { HealthResult(.degraded, $0) } ?? HealthResult(.healthy) }
    }

    /// The file of events is written; degraded at most, as above.
    static func recording(problem: @escaping @Sendable () -> String?) -> HealthCheck {
        HealthCheck("recording") { problem().map { HealthResult(.degraded, $0) } ?? HealthResult(.healthy) }
    }
}
