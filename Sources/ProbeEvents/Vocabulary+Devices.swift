// Values of labels that tell of modems and phones.

/// What a modem measures of its signal's strength, in dBm.
public enum SignalStrengthMeasure: UInt8, ClosedVocabulary {
    case rssi, rsrp, rscp
}

/// What a modem measures of its signal's quality, in dB.
public enum SignalQualityMeasure: UInt8, ClosedVocabulary {
    case rsrq, sinr, ecio
}

/// Radio access technologies (TS 27.007, `AcT`), those of one generation together.
public enum RadioTechnology: UInt8, ClosedVocabulary {
    case gsm, utran, eutran, ngran, nbiot, cdma, unknown
}

/// What a modem registers for: circuits (+CREG), packets (+CGREG), EPS (+CEREG), 5GS (+C5GREG).
public enum RegistrationDomain: UInt8, ClosedVocabulary {
    case cs, ps, eps, fiveGS

    /// `5gs` for 5GS.
    public var name: String { self == .fiveGS ? "5gs" : "\(self)" }
}

/// How a modem is registered (TS 27.007, 7.2), by the code that the modem gives.
public enum RegistrationState: UInt8, ClosedVocabulary {
    case notRegistered, home, searching, denied, unknown, roaming, smsOnlyHome, smsOnlyRoaming, emergencyOnly
    case csfbNotPreferredHome, csfbNotPreferredRoaming, restrictedLocalService
}

/// AT commands by what stands before `=` and `?`: those that the probe sends or times by name.
public enum ATCommandName: UInt8, ClosedVocabulary {
    case at, ate, ati, cgmi, cgmm, cgmr, cgsn, cimi, ccid, cpin, cfun, csq, cesq, creg, cgreg, cereg, c5greg, cops
    case cgatt, cgact, cgdcont, cgcontrdp, cgpaddr, cgerep, cmee, csim, crsm, ccho, cchc, cgla, crla, cmgf, cmgs, cusatt
    case cusate, cusatw, cusatd, cusata
    case other

    /// `AT+CSQ`, `ATI`; `OTHER`.
    public var name: String {
        switch self {
        case .at, .ate, .ati, .other: "\(self)".uppercased()
        default: "AT+" + "\(self)".uppercased()
        }
    }
}

/// What is asked of the adb server.
public enum ADBOperation: UInt8, ClosedVocabulary {
    case version, devices, trackDevices, transport, getState, shell, exec, sync, forward, reverse, other
}
