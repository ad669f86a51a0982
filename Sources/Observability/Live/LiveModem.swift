internal import ProbeEvents

/// A modem as the bench knows it.
struct LiveModem: LiveDevice {
    let name: String
    var isPresent = true
    var sim: SIMState?
    private var isAnswering = true
    private var identity: ModemIdentified?
    private var registration: [RegistrationDomain: RegistrationState] = [:]
    private var operatorName: String?
    private var technology = RadioTechnology.unknown
    private var signal: SignalMeasured?
    private var commands: UInt64 = 0
    private var errors: UInt64 = 0

    init(name: String) { self.name = name }

    mutating func note(_ done: ATCommandDone) {
        commands += 1
        if !done.result.isSuccess { errors += 1 }
    }

    mutating func note(_ change: ModemChange) {
        switch change.change {
        case .modemCame: (isPresent, isAnswering) = (true, true)
        case .modemWent: self = gone()
        case .portRefused: isAnswering = false
        case .stoppedAnswering: isAnswering = false
        case .answersAgain: isAnswering = true
        }
    }

    mutating func note(_ known: ModemIdentified) { identity = known }

    mutating func note(_ change: RegistrationChange) {
        registration[change.domain] = change.state
        if let name = change.operatorName { operatorName = name }
        if !registration.values.contains(where: \.isRegistered) { operatorName = nil }
        if change.technology != .unknown { technology = change.technology }
    }

    mutating func note(_ signal: SignalMeasured) {
        self.signal = signal
        if signal.technology != .unknown { technology = signal.technology }
    }

    /// What is left of one that went: what it is and did, and nothing of how it stood.
    private func gone() -> LiveModem {
        var rest = LiveModem(name: name)
        (rest.isPresent, rest.isAnswering, rest.identity) = (false, false, identity)
        (rest.commands, rest.errors) = (commands, errors)
        return rest
    }
}

extension BenchStatus.Modem {
    init(_ modem: LiveModem) { self = modem.shown }
}

extension LiveModem {
    fileprivate var shown: BenchStatus.Modem {
        BenchStatus.Modem(
            name: name, isPresent: isPresent, isAnswering: isAnswering,
            vendor: identity.flatMap { $0.vendor == .unknown ? nil : $0.vendor.name },
            model: identity.flatMap { $0.model.isEmpty ? nil : $0.model }, sim: sim?.name,
            registration: Dictionary(uniqueKeysWithValues: registration.map { ($0.name, $1.name) }),
            operatorName: operatorName, technology: technology == .unknown ? nil : technology.name,
            signal: signal?.byMeasure ?? [:],
            commands: commands, errors: errors)
    }
}

extension SignalMeasured {
    /// What was measured, by the names of the measures.
    fileprivate var byMeasure: [String: Double] {
        let measures: KeyValuePairs = [
            SignalStrengthMeasure.rssi.name: rssi, SignalStrengthMeasure.rsrp.name: rsrp,
            SignalStrengthMeasure.rscp.name: rscp, SignalQualityMeasure.rsrq.name: rsrq,
            SignalQualityMeasure.sinr.name: sinr, SignalQualityMeasure.ecio.name: ecio,
        ]
        return Dictionary(uniqueKeysWithValues: measures.compactMap { name, value in value.map { (name, $0) } })
    }
}
