internal import ProbeEvents
internal import PrometheusClient

extension Collector {
    func apply(_ done: ATCommandDone) {
        catalog.atCommandDuration[done.command].record(done.stamp.durationNanoseconds)
        recordOperation(.command, on: .modem, done.result.operationStatus)
        // That the modem refuses a command is its answer; that none comes is its fault.
        if done.result == .timeout { recordDeviceError(.timeout, of: .modem) }
    }

    func apply(_ change: ModemChange) {
        let isUp = catalog.deviceUp[DeviceType.modem, Self.label(ofDevice: change.modem)]
        switch change.change {
        case .modemCame:
            recordOperation(.connect, on: .modem, .success)
            setDevice(.modem, named: change.modem, isConnected: true)
        case .modemWent:
            setDevice(.modem, named: change.modem, isConnected: false)
            forgetAnswers(of: change.modem)
        case .portRefused: recordOperation(.connect, on: .modem, .failed)
        case .stoppedAnswering: isUp.set(0)
        case .answersAgain: isUp.set(1)
        }
        if let error = change.error { recordDeviceError(error, of: .modem) }
    }

    func apply(_ change: SIMChange) {
        setSIMReady(change.state == .ready, of: change.modem)
    }

    func apply(_ change: RegistrationChange) {
        setRegistration(change.state, of: change.modem, change.domain)
    }

    func apply(_ signal: SignalMeasured) {
        for (measure, value) in [(SignalStrengthMeasure.rssi, signal.rssi), (.rsrp, signal.rsrp), (.rscp, signal.rscp)]
        {
            setSignal(value, of: signal.modem, measure, signal.technology)
        }
        for (measure, value) in [(SignalQualityMeasure.rsrq, signal.rsrq), (.sinr, signal.sinr), (.ecio, signal.ecio)] {
            setSignalQuality(value, of: signal.modem, measure, signal.technology)
        }
    }

    /// What a modem that is gone said last is not so any more.
    private func forgetAnswers(of modem: String) {
        setSIMReady(false, of: modem)
        for domain in RegistrationDomain.allCases { setRegistration(nil, of: modem, domain) }
        for technology in RadioTechnology.allCases {
            for measure in SignalStrengthMeasure.allCases { setSignal(nil, of: modem, measure, technology) }
            for measure in SignalQualityMeasure.allCases { setSignalQuality(nil, of: modem, measure, technology) }
        }
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
