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

    /// Whether it uses an operator's network there.
    package var isRegistered: Bool {
        switch self {
        case .home, .roaming, .smsOnlyHome, .smsOnlyRoaming, .csfbNotPreferredHome, .csfbNotPreferredRoaming: true
        case .notRegistered, .searching, .denied, .unknown, .emergencyOnly, .restrictedLocalService: false
        }
    }
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

/// How the adb server sees a phone.
public enum PhoneState: UInt8, ClosedVocabulary {
    /// Ready.
    case device
    case offline, bootloader, host, recovery, rescue, sideload, unauthorized, authorizing, connecting, noPermissions
    /// It is not there any more.
    case gone
    case other
}

/// What is asked of the adb server.
public enum ADBOperation: UInt8, ClosedVocabulary {
    case version, devices, trackDevices, transport, getState, features, waitFor, connect
    case shell, exec
    /// The beginning of work with files; each piece of it is one of the four behind.
    case sync
    case push, pull, list, stat
    case forward, reverse, socket, reboot, root, sideload
    case other
}
