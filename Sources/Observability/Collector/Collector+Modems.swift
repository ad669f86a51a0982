public import ProbeEvents
internal import PrometheusClient

extension Collector {
    /// Tells a modem's signal strength, dBm; nil when it measures none now.
    public func setSignal(
        _ dBm: Double?, of modem: String, _ measure: SignalStrengthMeasure, _ technology: RadioTechnology
    ) {
        let label = Self.label(ofDevice: modem)
        guard let dBm else { return _ = catalog.modemSignalStrength.remove(label, measure, technology) }
        catalog.modemSignalStrength[label, measure, technology].set(dBm)
    }

    /// Tells a modem's signal quality, dB; nil when it measures none now.
    public func setSignalQuality(
        _ decibel: Double?, of modem: String, _ measure: SignalQualityMeasure, _ technology: RadioTechnology
    ) {
        let label = Self.label(ofDevice: modem)
        guard let decibel else { return _ = catalog.modemSignalQuality.remove(label, measure, technology) }
        catalog.modemSignalQuality[label, measure, technology].set(decibel)
    }

    /// Tells how a modem is registered in a domain; of all states it has one, or with nil none.
    public func setRegistration(_ state: RegistrationState?, of modem: String, _ domain: RegistrationDomain) {
        let label = Self.label(ofDevice: modem)
        for other in RegistrationState.allCases where other != state {
            catalog.modemRegistration.remove(label, domain, other)
        }
        if let state { catalog.modemRegistration[label, domain, state].set(1) }
    }

    /// Tells whether a modem can use its card.
    public func setSIMReady(_ isReady: Bool, of modem: String) {
        catalog.modemSIMReady[Self.label(ofDevice: modem)].set(isReady ? 1 : 0)
    }
}
