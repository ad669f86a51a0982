internal import Observability
internal import Taps

extension HealthCheck {
    /// The relays between cards and servers listen, and reached their servers when they last tried.
    static func pskTLS(
        _ standings: @escaping @Sendable () -> [(name: String, standing: RelayStanding)]
    ) -> HealthCheck {
        HealthCheck("psk_tls") {
            let known = standings()
            if let deaf = known.first(where: { $0.standing.listening == nil }) {
                return HealthResult(.unhealthy, "\(deaf.name): does not listen; restart the probe")
            }
            let faults = known.compactMap { tap in
                (tap.standing.refusal ?? tap.standing.unread).map { "\(tap.name): \($0)" }
            }
            guard let first = faults.first else { return HealthResult(.healthy) }
            let others = faults.count > 1 ? " (and \(faults.count - 1) more)" : ""
            return HealthResult(.degraded, first + others)
        }
    }
}
