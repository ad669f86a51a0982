/// The commands that are known: one row each for name, classes, instruction, usual case, payload policy, clause.
///
/// Label and redaction come from it. No row: the name is OTHER, the payload is cut. To add a command, add a row; two
/// rows for the same class and instruction need a condition that tells them apart.
public enum CommandTable {
    // 80 TERMINAL PROFILE, FETCH, TERMINAL RESPONSE, ENVELOPE and their like are defined for class 80 exactly
    // (TS 102 221, 10.1.1). 00 10, 00 12, 00 14 (ISO SCQL) are left without a row on purpose: OTHER.
    // `.capture` and `.file` are what a capture may add; secrets are `.cut`, which nothing turns off.
    static let rows: [CommandRow] = [
        CommandRow("SELECT", .iso, 0xA4, .four, .keep, "TS 102 221, 11.1.1; ISO 7816-4"),
        CommandRow("SELECT", .gsm, 0xA4, .four, .keep, "TS 51.011, 9.2.1"),
        CommandRow("SELECT DATA", .iso, 0xA5, .four, .capture, "ISO 7816-4"),
        CommandRow("STATUS", .uicc, 0xF2, .two, .keep, "TS 102 221, 11.1.2"),
        CommandRow("STATUS", .gsm, 0xF2, .two, .keep, "TS 51.011, 9.2.2"),
        CommandRow("GET STATUS", .uicc, 0xF2, .four, .capture, "GPCS, 11.4", when: .highP1),
        CommandRow("MANAGE CHANNEL", .iso, 0x70, .two, .keep, "TS 102 221, 11.1.17; ISO 7816-4"),
        CommandRow("MANAGE CHANNEL", .uicc, 0x70, .two, .keep, "GPCS, 11.7"),
        CommandRow(
            "GET RESPONSE", [.iso, .uicc, .gsm], 0xC0, .two, .fileControl, "TS 102 221, 7.3.1.1; TS 51.011, 9.2.18"),

        // Files
        CommandRow("READ BINARY", .iso, 0xB0, .two, .file, "TS 102 221, 11.1.3"),
        CommandRow("READ BINARY", .iso, 0xB1, .four, .file, "ISO 7816-4"),
        CommandRow("READ BINARY", .gsm, 0xB0, .two, .file, "TS 51.011, 9.2.3"),
        CommandRow("UPDATE BINARY", .iso, 0xD6, .three, .file, "TS 102 221, 11.1.4", retries: true),
        CommandRow("UPDATE BINARY", .iso, 0xD7, .three, .file, "ISO 7816-4", retries: true),
        CommandRow("UPDATE BINARY", .gsm, 0xD6, .three, .file, "TS 51.011, 9.2.4", retries: true),
        CommandRow("WRITE BINARY", .iso, 0xD0, .three, .file, "ISO 7816-4", retries: true),
        CommandRow("WRITE BINARY", .iso, 0xD1, .three, .file, "ISO 7816-4", retries: true),
        CommandRow("ERASE BINARY", .iso, 0x0E, .three, .file, "ISO 7816-4", retries: true),
        CommandRow("ERASE BINARY", .iso, 0x0F, .three, .file, "ISO 7816-4", retries: true),
        CommandRow("SEARCH BINARY", .iso, 0xA0, .four, .file, "ISO 7816-4"),
        CommandRow("SEARCH BINARY", .iso, 0xA1, .four, .file, "ISO 7816-4"),
        CommandRow("READ RECORD", .iso, 0xB2, .two, .file, "TS 102 221, 11.1.5"),
        CommandRow("READ RECORD", .iso, 0xB3, .four, .file, "ISO 7816-4"),
        CommandRow("READ RECORD", .gsm, 0xB2, .two, .file, "TS 51.011, 9.2.5"),
        CommandRow("UPDATE RECORD", .iso, 0xDC, .three, .file, "TS 102 221, 11.1.6", retries: true),
        CommandRow("UPDATE RECORD", .iso, 0xDD, .three, .file, "ISO 7816-4", retries: true),
        CommandRow("UPDATE RECORD", .gsm, 0xDC, .three, .file, "TS 51.011, 9.2.6", retries: true),
        CommandRow("WRITE RECORD", .iso, 0xD2, .three, .file, "ISO 7816-4", retries: true),
        CommandRow("APPEND RECORD", .iso, 0xE2, .three, .file, "ISO 7816-4", retries: true),
        CommandRow("SEARCH RECORD", .iso, 0xA2, .four, .file, "TS 102 221, 11.1.7"),
        CommandRow("SEEK", .gsm, 0xA2, .four, .file, "TS 51.011, 9.2.7"),
        CommandRow("INCREASE", .uicc, 0x32, .four, .file, "TS 102 221, 11.1.8", retries: true),
        CommandRow("INCREASE", .gsm, 0x32, .four, .file, "TS 51.011, 9.2.8", retries: true),
        CommandRow("DEACTIVATE FILE", .iso, 0x04, .one, .capture, "TS 102 221, 11.1.14"),
        CommandRow("INVALIDATE", .gsm, 0x04, .one, .capture, "TS 51.011, 9.2.14"),
        CommandRow("ACTIVATE FILE", .iso, 0x44, .one, .capture, "TS 102 221, 11.1.15"),
        CommandRow("REHABILITATE", .gsm, 0x44, .one, .capture, "TS 51.011, 9.2.15"),
        CommandRow("CREATE FILE", [.iso, .uicc], 0xE0, .three, .capture, "TS 102 222, 6"),
        CommandRow("DELETE FILE", .iso, 0xE4, .three, .capture, "TS 102 222, 6"),
        CommandRow("RESIZE FILE", [.iso, .uicc], 0xD4, .three, .capture, "TS 102 222, 6"),
        CommandRow("TERMINATE DF", .iso, 0xE6, .one, .capture, "TS 102 222, 6"),
        CommandRow("TERMINATE EF", .iso, 0xE8, .one, .capture, "TS 102 222, 6"),
        CommandRow("TERMINATE CARD USAGE", .iso, 0xFE, .one, .capture, "TS 102 222, 6"),

        // Data objects
        CommandRow("GET DATA", .iso, 0xCA, .two, .file, "ISO 7816-4"),
        CommandRow("GET DATA", .iso, 0xCB, .four, .file, "ISO 7816-4"),
        CommandRow("GET DATA", .uicc, 0xCA, .twoOrFour, .file, "GPCS, 11.3"),
        CommandRow("RETRIEVE DATA", .uicc, 0xCB, .twoOrFour, .file, "TS 102 221, 11.3.1"),
        CommandRow("GET DATA", .uicc, 0xCB, .twoOrFour, .file, "GPCS, 11.3", when: .otherApplication),
        CommandRow("PUT DATA", .iso, 0xDA, .three, .cut, "ISO 7816-4", retries: true),
        CommandRow("PUT DATA", .iso, 0xDB, .three, .cut, "ISO 7816-4", retries: true),
        CommandRow("SET DATA", .uicc, 0xDB, .three, .cut, "TS 102 221, 11.3.2", retries: true),

        // PINs
        CommandRow("VERIFY", .iso, 0x20, .three, .cut, "TS 102 221, 11.1.9"),
        CommandRow("VERIFY", .iso, 0x21, .three, .cut, "ISO 7816-4"),
        CommandRow("CHANGE PIN", .iso, 0x24, .three, .cut, "TS 102 221, 11.1.10"),
        CommandRow("CHANGE PIN", .iso, 0x25, .three, .cut, "ISO 7816-4"),
        CommandRow("DISABLE PIN", .iso, 0x26, .three, .cut, "TS 102 221, 11.1.11"),
        CommandRow("ENABLE PIN", .iso, 0x28, .three, .cut, "TS 102 221, 11.1.12"),
        CommandRow("UNBLOCK PIN", .iso, 0x2C, .three, .cut, "TS 102 221, 11.1.13"),
        CommandRow("UNBLOCK PIN", .iso, 0x2D, .three, .cut, "ISO 7816-4"),
        CommandRow("VERIFY CHV", .gsm, 0x20, .three, .cut, "TS 51.011, 9.2.9"),
        CommandRow("CHANGE CHV", .gsm, 0x24, .three, .cut, "TS 51.011, 9.2.10"),
        CommandRow("DISABLE CHV", .gsm, 0x26, .three, .cut, "TS 51.011, 9.2.11"),
        CommandRow("ENABLE CHV", .gsm, 0x28, .three, .cut, "TS 51.011, 9.2.12"),
        CommandRow("UNBLOCK CHV", .gsm, 0x2C, .three, .cut, "TS 51.011, 9.2.13"),

        // Authentication and cryptography
        CommandRow("INTERNAL AUTHENTICATE", .iso, 0x88, .four, .cut, "ISO 7816-4"),
        CommandRow("AUTHENTICATE", .iso, 0x88, .four, .cut, "TS 31.102, 7.1", when: .threeGPPApplication),
        CommandRow("AUTHENTICATE", .iso, 0x89, .four, .cut, "TS 102 221, 11.1.16"),
        CommandRow("INTERNAL AUTHENTICATE", .uicc, 0x88, .four, .cut, "GPCS amendment F"),
        CommandRow("RUN GSM ALGORITHM", .gsm, 0x88, .four, .cut, "TS 51.011, 9.2.16"),
        CommandRow("EXTERNAL AUTHENTICATE", [.iso, .uicc], 0x82, .three, .cut, "ISO 7816-4; GPCS, E.5.2"),
        CommandRow("GENERAL AUTHENTICATE", .iso, 0x86, .four, .cut, "ISO 7816-4"),
        CommandRow("GENERAL AUTHENTICATE", .iso, 0x87, .four, .cut, "ISO 7816-4"),
        CommandRow("GET CHALLENGE", [.iso, .uicc], 0x84, .two, .cut, "TS 102 221, 11.1.18"),
        CommandRow("MANAGE SECURITY ENVIRONMENT", .iso, 0x22, .three, .cut, "ISO 7816-4"),
        CommandRow("PERFORM SECURITY OPERATION", [.iso, .uicc], 0x2A, .four, .cut, "ISO 7816-8"),
        CommandRow("GENERATE ASYMMETRIC KEY PAIR", .iso, 0x46, .four, .cut, "ISO 7816-8"),
        CommandRow("GENERATE ASYMMETRIC KEY PAIR", .iso, 0x47, .four, .cut, "ISO 7816-8"),
        CommandRow("MANAGE SECURE CHANNEL", .iso, 0x73, .three, .cut, "TS 102 221, 11.1.20"),
        CommandRow("TRANSACT DATA", .iso, 0x75, .three, .cut, "TS 102 221, 11.1.21"),

        // Card application toolkit
        CommandRow("TERMINAL PROFILE", .uicc80, 0x10, .three, .keep, "TS 102 221, 11.2.1"),
        CommandRow("TERMINAL PROFILE", .gsm, 0x10, .three, .keep, "TS 51.011, 9.2.19"),
        CommandRow("FETCH", .uicc80, 0x12, .two, .parse, "TS 102 221, 11.2.3"),
        CommandRow("FETCH", .gsm, 0x12, .two, .parse, "TS 51.011, 9.2.21"),
        CommandRow("TERMINAL RESPONSE", .uicc80, 0x14, .three, .parse, "TS 102 221, 11.2.4"),
        CommandRow("TERMINAL RESPONSE", .gsm, 0x14, .three, .parse, "TS 51.011, 9.2.22"),
        CommandRow("ENVELOPE", .uicc80, 0xC2, .four, .parse, "TS 102 221, 11.2.2"),
        CommandRow("ENVELOPE", .gsm, 0xC2, .four, .parse, "TS 51.011, 9.2.20"),
        CommandRow("ENVELOPE", .iso, 0xC2, .four, .cut, "ISO 7816-4"),
        CommandRow("ENVELOPE", .iso, 0xC3, .four, .cut, "ISO 7816-4"),

        // The UICC itself
        CommandRow("TERMINAL CAPABILITY", .uicc, 0xAA, .three, .capture, "TS 102 221, 11.1.19"),
        CommandRow("SUSPEND UICC", .uicc80, 0x76, .four, .cut, "TS 102 221, 11.1.22"),
        CommandRow("GET IDENTITY", .uicc, 0x78, .four, .cut, "TS 102 221, 11.1.23"),
        CommandRow("END R-MAC SESSION", .uicc, 0x78, .two, .cut, "GPCS, E.5.4", when: .secureChannel),
        CommandRow("EXCHANGE CAPABILITIES", .uicc80, 0x7A, .four, .cut, "TS 102 221, 11.1.24"),
        CommandRow("BEGIN R-MAC SESSION", .uicc80, 0x7A, .three, .cut, "GPCS, E.5.3", when: .secureChannel),
        CommandRow("BEGIN R-MAC SESSION", .uiccNot80, 0x7A, .three, .cut, "GPCS, E.5.3"),
        CommandRow("SLEEP", .gsm, 0xFA, .one, .capture, "TS 51.011, 9.2.17"),

        // GlobalPlatform
        CommandRow("INITIALIZE UPDATE", .uicc, 0x50, .four, .cut, "GPCS, E.5.1"),
        CommandRow("PUT KEY", .uicc, 0xD8, .four, .cut, "GPCS, 11.8"),
        CommandRow("STORE DATA", .uicc, 0xE2, .three, .parse, "GPCS, 11.11; GSMA SGP.22, 5.7.2"),
        CommandRow("DELETE", .uicc, 0xE4, .four, .capture, "GPCS, 11.2"),
        CommandRow("INSTALL", .uicc, 0xE6, .four, .cut, "GPCS, 11.5"),
        CommandRow("LOAD", .uicc, 0xE8, .four, .cut, "GPCS, 11.6"),
        CommandRow("SET STATUS", .uicc, 0xF0, .three, .capture, "GPCS, 11.10"),

        // Whole classes
        CommandRow("PROPRIETARY", .desfire, nil, .four, .cut, "DESFire commands, wrapped"),
        CommandRow("PSEUDO", .pseudo, nil, .four, .cut, "PC/SC part 3"),
        CommandRow("PSEUDO", .pseudo, 0xCA, .two, .capture, "PC/SC part 3, GET DATA"),
    ]

    /// The name of a command; see ``CommandLookup/name(cla:ins:p1:length:context:)``, which a hot path takes once and
    /// keeps.
    @inlinable
    public static func name(
        cla: UInt8, ins: UInt8, p1: UInt8, length: Int = 5, context: CardContext = CardContext()
    ) -> CommandName {
        CommandLookup.shared.name(cla: cla, ins: ins, p1: p1, length: length, context: context)
    }
}
