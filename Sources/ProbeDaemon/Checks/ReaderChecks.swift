internal import CardReader
internal import ProbeEvents

extension HealthCheck {
    /// pcscd answers: a monitor that asks it all the time knows.
    static func pcscd(_ snapshot: @escaping @Sendable () -> ReaderMonitorSnapshot) -> HealthCheck {
        HealthCheck(name: "pcscd") {
            let known = snapshot()
            guard known.isWorking else { return HealthReport.Check(status: .unhealthy, message: known.message) }
            let silence = EventClock.now.monotonicNanoseconds - min(known.lastAnswerNanoseconds, EventClock.now.monotonicNanoseconds)
            guard silence < longestSilenceNanoseconds else {
                return HealthReport.Check(
                    status: .unhealthy,
                    message: "pcscd has not answered for \(silence / 1_000_000_000) s; restart it: systemctl restart pcscd")
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

    /// Shims are heard.
    static func receiver(_ isListening: @escaping @Sendable () -> Bool) -> HealthCheck {
        HealthCheck(name: "receiver", isNeededToBeReady: true) {
            isListening()
                ? HealthReport.Check(status: .healthy)
                : HealthReport.Check(status: .unhealthy, message: "shims are not heard; restart the probe")
        }
    }

    // The monitor asks at least once a second.
    private static let longestSilenceNanoseconds: UInt64 = 5_000_000_000
}
