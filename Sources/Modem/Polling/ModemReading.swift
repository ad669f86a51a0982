public import ProbeEvents

/// What is known of a modem.
public struct ModemReading: Sendable, Equatable {
    /// Whether it answers.
    public var isAnswering = false
    /// Whose commands it speaks.
    public var vendor = ModemVendor.unknown
    /// Who made it, as it says.
    public var maker = ""
    /// Its model, as it says.
    public var model = ""
    /// Its firmware, as it says.
    public var firmware = ""
    /// Identities in clear: they stay in this process, and go out as hashes only.
    package var identities: [IdentityKind: [UInt8]] = [:]
    /// Whether it can use its card; nil before it was asked.
    public var sim: SIMState?
    /// How it is registered, by domain.
    public var registrations: [RegistrationDomain: Registration] = [:]
    /// The operator that it has chosen; nil before it was asked.
    public var operatorChoice: OperatorChoice?
    /// Its signal, by radio access.
    public var signals: [RadioTechnology: SignalReading] = [:]
    /// Data through its own connections; nil where it does not count.
    public var counters: DataCounters?
    /// How warm it is; nil where it does not tell.
    public var temperatureCelsius: Double?
    /// Commands that it does not know.
    public var missingCommands: Set<String> = []

    /// A modem of which nothing is known.
    public init() {}

    /// The radio access that it is registered over, the newest one of several; else that of its operator.
    public var technology: RadioTechnology {
        let order: [RegistrationDomain] = [.fiveGS, .eps, .ps, .cs]
        return order.lazy.compactMap { registrations[$0]?.technology }.first ?? operatorChoice?.technology ?? .unknown
    }
}

/// What of a modem changed.
package enum ModemNews: Sendable, Equatable {
    /// It is known who it is, or which card it has.
    case identified
    case sim(SIMState)
    case registration(Registration)
    case signal(SignalReading)
}

extension SignalReading {
    /// This reading, and from another one what it does not have.
    func completed(by other: SignalReading) -> SignalReading {
        SignalReading(
            technology, rssi: rssi ?? other.rssi, rsrp: rsrp ?? other.rsrp, rscp: rscp ?? other.rscp,
            rsrq: rsrq ?? other.rsrq, sinr: sinr ?? other.sinr, ecio: ecio ?? other.ecio)
    }
}
