/// An AT command went to a modem, and its final result came or did not.
public struct ATCommandDone: Sendable, Hashable, Codable {
    /// When it was written; the duration is that until its final result, or until it was given up.
    public var stamp: EventStamp
    /// The modem's stable name on this bench.
    public var modem: String
    /// The command by name; its arguments, which may be a PIN or a text, are never told.
    public var command: ATCommandName
    /// How it ended.
    public var result: ATResult
    /// The number behind +CME ERROR, +CMS ERROR or MODEM ERROR; nil for none.
    public var errorCode: UInt16?

    /// A command from its parts.
    public init(
        stamp: EventStamp, modem: String, command: ATCommandName, result: ATResult, errorCode: UInt16? = nil
    ) {
        self.stamp = stamp
        self.modem = modem
        self.command = command
        self.result = result
        self.errorCode = errorCode
    }

    enum CodingKeys: String, CodingKey {
        case stamp, modem, command, result
        case errorCode = "error_code"
    }
}

/// A modem said something that nobody had asked for.
public struct URCSeen: Sendable, Hashable, Codable {
    /// When its line was complete.
    public var stamp: EventStamp
    /// The modem's stable name on this bench.
    public var modem: String
    /// What it was, by its prefix; the text behind it, which may be a message, is never told.
    public var code: URCName
    /// Length of the line, bytes without line end.
    public var lengthBytes: UInt32

    /// A code from its parts.
    public init(stamp: EventStamp, modem: String, code: URCName, lengthBytes: UInt32) {
        self.stamp = stamp
        self.modem = modem
        self.code = code
        self.lengthBytes = lengthBytes
    }

    enum CodingKeys: String, CodingKey {
        case stamp, modem, code
        case lengthBytes = "length_bytes"
    }
}

/// A modem came, went, or changed whether it can be talked to.
public struct ModemChange: Sendable, Hashable, Codable {
    /// What happened.
    public enum Change: UInt8, ClosedVocabulary {
        /// Its port was opened.
        case modemCame
        /// Its port hung up or is gone.
        case modemWent
        /// Its port is there and cannot be had.
        case portRefused
        /// It answers no more.
        case stoppedAnswering
        /// It answers again.
        case answersAgain
    }

    /// When it was noticed.
    public var stamp: EventStamp
    /// The modem's stable name on this bench.
    public var modem: String
    /// What happened.
    public var change: Change
    /// What was wrong; nil where nothing was.
    public var error: DeviceErrorType?

    /// A change from its parts.
    public init(stamp: EventStamp, modem: String, change: Change, error: DeviceErrorType? = nil) {
        self.stamp = stamp
        self.modem = modem
        self.change = change
        self.error = error
    }
}

/// What a modem and its card say they are.
public struct ModemIdentified: Sendable, Hashable, Codable {
    /// An identity as nobody outside the site can read it.
    public struct Identity: Sendable, Hashable, Codable {
        /// Whose it is.
        public var kind: IdentityKind
        /// Sixteen hex digits: an HMAC under the site's key.
        public var hash: String

        /// An identity from its parts.
        public init(kind: IdentityKind, hash: String) {
            self.kind = kind
            self.hash = hash
        }
    }

    /// When it was asked.
    public var stamp: EventStamp
    /// The modem's stable name on this bench.
    public var modem: String
    /// The family of AT commands that it speaks.
    public var vendor: ModemVendor
    /// Its model as it says it, 64 bytes at most.
    public var model: String
    /// Its firmware as it says it, 64 bytes at most.
    public var firmware: String
    /// Identities, hashed; none where there is no key to hash with.
    public var identities: [Identity]

    /// An identification from its parts.
    public init(
        stamp: EventStamp, modem: String, vendor: ModemVendor, model: String, firmware: String, identities: [Identity]
    ) {
        self.stamp = stamp
        self.modem = modem
        self.vendor = vendor
        self.model = model
        self.firmware = firmware
        self.identities = identities
    }
}

/// Whether a modem can use its card changed, or was seen for the first time.
public struct SIMChange: Sendable, Hashable, Codable {
    /// When it was noticed.
    public var stamp: EventStamp
    /// The modem's stable name on this bench.
    public var modem: String
    /// How the card is.
    public var state: SIMState

    /// A change from its parts.
    public init(stamp: EventStamp, modem: String, state: SIMState) {
        self.stamp = stamp
        self.modem = modem
        self.state = state
    }
}

/// How a modem is registered changed, or was seen for the first time.
public struct RegistrationChange: Sendable, Hashable, Codable {
    /// When it was noticed.
    public var stamp: EventStamp
    /// The modem's stable name on this bench.
    public var modem: String
    /// What it registers for.
    public var domain: RegistrationDomain
    /// How it is registered.
    public var state: RegistrationState
    /// The radio access that it uses there; `unknown` where the modem does not say.
    public var technology: RadioTechnology
    /// The operator's name or number as the modem tells it; nil while it is not registered, or has not said.
    public var operatorName: String?

    /// A change from its parts.
    public init(
        stamp: EventStamp, modem: String, domain: RegistrationDomain, state: RegistrationState,
        technology: RadioTechnology, operatorName: String? = nil
    ) {
        self.stamp = stamp
        self.modem = modem
        self.domain = domain
        self.state = state
        self.technology = technology
        self.operatorName = operatorName
    }

    private enum CodingKeys: String, CodingKey {
        case stamp, modem, domain, state, technology
        case operatorName = "operator_name"
    }
}

/// A modem measured its signal.
public struct SignalMeasured: Sendable, Hashable, Codable {
    /// When it was asked.
    public var stamp: EventStamp
    /// The modem's stable name on this bench.
    public var modem: String
    /// The radio access that was measured.
    public var technology: RadioTechnology
    /// Received strength of the whole channel, dBm; nil where the modem does not say, and so for the others.
    public var rssi: Double?
    /// Received power of the reference signal (LTE, NR), dBm.
    public var rsrp: Double?
    /// Received power of the code (UMTS), dBm.
    public var rscp: Double?
    /// Quality of the reference signal (LTE, NR), dB.
    public var rsrq: Double?
    /// Signal to interference and noise (LTE, NR), dB.
    public var sinr: Double?
    /// Energy of a chip over noise (UMTS), dB.
    public var ecio: Double?

    /// A measurement from its parts.
    public init(
        stamp: EventStamp, modem: String, technology: RadioTechnology, rssi: Double? = nil, rsrp: Double? = nil,
        rscp: Double? = nil, rsrq: Double? = nil, sinr: Double? = nil, ecio: Double? = nil
    ) {
        self.stamp = stamp
        self.modem = modem
        self.technology = technology
        self.rssi = rssi
        self.rsrp = rsrp
        self.rscp = rscp
        self.rsrq = rsrq
        self.sinr = sinr
        self.ecio = ecio
    }

    enum CodingKeys: String, CodingKey {
        case stamp, modem, technology
        case rssi = "rssi_dbm"
        case rsrp = "rsrp_dbm"
        case rscp = "rscp_dbm"
        case rsrq = "rsrq_db"
        case sinr = "sinr_db"
        case ecio = "ecio_db"
    }
}
