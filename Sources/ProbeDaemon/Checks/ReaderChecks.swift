internal import CardReader
internal import Observability
internal import ProbeEvents

extension HealthCheck {
    /// pcscd answers: a monitor that asks it all the time knows.
    static func pcscd(_ snapshot: @escaping @Sendable () -> ReaderMonitorSnapshot) -> HealthCheck {
        HealthCheck("pcscd") {
            let known = snapshot()
            guard known.isWorking else { return HealthResult(.unhealthy, known.message) }
            let now = EventClock.monotonicNow
            let silence = now - min(known.lastAnswerNanoseconds, now)
            guard silence < longestSilenceNanoseconds else {
                let seconds = silence / 1_000_000_000
                return HealthResult(
                    .unhealthy, "pcscd has not answered for \(seconds) s; restart it: systemctl restart pcscd")
            }
            return HealthResult(.healthy)
        }
    }

    /// A reader is there.
    static func readers(_ snapshot: @escaping @Sendable () -> ReaderMonitorSnapshot) -> HealthCheck {
        HealthCheck("readers") {
            let known = snapshot()
            guard known.isWorking else {
                return HealthResult(.unknown, "pcscd does not answer, so readers are not known")
            }
            guard !known.readers.isEmpty else { return HealthResult(.degraded, CardReaderError.noReader.explanation) }
            return HealthResult(.healthy)
        }
    }

    // The monitor asks at least once a second.
    private static let longestSilenceNanoseconds: UInt64 = 5_000_000_000
}
