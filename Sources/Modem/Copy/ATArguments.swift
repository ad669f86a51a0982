/// What of a command's arguments, and of the values in its answer, a capture may show: a name that is not in the table
/// shows none, since many take PINs, passwords, numbers and texts.
enum ATArguments: Sendable {
    /// All of them.
    case all
    /// Numbers of at most three digits that stand without quotes: modes, states, counts.
    case numbers
    /// A command to the card in hex, and its response (TS 27.007, 8.17 and 8.43), by the place behind its length.
    case command(place: Int)
    /// A command to the card in parts, and its response (TS 27.007, 8.18 and 8.44), by the place of its instruction.
    case parts(place: Int)

    /// By name. Those of which all is shown carry neither identities nor secrets: TS 27.007, TS 27.005, V.250.
    private static let table: [String: ATArguments] = {
        var table: [String: ATArguments] = [
            "+CSIM": .command(place: 1), "+CGLA": .command(place: 2), "+CRSM": .parts(place: 0),
            "+CRLA": .parts(place: 1),
        ]
        let all = [
            "+CMEE", "+CFUN", "+COPS", "+CMGF", "+CSCS", "+CPMS", "+CNMI", "+CSMS", "+CSDH", "+IPR", "+IFC", "+ICF",
            "+CRC", "+CR", "+CGATT", "+CGACT", "+CSQ", "+CESQ", "+CPAS", "+CSTA", "+CCHO", "+CCHC", "+CMTI", "+CDSI",
            "+CTZU", "+CTZR", "+CUAD", "+CUSATW", "+CUSATR", "+CEER", "+CPINR", "+CGMI", "+CGMM", "+CGMR", "+GMI",
            "+GMM", "+GMR", "+WS46", "+QSIMDET", "+QSIMSTAT", "+QINISTAT", "+QNWINFO", "+QCSQ", "^SYSINFO",
            "+QURCCFG",
        ]
        let numbers = [
            "+CREG", "+CGREG", "+CEREG", "+C5GREG", "+CLIP", "+CLIR", "+CLCC", "+CMGR", "+CMGD", "+CMGL", "+CMGS",
            "+CMGW", "+CMSS", "+CNMA", "+CPBR", "+CPBS", "+CMER", "+CIND", "+CIEV", "+CGEREP", "+CGEV", "+CUSD",
            "+CCWA", "+CMT", "+CDS", "+CBM", "+CGDCONT", "+CGPADDR", "+QSTK", "+QENG", "+QCFG", "+STSF",
            // Of the card's toolkit: the type of a command, and its result.
            "+QSTKURC", "+QSTKRSP", "#STN", "#STSR", "+STIN", "+STGR", "!STKC", "!STKCR", "+STKPRO", "^SSTR",
        ]
        for name in all { table[name] = .all }
        for name in numbers { table[name] = .numbers }
        return table
    }()

    /// Those of a name in upper case; nil where none may be shown.
    static func of(_ name: String) -> ATArguments? { table[name] }
}
