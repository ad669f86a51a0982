import ProbeEvents
import Synchronization
import TelemetryExport

/// What an export tells of itself.
final class Told: Sendable {
    private struct State {
        var failures: [ExportFailureReason: UInt64] = [:]
        var dropped: [ExportFailureReason: UInt64] = [:]
        var lines: [String] = []
    }

    private let state = Mutex(State())

    var telemetry: ExportTelemetry {
        ExportTelemetry(
            countFailure: { [self] reason in state.withLock { $0.failures[reason, default: 0] += 1 } },
            countDropped: { [self] reason, count in state.withLock { $0.dropped[reason, default: 0] += count } },
            say: { [self] line in state.withLock { $0.lines.append(line) } })
    }

    var failures: [ExportFailureReason: UInt64] { state.withLock { $0.failures } }
    var dropped: [ExportFailureReason: UInt64] { state.withLock { $0.dropped } }
    var lines: [String] { state.withLock { $0.lines } }
}
