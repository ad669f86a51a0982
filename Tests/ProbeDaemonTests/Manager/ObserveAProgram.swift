import Observability
import ProbeDaemon
import Tracing

/// Runs one test on a bench, observed; gives the addresses at which it could be watched.
func observeOneTest(
    _ observability: ObservabilityManager, _ configuration: ObservabilityConfiguration,
    test: @Sendable () async throws -> Void
) async throws -> [String] {
    try await observability.initialize(configuration)
    await observability.health?.register(HealthCheck("card") { HealthResult(.healthy) })
    let addresses = await observability.metricsURLs
    try? await observability.tracer.withSpan("test") { _ in
        try await observability.collector?.withTest(in: "provisioning") { try await test() }
    }
    await observability.shutdown()
    return addresses
}
