/// What kind of card an answer to reset points to; a hint, no proof.
public enum LikelyCard: UInt8, Hashable, Sendable, CaseIterable {
    /// A UICC: USIM, ISIM, eUICC.
    case uicc
    /// A SIM of TS 51.011.
    case gsmSIM
    /// A card that runs Java Card applets.
    case javaCard
    /// A contactless storage card behind a PC/SC reader.
    case contactlessStorage
    /// A contactless card with commands of its own behind a PC/SC reader.
    case contactless
    /// Nothing points anywhere.
    case unknown

    /// A short name to show.
    public var name: String {
        switch self {
        case .uicc: "UICC"
        case .gsmSIM: "GSM SIM"
        case .javaCard: "Java Card"
        case .contactlessStorage: "contactless storage card"
        case .contactless: "contactless card"
        case .unknown: "unknown card"
        }
    }
}

extension ATR {
    /// The product's name when the whole ATR is in the table of known ones.
    public var knownCard: String? {
        ATR.known.first { $0.bytes == bytes }?.name
    }

    /// What kind of card it is likely to be.
    public var likelyCard: LikelyCard {
        if let card = ATR.known.first(where: { $0.bytes == bytes }) { return card.likely }
        if isLikeUICC { return .uicc }
        if historical.text?.hasPrefix("JCOP") == true { return .javaCard }
        // PC/SC part 3, 3.1.3.2.3.1: readers build 3B 8N 80 01 and historical bytes for cards without an ATR.
        if bytes.starts(with: [0x3B]), bytes.count > 3, bytes[1] & 0xF0 == 0x80, bytes[2] == 0x80, bytes[3] == 0x01 {
            let isStorage = historical.applicationIdentifier?.starts(with: [0xA0, 0x00, 0x00, 0x03, 0x06]) == true
            return isStorage ? .contactlessStorage : .contactless
        }
        return .unknown
    }

    // TS 102 221, 6.3: T=0, clock stop and classes after T=15, card service data and capabilities in the historical
    // bytes. Signature and payment cards carry some of these, seldom all.
    private var isLikeUICC: Bool {
        protocols.contains(0) && clockStopAndClasses != nil && historical.category == .compactTLV
            && historical.cardServiceData != nil && historical.capabilities?.bytes.count == 3
    }

    private struct Known: Sendable {
        let name: String
        let likely: LikelyCard
        let bytes: [UInt8]

        init(_ name: String, _ likely: LikelyCard, _ bytes: [UInt8]) {
            (self.name, self.likely, self.bytes) = (name, likely, bytes)
        }
    }

    private static let known: [Known] = [
        Known(
            "sysmoISIM-SJA2", .uicc,
            [
                0x3B, 0x9F, 0x96, 0x80, 0x1F, 0x87, 0x80, 0x31, 0xE0, 0x73, 0xFE, 0x21, 0x1B, 0x67, 0x4A, 0x4C, 0x75,
                0x30,
                0x34, 0x05, 0x4B, 0xA9,
            ]),
        Known(
            "sysmoEUICC1-C2T", .uicc,
            [
                0x3B, 0x9F, 0x96, 0x80, 0x3F, 0x87, 0x82, 0x80, 0x31, 0xE0, 0x73, 0xFE, 0x21, 0x1F, 0x57, 0x45, 0x43,
                0x75,
                0x31, 0x30, 0x13, 0x65, 0x02,
            ]),
        Known(
            "sysmoUSIM-SJS1", .uicc,
            [
                0x3B, 0x9F, 0x96, 0x80, 0x1F, 0xC7, 0x80, 0x31, 0xA0, 0x73, 0xBE, 0x21, 0x13, 0x67, 0x43, 0x20, 0x07,
                0x18,
                0x00, 0x00, 0x01, 0xA5,
            ]),
        Known(
            "sysmoSIM-GR1", .gsmSIM,
            [
                0x3B, 0x99, 0x18, 0x00, 0x11, 0x88, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x60,
            ]),
        Known(
            "Nokia SIM Ph2 16K Ver2.0", .gsmSIM,
            [
                0x3F, 0x2F, 0x00, 0x80, 0x69, 0xAF, 0x03, 0x07, 0x01, 0x59, 0x00, 0x00, 0x0A, 0x0E, 0x83, 0x3E, 0x9F,
                0x16,
            ]),
        Known(
            "NXP JCOP 2.4.1", .javaCard,
            [
                0x3B, 0xF8, 0x13, 0x00, 0x00, 0x81, 0x31, 0xFE, 0x45, 0x4A, 0x43, 0x4F, 0x50, 0x76, 0x32, 0x34, 0x31,
                0xB7,
            ]),
        Known(
            "MIFARE Classic 1K", .contactlessStorage,
            [
                0x3B, 0x8F, 0x80, 0x01, 0x80, 0x4F, 0x0C, 0xA0, 0x00, 0x00, 0x03, 0x06, 0x03, 0x00, 0x01, 0x00, 0x00,
                0x00,
                0x00, 0x6A,
            ]),
    ]
}
