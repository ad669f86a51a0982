/// A directory in which file identifiers mean something of their own.
public enum CardDirectory: Hashable, Sendable, CaseIterable {
    case master, usim, isim, telecom, gsm, phonebook, graphics, gsmAccess, fiveGS
    /// An application whose files no table here has.
    case otherApplication

    /// How specifications call it; nil for one without a name.
    public var name: String? {
        switch self {
        case .master: "MF"
        case .usim: "ADF.USIM"
        case .isim: "ADF.ISIM"
        case .telecom: "DF.TELECOM"
        case .gsm: "DF.GSM"
        case .phonebook: "DF.PHONEBOOK"
        case .graphics: "DF.GRAPHICS"
        case .gsmAccess: "DF.GSM-ACCESS"
        case .fiveGS: "DF.5GS"
        case .otherApplication: nil
        }
    }

    /// The directory with this identifier, seen from another one (TS 102 221, 13; TS 31.102, 4.7; TS 51.011, 10.7).
    init?(_ identifier: UInt16, from current: CardDirectory?) {
        switch (identifier, current) {
        case (0x3F00, _): self = .master
        case (0x7F10, _): self = .telecom
        case (0x7F20, _): self = .gsm
        case (0x5F3A, _): self = .phonebook
        case (0x5F50, .telecom): self = .graphics
        case (0x5F3B, .usim): self = .gsmAccess
        case (0x5FC0, .usim): self = .fiveGS
        default: return nil
        }
    }

    /// Whether an identifier is one that stands for directories (TS 102 221, 8.6).
    static func isDirectory(_ identifier: UInt16) -> Bool {
        identifier == 0x3F00 || identifier >> 8 == 0x7F || identifier >> 8 == 0x5F
    }
}
