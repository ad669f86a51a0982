/// The names of applications by what their AIDs begin with.
///
/// What follows in an AID may be a serial number, as OpenPGP's has one: it is never part of a name. To add an application,
/// add a row to `rows`.
public struct ApplicationNames: Sendable {
    struct Row: Sendable {
        let prefix: [UInt8]
        let name: String
        let directory: CardDirectory

        init(_ prefix: [UInt8], _ name: String, _ directory: CardDirectory = .otherApplication) {
            (self.prefix, self.name, self.directory) = (prefix, name, directory)
        }
    }

    /// The registered application provider's part of an AID (ISO/IEC 7816-4, 12.2.3).
    static let providerLength = 5

    /// The row whose prefix is the longest one.
    static func row(of aid: some Collection<UInt8>) -> Row? {
        rows.filter { aid.starts(with: $0.prefix) }.max { $0.prefix.count < $1.prefix.count }
    }

    /// An AID as it may be shown: the part that names the application, or else its provider, and the name.
    public static func words(of aid: some Collection<UInt8>) -> String {
        let row = row(of: aid)
        let shown = aid.prefix(row?.prefix.count ?? providerLength)
        let digits = shown.map(hexByte).joined() + (aid.count > shown.count ? "…" : "")
        return row.map { "\(digits) (\($0.name))" } ?? digits
    }

    static let rows: [Row] = [
        // TS 101 220, annexes D and E; 3GPP2 C.S0065
        Row([0xA0, 0x00, 0x00, 0x00, 0x87, 0x10, 0x02], "USIM", .usim),
        Row([0xA0, 0x00, 0x00, 0x00, 0x87, 0x10, 0x04], "ISIM", .isim),
        Row([0xA0, 0x00, 0x00, 0x03, 0x43, 0x10, 0x02], "CSIM"),
        // GPCS, H.1.3; Secure Element Access Control; SGP.02, 2.2.3
        Row([0xA0, 0x00, 0x00, 0x01, 0x51, 0x00, 0x00], "issuer security domain"),
        Row([0xA0, 0x00, 0x00, 0x00, 0x03, 0x00, 0x00], "issuer security domain, Visa"),
        Row([0xA0, 0x00, 0x00, 0x00, 0x18, 0x43, 0x4D], "card manager, Gemplus"),
        Row([0xA0, 0x00, 0x00, 0x01, 0x51, 0x41, 0x43, 0x4C, 0x00], "ARA-M"),
        Row(eUICC + [0x89, 0x00, 0x00, 0x01], "ISD-R"), Row(eUICC + [0x89, 0x00, 0x00, 0x02], "ECASD"),
        Row(eUICC + [0x89, 0x00, 0x00, 0x10], "ISD-P"),
        // Identity and keys
        Row([0xA0, 0x00, 0x00, 0x03, 0x08], "PIV"), Row([0xD2, 0x76, 0x00, 0x01, 0x24, 0x01], "OpenPGP"),
        Row([0xA0, 0x00, 0x00, 0x00, 0x63] + Array("PKCS-15".utf8), "PKCS #15"),
        Row([0xA0, 0x00, 0x00, 0x03, 0x97, 0x42, 0x54, 0x46, 0x59, 0x02, 0x01], "GIDS"),
        Row([0xA0, 0x00, 0x00, 0x02, 0x47, 0x10, 0x01], "travel document"),
        Row([0xA0, 0x00, 0x00, 0x06, 0x47, 0x2F, 0x00, 0x01], "FIDO"),
        Row([0xA0, 0x00, 0x00, 0x05, 0x27, 0x21, 0x01], "OATH, Yubico"),
        Row([0xA0, 0x00, 0x00, 0x05, 0x27, 0x20, 0x01], "OTP, Yubico"),
        // Payment, NFC Forum
        Row(Array("1PAY.SYS.DDF01".utf8), "PSE"), Row(Array("2PAY.SYS.DDF01".utf8), "PPSE"),
        Row([0xA0, 0x00, 0x00, 0x00, 0x03, 0x10, 0x10], "Visa"),
        Row([0xA0, 0x00, 0x00, 0x00, 0x04, 0x10, 0x10], "Mastercard"),
        Row([0xA0, 0x00, 0x00, 0x00, 0x04, 0x30, 0x60], "Maestro"),
        Row([0xA0, 0x00, 0x00, 0x00, 0x25, 0x01], "American Express"),
        Row([0xD2, 0x76, 0x00, 0x00, 0x85, 0x01, 0x01], "NDEF"),
    ]

    private static let eUICC: [UInt8] = [0xA0, 0x00, 0x00, 0x05, 0x59, 0x10, 0x10, 0xFF, 0xFF, 0xFF, 0xFF]
}
