internal import ProbeEvents
internal import PrometheusClient

extension Collector {
    func apply(_ done: ATCommandDone) {
        catalog.atCommandDuration[done.command].record(done.stamp.durationNanoseconds)
        catalog.deviceOperations[.modem, .command, done.result.operationStatus].increment()
        // That the modem refuses a command is its answer; that none comes is its fault.
        if done.result == .timeout { catalog.deviceErrors[.modem, .timeout].increment() }
    }

    func apply(_ change: ModemChange) {
        switch change.change {
        case .modemCame:
            recordOperation(.connect, on: .modem, .success)
            setDevice(.modem, named: change.modem, isConnected: true)
        case .modemWent: forget(change.modem)
        case .portRefused: recordOperation(.connect, on: .modem, .failed)
        case .stoppedAnswering: catalog.deviceUp[DeviceType.modem, Self.label(ofDevice: change.modem)].set(0)
        case .answersAgain: catalog.deviceUp[DeviceType.modem, Self.label(ofDevice: change.modem)].set(1)
        }
        if let error = change.error { recordDeviceError(error, of: .modem) }
    }

    func apply(_ change: SIMChange) { setSIMReady(change.state == .ready, of: change.modem) }

    func apply(_ change: RegistrationChange) { setRegistration(change.state, of: change.modem, change.domain) }

    func apply(_ signal: SignalMeasured) {
        let (modem, technology) = (signal.modem, signal.technology)
        if let rssi = signal.rssi { setSignal(rssi, of: modem, .rssi, technology) }
        if let rsrp = signal.rsrp { setSignal(rsrp, of: modem, .rsrp, technology) }
        if let rscp = signal.rscp { setSignal(rscp, of: modem, .rscp, technology) }
        if let rsrq = signal.rsrq { setSignalQuality(rsrq, of: modem, .rsrq, technology) }
        if let sinr = signal.sinr { setSignalQuality(sinr, of: modem, .sinr, technology) }
        if let ecio = signal.ecio { setSignalQuality(ecio, of: modem, .ecio, technology) }
    }

    /// What a modem that is gone said last is not so any more.
    private func forget(_ modem: String) {
        setDevice(.modem, named: modem, isConnected: false)
        setSIMReady(false, of: modem)
        for domain in RegistrationDomain.allCases { setRegistration(nil, of: modem, domain) }
    }
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
