/// A file of a card, as far as commands tell which one is selected.
public struct CardFile: Hashable, Sendable {
    /// Its identifier.
    public let identifier: UInt16

    /// A file with this identifier.
    public init(_ identifier: UInt16) { self.identifier = identifier }
}

/// What a file or data object holds that is nobody else's business.
public enum CardSecret: UInt8, Hashable, Sendable, CaseIterable {
    /// The card's serial number.
    case iccid
    /// The subscriber's number in the network.
    case imsi
    /// The subscriber's telephone number.
    case msisdn
    /// The subscriber's private identity in IMS.
    case impi
    /// The subscriber's public identity in IMS.
    case impu
    /// The serial number of an embedded UICC.
    case eid
    /// The issuer's identification number.
    case iin
    /// The card's image number.
    case cin
    /// The card's production data, which has its serial number.
    case cplc
    /// Keys of the session with the network.
    case keys
    /// The serial number of the equipment that a card is in.
    case imei
    /// The name of the key that a card shares with its administration server; it often has the card's serial number.
    case pskIdentity
    /// Who a card says it is in an administration session (X-Admin-From).
    case adminAgent

    /// A word for it.
    public var name: String { String(describing: self) }

    /// Keys are shown to nobody.
    public var isIdentity: Bool { self != .keys }
}

extension CardFile {
    /// What the file holds by its identifier (TS 31.102, TS 31.103, TS 102 221, TS 51.011); nil for anything else.
    ///
    /// The application is not asked: 6F07 of an ISIM is no IMSI, and is treated as one.
    public var secret: CardSecret? {
        switch identifier {
        case 0x2FE2: .iccid
        case 0x6F07: .imsi
        case 0x6F40: .msisdn
        case 0x6F02: .impi
        case 0x6F04: .impu
        // EF.Keys, EF.KeysPS, EF.Kc, EF.KcGPRS, EF.EPSNSC; DF.GSM-ACCESS: Kc, KcGPRS; DF.5GS: security contexts, keys.
        case 0x6F08, 0x6F09, 0x6F20, 0x6F52, 0x6FE4, 0x4F20, 0x4F52, 0x4F03, 0x4F04, 0x4F05: .keys
        default: nil
        }
    }
}

extension CardSecret {
    /// What the data object with this tag holds, as GET DATA asks for it in P1 and P2 (GPCS, 11.3; GPCS, H; SGP.02).
    public init?(dataObject tag: UInt16) {
        switch tag {
        case 0x005A: self = .eid
        case 0x0042: self = .iin
        case 0x0045: self = .cin
        case 0x9F7F: self = .cplc
        default: return nil
        }
    }
}

extension CardSecret {
    /// What contents look like that were read from a file believed to be another one: a neighbour may have selected it
    /// in between. An IMSI begins with its length and parity (TS 31.102, 4.2.2), an ICCID with 89 (TS 102 221, 13.2).
    public init?(contents: some Collection<UInt8>) {
        let bytes = Array(contents)
        func areDigits(_ bytes: ArraySlice<UInt8>) -> Bool {
            bytes.allSatisfy { $0 & 0x0F <= 9 && ($0 >> 4 <= 9 || $0 >> 4 == 0x0F) || $0 == 0xFF }
        }
        if bytes.count == 9, (4...8).contains(bytes[0]), bytes[1] & 0x07 == 1, bytes[1] >> 4 <= 9,
            areDigits(bytes[2...])
        {
            self = .imsi
        } else if bytes.count == 10, bytes[0] == 0x98, areDigits(bytes[1...]) {
            self = .iccid
        } else {
            return nil
        }
    }
}
