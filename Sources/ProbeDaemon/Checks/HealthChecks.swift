internal import ProbeEvents

/// One thing that is checked when somebody asks for health.
struct HealthCheck: Sendable {
    /// Its name in the report.
    var name: String
    /// Whether programs cannot be observed while it fails.
    var isNeededToBeReady = false
    /// Looks and answers at once.
    var look: @Sendable () -> HealthReport.Check
}

/// The checks of a program, and what the health paths answer from them.
struct HealthChecks: Sendable {
    private let checks: [HealthCheck]
    private let startedNanoseconds: UInt64

    init(_ checks: [HealthCheck]) {
        self.checks = checks
        startedNanoseconds = EventClock.monotonicNow
    }

    /// The three answers.
    var health: MetricsServer.Health {
        MetricsServer.Health(
            all: { report { _ in true } }, live: { report { _ in false } }, ready: { report(\.isNeededToBeReady) })
    }

    private func report(_ isAsked: (HealthCheck) -> Bool) -> HealthReport {
        let age = EventClock.monotonicNow - startedNanoseconds
        let results = checks.filter(isAsked).map { ($0.name, $0.look()) }
        return HealthReport(
            version: ProbeVersion.current, uptimeSeconds: (Double(age) / 1e6).rounded() / 1e3,
            checks: Dictionary(results) { first, _ in first })
    }
}
