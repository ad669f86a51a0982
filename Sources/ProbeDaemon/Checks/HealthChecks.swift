internal import Observability
internal import ProbeEvents
internal import Synchronization

/// What the health paths answer: the checks of a program, and whether it is about to end.
final class HealthChecks: Sendable {
    /// How the paths are asked; nobody who has asked for `/health/ready` lately is left with a refused connection before
    /// it was told that the probe is ready no more.
    private struct Polling {
        var isStopping = false
        var lastNanoseconds: UInt64?
        var hasToldStop = false
    }

    /// Who has not asked for so long does not watch.
    private static let memory = Duration.seconds(30)
    /// How long the stop waits for the next question.
    private static let patience = Duration.seconds(1)

    /// The checks.
    let checker: HealthChecker
    private let polling = Mutex(Polling())

    init(_ checker: HealthChecker = HealthChecker(version: ProbeVersion.current)) { self.checker = checker }

    /// The three answers.
    var health: MetricsServer.Health {
        MetricsServer.Health(
            all: { await self.checker.run() }, live: { await self.checker.run { _ in false } },
            ready: { await self.ready() }, beforeStop: { await self.waitForPollers() })
    }

    /// From now on the probe is not ready.
    func stop() { polling.withLock { $0.isStopping = true } }

    private func ready() async -> HealthReport {
        let isStopping = polling.withLock { polling in
            polling.lastNanoseconds = EventClock.monotonicNow
            return polling.isStopping
        }
        guard isStopping else { return await checker.run(where: \.isNeededToBeReady) }
        // Asked for no further check: those of a program that ends have nothing to say.
        let report = await checker.run { _ in false }
        polling.withLock { $0.hasToldStop = true }
        return HealthReport(
            version: report.version, uptimeSeconds: report.uptimeSeconds,
            checks: ["shutdown": HealthReport.Check(status: .unhealthy, message: "the probe is about to end")])
    }

    private func waitForPollers() async {
        let now = EventClock.monotonicNow
        let isWatched = polling.withLock { polling in
            polling.lastNanoseconds.map { Duration.nanoseconds(Int64(clamping: now &- $0)) < Self.memory } ?? false
        }
        guard isWatched else { return }
        let end = ContinuousClock.now + Self.patience
        while !polling.withLock({ $0.hasToldStop }), ContinuousClock.now < end {
            guard (try? await Task.sleep(for: .milliseconds(10))) != nil else { return }
        }
    }
}
