internal import CardReader
internal import ProbeEvents

extension HealthCheck {
    /// pcscd answers: a monitor that asks it all the time knows.
    static func pcscd(_ snapshot: @escaping @Sendable () -> ReaderMonitorSnapshot) -> HealthCheck {
        HealthCheck(name: "pcscd") {
            let known = snapshot()
            guard known.isWorking else { return HealthReport.Check(status: .unhealthy, message: known.message) }
            let now = EventClock.monotonicNow
            let silence = now - min(known.lastAnswerNanoseconds, now)
            guard silence < longestSilenceNanoseconds else {
                let seconds = silence / 1_000_000_000
                let message = "pcscd has not answered for \(seconds) s; restart it: systemctl restart pcscd"
                return HealthReport.Check(status: .unhealthy, message: message)
            }
            return HealthReport.Check(status: .healthy)
        }
    }

    /// A reader is there.
    static func readers(_ snapshot: @escaping @Sendable () -> ReaderMonitorSnapshot) -> HealthCheck {
        HealthCheck(name: "readers") {
            let known = snapshot()
            guard known.isWorking else {
                return HealthReport.Check(status: .unknown, message: "pcscd does not answer, so readers are not known")
            }
            guard !known.readers.isEmpty else {
                return HealthReport.Check(status: .degraded, message: CardReaderError.noReader.explanation)
            }
            return HealthReport.Check(status: .healthy)
        }
    }

    // The monitor asks at least once a second.
    private static let longestSilenceNanoseconds: UInt64 = 5_000_000_000
}
