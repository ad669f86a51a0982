internal import Observability
internal import ProbeEvents
internal import PrometheusClient
internal import Synchronization

/// How an exporter does.
struct ExporterState: Sendable, Hashable {
    /// When something was sent at last, and when that failed at last, on CLOCK_MONOTONIC; nil for never.
    var lastSuccessNanoseconds: UInt64?
    var lastFailureNanoseconds: UInt64?
    /// Why it failed at last.
    var reason = ""
    /// What waits, and how much may.
    var queueLength = 0
    var queueCapacity: Int?
}

extension HealthCheck {
    /// What the probe sends gets there. The bench is observed all the same where it does not, so it is degraded at most.
    static func exporter(_ name: String, state: @escaping @Sendable () -> ExporterState) -> HealthCheck {
        HealthCheck(name) {
            let state = state()
            let waiting = "\(state.queueLength) \(state.queueLength == 1 ? "item waits" : "items wait")"
            if let failure = state.lastFailureNanoseconds, failure > state.lastSuccessNanoseconds ?? 0 {
                let seconds = (EventClock.monotonicNow &- failure) / 1_000_000_000
                let reason = state.reason.isEmpty ? "" : " (\(state.reason))"
                return HealthResult(
                    .degraded,
                    "nothing was sent since an export failed \(seconds) s ago\(reason), \(waiting); "
                        + "is the receiver there, and its address right?")
            }
            // Four fifths: a queue that is emptied in time never comes near.
            if let capacity = state.queueCapacity, state.queueLength * 5 >= capacity * 4 {
                return HealthResult(
                    .degraded, "\(waiting) where \(capacity) may: the receiver is slower than what is told")
            }
            return HealthResult(.healthy)
        }
    }
}

/// Tells from the metric families of an exporter how it does.
///
/// They count failures and what waits, and not what was sent: nothing failed and nothing waits means that all was.
final class ExporterWatch: Sendable {
    private struct Known {
        var failures: [UInt64]
        var lastFailureNanoseconds: UInt64?
        var lastSuccessNanoseconds: UInt64?
        var reason = ""
    }

    private let collector: Collector
    private let exporter: ExporterName
    private let queueCapacity: Int?
    private let known: Mutex<Known>

    /// A watch on an exporter with room for so many items; nil for one without a queue.
    init(_ exporter: ExporterName, queueCapacity: Int? = nil, of collector: Collector) {
        (self.exporter, self.queueCapacity) = (exporter, queueCapacity)
        self.collector = collector
        known = Mutex(Known(failures: ExportFailureReason.allCases.map { _ in 0 }))
    }

    /// How it does now.
    func state() -> ExporterState {
        let families = collector.health
        let now = EventClock.monotonicNow
        let failures = ExportFailureReason.allCases.map { families.exportFailures[exporter, $0].value }
        let waiting = Int(families.exportQueueLength[exporter].value)
        return known.withLock { known in
            let risen = ExportFailureReason.allCases.indices.last { failures[$0] > known.failures[$0] }
            if let risen {
                known.lastFailureNanoseconds = now
                known.reason = ExportFailureReason.allCases[risen].name
            } else if waiting == 0 {
                known.lastSuccessNanoseconds = now
            }
            known.failures = failures
            return ExporterState(
                lastSuccessNanoseconds: known.lastSuccessNanoseconds,
                lastFailureNanoseconds: known.lastFailureNanoseconds, reason: known.reason, queueLength: waiting,
                queueCapacity: queueCapacity)
        }
    }
}
