package import Observability
package import ProbeEvents
internal import PrometheusClient

/// What is told of an export's own state.
package struct ExportTelemetry: Sendable {
    /// An attempt to send that failed, whether or not there will be another.
    package var countFailure: @Sendable (ExportFailureReason) -> Void
    /// Items that will never arrive.
    package var countDropped: @Sendable (ExportFailureReason, UInt64) -> Void
    /// How many items wait.
    package var setQueueLength: @Sendable (Int) -> Void
    /// A line when it begins to fail, and when it works again.
    package var say: @Sendable (String) -> Void

    /// Telemetry for who counts and says.
    package init(
        countFailure: @escaping @Sendable (ExportFailureReason) -> Void = { _ in },
        countDropped: @escaping @Sendable (ExportFailureReason, UInt64) -> Void = { _, _ in },
        setQueueLength: @escaping @Sendable (Int) -> Void = { _ in },
        say: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        (self.countFailure, self.countDropped) = (countFailure, countDropped)
        (self.setQueueLength, self.say) = (setQueueLength, say)
    }

    /// Telemetry in the metric families of the probe's own health, from now on with a queue of 0.
    package init(_ exporter: ExporterName, in health: HealthCatalog, say: @escaping @Sendable (String) -> Void) {
        health.exportQueueLength[exporter].set(0)
        self.init(
            countFailure: { health.exportFailures[exporter, $0].increment() },
            countDropped: { health.exportDropped[exporter, $0].increment(by: $1) },
            setQueueLength: { health.exportQueueLength[exporter].set(Double($0)) }, say: say)
    }
}
