internal import Observability

extension HealthCheck {
    /// The modems that are watched or relayed answer.
    static func modems(_ standings: @escaping @Sendable () -> [ModemSources.Standing]) -> HealthCheck {
        HealthCheck("modems") {
            let known = standings()
            let faults = known.filter { $0.fault != nil }
            guard let first = faults.first, let fault = first.fault else {
                return known.isEmpty ? HealthResult(.degraded, noModem) : HealthResult(.healthy)
            }
            let others = faults.count > 1 ? " (and \(faults.count - 1) more)" : ""
            return HealthResult(
                faults.count == known.count ? .unhealthy : .degraded, "\(first.modem): \(fault)\(others)")
        }
    }

    private static let noModem = "there is no modem; plug one in, or see: cardlink-probe modems"
}
