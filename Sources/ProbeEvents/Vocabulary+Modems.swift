// What modems say and are: results, unsolicited codes, vendors, states of their cards.

/// How an AT command ended.
public enum ATResult: UInt8, ClosedVocabulary {
    case ok
    /// CONNECT: what follows is data.
    case connect
    case error
    /// +CME ERROR: the equipment or its card.
    case cmeError
    /// +CMS ERROR: a message.
    case cmsError
    case noCarrier, busy, noAnswer, noDialtone
    /// COMMAND NOT SUPPORT, NA, MODEM ERROR: results of some vendors.
    case vendorError
    /// No final result came in time.
    case timeout
    /// It was given up by whoever had asked.
    case aborted
    /// The port was lost before the end.
    case portLost

    /// Whether the modem did what it was asked.
    public var isSuccess: Bool { self == .ok || self == .connect }
}

/// The families of AT commands, by who makes the modems.
public enum ModemVendor: UInt8, ClosedVocabulary {
    case quectel, cinterion, telit, sierra, simcom
    /// u-blox.
    case ublox
    case mediatek, unisoc, huawei
    /// Others with Qualcomm's own commands.
    case qualcomm
    case unknown
}

/// Whether a modem can use its card (+CPIN, and the errors that stand for an answer of it).
public enum SIMState: UInt8, ClosedVocabulary {
    case ready
    /// It waits for PIN1.
    case pin
    /// It waits for the unblocking key.
    case puk
    /// It waits for a key that is not the subscriber's: PIN2, the network's or the phone's lock.
    case locked
    case absent
    /// It was inserted and is not there yet.
    case busy
    case failed, unknown
}

/// Whose an identity is.
public enum IdentityKind: UInt8, ClosedVocabulary {
    /// The equipment's.
    case imei
    /// The subscriber's.
    case imsi
    /// The card's.
    case iccid
}

/// What modems say unasked, by the prefix of the line: the names that are counted apart.
public enum URCName: UInt8, ClosedVocabulary {
    // TS 27.007 and TS 27.005
    case creg, cgreg, cereg, c5greg, cgev, cpin, cfun, ciev, cring, ring, clip, cusd, cmti, cmt, cdsi, cds, cbm, ctzv
    case noCarrier
    // Card application toolkit: TS 27.007, 12; Infineon; u-blox and China Mobile; Ericsson; TI
    case cusatp, cusatend, cusats, sati, satn, satf, stkpro, stkcnf, stkcc, stkend
    case ericssonStki, ericssonStkn, ericssonStkend, calypsoSati, calypsoSatn, calypsoSata
    // Icera, Huawei, Cinterion, Telit, Quectel, SIMCom and Wavecom, Sierra, Sagem, MediaTek, Unisoc
    case iusatp, iusatc, tstud, tstc, huaweiStin, sstn, sstk, stn, qstkurc, qstk, stin, stkc, stkn, psstk, kstc, kste
    case stkpci
    case spusatprocmdind, spusatendsessionind
    // Vendors' states
    case qind, qusim, qss, simst, rssi, dsflowrpt, sysstart, uusimstat, rdy, callReady, smsReady, poweredDown
    case other

    // By raw value, less the last.
    private static let prefixes = [
        "+CREG", "+CGREG", "+CEREG", "+C5GREG", "+CGEV", "+CPIN", "+CFUN", "+CIEV", "+CRING", "RING", "+CLIP", "+CUSD",
        "+CMTI", "+CMT", "+CDSI", "+CDS", "+CBM", "+CTZV", "NO CARRIER",
        "+CUSATP", "+CUSATEND", "+CUSATS", "+SATI", "+SATN", "+SATF", "+STKPRO", "+STKCNF", "+STKCC", "+STKEND",
        "*STKI", "*STKN", "*STKEND", "%SATI", "%SATN", "%SATA",
        "%IUSATP", "%IUSATC", "*TSTUD", "*TSTC", "^STIN", "^SSTN", "^SSTK", "#STN", "+QSTKURC", "+QSTK", "+STIN",
        "!STKC", "!STKN", "*PSSTK", "+KSTC", "+KSTE", "+STKPCI", "+SPUSATPROCMDIND", "+SPUSATENDSESSIONIND",
        "+QIND", "+QUSIM", "#QSS", "^SIMST", "^RSSI", "^DSFLOWRPT", "^SYSSTART", "+UUSIMSTAT", "RDY", "Call Ready",
        "SMS Ready", "POWERED DOWN",
    ]

    /// The prefix as it stands on the wire, `+CREG`; `other`.
    public var name: String {
        let index = Int(rawValue)
        return Self.prefixes.indices.contains(index) ? Self.prefixes[index] : "other"
    }

    /// Whether it tells of the card's toolkit.
    public var isToolkit: Bool { (Self.cusatp.rawValue...Self.spusatendsessionind.rawValue).contains(rawValue) }

    private static let byPrefix = Dictionary(
        uniqueKeysWithValues: prefixes.enumerated().map { (Array($1.utf8), UInt8(truncatingIfNeeded: $0)) })

    /// The code of a line, by what stands before the colon; `other` for one that is not counted apart.
    public init(line: some Collection<UInt8>) {
        // No prefix is longer, and a line may be.
        let head = line.prefix(24).prefix { $0 != UInt8(ascii: ":") }
        self = Self.byPrefix[Array(head)].flatMap { Self(rawValue: $0) } ?? .other
    }
}

extension ATCommandName {
    /// The name of a command by its text: what stands behind AT and before `=`, `?` or a further command.
    public init(text: some Collection<UInt8>) {
        let head = text.prefix(24).drop { $0 == UInt8(ascii: " ") }.map(Self.upper)
        guard head.starts(with: "AT".utf8) else {
            self = .other
            return
        }
        let body = head.dropFirst(2).prefix { !Self.ends.contains($0) }
        switch body.first {
        case nil: self = .at
        case UInt8(ascii: "E"), UInt8(ascii: "I"):
            // ATE0V1 is two commands in one, and counted as its first.
            let isBasic = body.dropFirst().prefix(1).allSatisfy { (0x30...0x39).contains($0) }
            self = !isBasic ? .other : body.first == UInt8(ascii: "E") ? .ate : .ati
        default: self = Self(name: "AT" + String(decoding: body, as: UTF8.self)) ?? .other
        }
    }

    private static let ends = Set("=?; \r\n".utf8)

    private static func upper(_ byte: UInt8) -> UInt8 { (0x61...0x7A).contains(byte) ? byte - 0x20 : byte }
}
