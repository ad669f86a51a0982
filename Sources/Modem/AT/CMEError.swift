/// The errors of the equipment that a bench meets, by number and by the text that `AT+CMEE=2` shows (TS 27.007, 9.2).
package enum CMEError {
    private static let texts: [UInt16: String] = [
        0: "phone failure", 3: "operation not allowed", 4: "operation not supported", 10: "SIM not inserted",
        11: "SIM PIN required", 12: "SIM PUK required", 13: "SIM failure", 14: "SIM busy", 15: "SIM wrong",
        16: "incorrect password", 17: "SIM PIN2 required", 18: "SIM PUK2 required", 22: "not found",
        30: "no network service", 31: "network timeout", 32: "network not allowed - emergency calls only",
        50: "incorrect parameters", 58: "language not supported", 100: "unknown", 103: "illegal MS", 106: "illegal ME",
        107: "GPRS services not allowed", 111: "PLMN not allowed", 112: "location area not allowed",
        113: "roaming not allowed in this location area", 119: "ESM failure", 122: "congestion",
    ]

    private static let codes = Dictionary(uniqueKeysWithValues: texts.map { ($1.lowercased(), $0) })

    /// The words for a number; nil for one that is not known.
    package static func text(_ code: UInt16) -> String? { texts[code] }

    /// The number that a text stands for; nil for one that is not known.
    static func code(named text: String) -> UInt16? { codes[text.lowercased()] }
}
