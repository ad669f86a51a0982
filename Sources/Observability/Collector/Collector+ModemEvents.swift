internal import ProbeEvents
internal import PrometheusClient
internal import Synchronization

extension Collector {
    func apply(_ done: ATCommandDone) {
        catalog.atCommandDuration[done.command].record(done.stamp.durationNanoseconds)
        catalog.deviceOperations[.modem, .command, done.result.operationStatus].increment()
        // That the modem refuses a command is its answer; that none comes is its fault.
        if done.result == .timeout { catalog.deviceErrors[.modem, .timeout].increment() }
    }

    func apply(_ change: ModemChange) {
        let label = Self.label(ofModem: change.modem)
        switch change.change {
        case .modemCame:
            catalog.deviceOperations[.modem, .connect, .success].increment()
            setPresence(of: change.modem, true)
        case .modemWent: setPresence(of: change.modem, false)
        case .portRefused: catalog.deviceOperations[.modem, .connect, .failed].increment()
        case .stoppedAnswering: catalog.deviceUp[DeviceType.modem, label].set(0)
        case .answersAgain: catalog.deviceUp[DeviceType.modem, label].set(1)
        }
        if let error = change.error { catalog.deviceErrors[.modem, error].increment() }
    }

    func apply(_ change: SIMChange) {
        catalog.modemSIMReady[Self.label(ofModem: change.modem)].set(change.state == .ready ? 1 : 0)
    }

    func apply(_ change: RegistrationChange) {
        let label = Self.label(ofModem: change.modem)
        let isFollowed = modems.withLock { modems in
            guard let before = modems.note(change) else { return false }
            // Under the lock, so that of two changes at once the later one's state is the one that stands at 1.
            for old in before { catalog.modemRegistration[label, change.domain, old].set(0) }
            catalog.modemRegistration[label, change.domain, change.state].set(1)
            return true
        }
        if !isFollowed { countUnfollowed(catalog.modemRegistration.name) }
    }

    func apply(_ signal: SignalMeasured) {
        let label = Self.label(ofModem: signal.modem)
        let strengths: [(SignalStrengthMeasure, Double?)] = [
            (.rssi, signal.rssi), (.rsrp, signal.rsrp), (.rscp, signal.rscp),
        ]
        for case (let measure, let value?) in strengths {
            catalog.modemSignalStrength[label, measure, signal.technology].set(value)
        }
        let qualities: [(SignalQualityMeasure, Double?)] = [
            (.rsrq, signal.rsrq), (.sinr, signal.sinr), (.ecio, signal.ecio),
        ]
        for case (let measure, let value?) in qualities {
            catalog.modemSignalQuality[label, measure, signal.technology].set(value)
        }
    }

    private func setPresence(of modem: String, _ isPresent: Bool) {
        let label = Self.label(ofModem: modem)
        let isRefused = modems.withLock { modems in
            let isRefused = !modems.present.set(modem, isPresent)
            catalog.devicesConnected[.modem].set(Double(modems.present.count))
            catalog.deviceUp[DeviceType.modem, label].set(isPresent ? 1 : 0)
            // What a modem that is gone said last is not so any more.
            guard !isPresent else { return isRefused }
            catalog.modemSIMReady[label].set(0)
            for (domain, state) in modems.forget(modem) { catalog.modemRegistration[label, domain, state].set(0) }
            return isRefused
        }
        if isRefused { countUnfollowed(catalog.devicesConnected.name) }
    }

    /// A modem whose name is not known needs a label all the same: an empty one would be none.
    private static func label(ofModem name: String) -> OpenLabel { OpenLabel(name.isEmpty ? "unknown" : name) }
}

extension ATResult {
    fileprivate var operationStatus: OperationStatus {
        switch self {
        case .ok, .connect: .success
        case .timeout: .timeout
        case .aborted: .cancelled
        case .error, .cmeError, .cmsError, .noCarrier, .busy, .noAnswer, .noDialtone, .vendorError, .portLost: .failed
        }
    }
}

/// Which modems are present, and the state that each is registered in: the one before must go to 0.
struct ModemStates {
    private struct Key: Hashable {
        var modem: String
        var domain: RegistrationDomain
    }

    var present = PresentDevices()
    private var registrations: [Key: RegistrationState] = [:]

    /// Notes a state; those that were told before it, nil when there was no room.
    mutating func note(_ change: RegistrationChange) -> [RegistrationState]? {
        let key = Key(modem: change.modem, domain: change.domain)
        guard
            registrations.count < PresentDevices.limit * RegistrationDomain.allCases.count
                || registrations[key] != nil
        else { return nil }
        let before = registrations.updateValue(change.state, forKey: key)
        return before.map { [$0] } ?? []
    }

    /// Forgets how a modem was registered, and gives it.
    mutating func forget(_ modem: String) -> [(RegistrationDomain, RegistrationState)] {
        RegistrationDomain.allCases.compactMap { domain in
            registrations.removeValue(forKey: Key(modem: modem, domain: domain)).map { (domain, $0) }
        }
    }
}
