import TestSupport
import Testing

@testable import SmartCard

/// The table of instructions by family: INS, then the names in ISO, UICC, GlobalPlatform and GSM classes.
/// Where UICC and GlobalPlatform both have one, the rules for ambiguities decide; those have tests of their own below.
private let table = """
    04 | DEACTIVATE FILE | | | INVALIDATE
    0E | ERASE BINARY | | |
    0F | ERASE BINARY | | |
    10 | OTHER | | |
    12 | OTHER | | |
    14 | OTHER | | |
    20 | VERIFY | | | VERIFY CHV
    21 | VERIFY | | |
    22 | MANAGE SECURITY ENVIRONMENT | | |
    24 | CHANGE PIN | | | CHANGE CHV
    25 | CHANGE PIN | | |
    26 | DISABLE PIN | | | DISABLE CHV
    28 | ENABLE PIN | | | ENABLE CHV
    2A | PERFORM SECURITY OPERATION | | PERFORM SECURITY OPERATION |
    2C | UNBLOCK PIN | | | UNBLOCK CHV
    2D | UNBLOCK PIN | | |
    32 | | INCREASE | | INCREASE
    44 | ACTIVATE FILE | | | REHABILITATE
    46 | GENERATE ASYMMETRIC KEY PAIR | | |
    47 | GENERATE ASYMMETRIC KEY PAIR | | |
    50 | | | INITIALIZE UPDATE |
    70 | MANAGE CHANNEL | | MANAGE CHANNEL |
    73 | MANAGE SECURE CHANNEL | | |
    75 | TRANSACT DATA | | |
    82 | EXTERNAL AUTHENTICATE | | EXTERNAL AUTHENTICATE |
    84 | GET CHALLENGE | | GET CHALLENGE |
    86 | GENERAL AUTHENTICATE | | |
    87 | GENERAL AUTHENTICATE | | |
    88 | INTERNAL AUTHENTICATE | | INTERNAL AUTHENTICATE | RUN GSM ALGORITHM
    89 | AUTHENTICATE | | |
    A0 | SEARCH BINARY | | |
    A1 | SEARCH BINARY | | |
    A2 | SEARCH RECORD | | | SEEK
    A4 | SELECT | | | SELECT
    A5 | SELECT DATA | | |
    AA | | TERMINAL CAPABILITY | |
    B0 | READ BINARY | | | READ BINARY
    B1 | READ BINARY | | |
    B2 | READ RECORD | | | READ RECORD
    B3 | READ RECORD | | |
    C0 | GET RESPONSE | | GET RESPONSE | GET RESPONSE
    CA | GET DATA | | GET DATA |
    CB | GET DATA | RETRIEVE DATA | |
    D0 | WRITE BINARY | | |
    D1 | WRITE BINARY | | |
    D2 | WRITE RECORD | | |
    D4 | RESIZE FILE | RESIZE FILE | |
    D6 | UPDATE BINARY | | | UPDATE BINARY
    D7 | UPDATE BINARY | | |
    D8 | | | PUT KEY |
    DA | PUT DATA | | |
    DB | PUT DATA | SET DATA | |
    DC | UPDATE RECORD | | | UPDATE RECORD
    DD | UPDATE RECORD | | |
    E0 | CREATE FILE | CREATE FILE | |
    E2 | APPEND RECORD | | STORE DATA |
    E4 | DELETE FILE | | DELETE |
    E6 | TERMINATE DF | | INSTALL |
    E8 | TERMINATE EF | | LOAD |
    F0 | | | SET STATUS |
    F2 | | STATUS | | STATUS
    FA | | | | SLEEP
    FE | TERMINATE CARD USAGE | | |
    """

@Suite struct CommandTableTests {
    struct Row: Sendable {
        let ins: UInt8
        let iso: String
        let uicc: String
        let gsm: String
    }

    static let rows: [Row] = table.split(separator: "\n").map { line in
        let fields = line.split(separator: "|", omittingEmptySubsequences: false).map {
            String($0.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }
        let named = fields.map { $0.isEmpty ? "OTHER" : $0 }
        return Row(ins: hex(fields[0])[0], iso: named[1], uicc: fields[2].isEmpty ? named[3] : named[2], gsm: named[4])
    }

    static func name(_ cla: UInt8, _ ins: UInt8, p1: UInt8 = 0, _ context: CardContext = CardContext()) -> String {
        CommandTable.name(cla: cla, ins: ins, p1: p1, context: context).name
    }

    @Test(arguments: rows)
    func rowOfTheReference(_ row: Row) {
        for cla: UInt8 in [0x00, 0x01, 0x0C, 0x10, 0x1F, 0x40, 0x7F] { #expect(Self.name(cla, row.ins) == row.iso) }
        for cla: UInt8 in [0x81, 0x84, 0x8F, 0xC0, 0xDF, 0xE0, 0xEF] { #expect(Self.name(cla, row.ins) == row.uicc) }
        #expect(Self.name(0xA0, row.ins) == (row.ins == 0x10 ? "TERMINAL PROFILE" : toolkit(row.ins) ?? row.gsm))
        #expect(Self.name(0x80, row.ins) == (toolkit(row.ins) ?? row.uicc))
        for cla: UInt8 in [0x20, 0x3F, 0x91, 0xA1, 0xB0, 0xBF] { #expect(Self.name(cla, row.ins) == "OTHER") }
        #expect(Self.name(0x90, row.ins) == "PROPRIETARY")
        #expect(Self.name(0xFF, row.ins) == "PSEUDO")
    }

    private func toolkit(_ ins: UInt8) -> String? {
        [0x10: "TERMINAL PROFILE", 0x12: "FETCH", 0x14: "TERMINAL RESPONSE", 0xC2: "ENVELOPE"][ins]
    }

    /// Commands that are defined for class 80 exactly, or have a name in another class.
    @Test(arguments: [
        ("80 76", "SUSPEND UICC"), ("81 76", "OTHER"), ("80 C2", "ENVELOPE"), ("A0 C2", "ENVELOPE"),
        ("00 C2", "ENVELOPE"),
        ("00 C3", "ENVELOPE"), ("81 C2", "OTHER"), ("80 12", "FETCH"), ("A0 12", "FETCH"), ("82 12", "OTHER"),
        ("80 14", "TERMINAL RESPONSE"), ("A0 14", "TERMINAL RESPONSE"), ("80 A4", "OTHER"), ("00 F2", "OTHER"),
        ("00 32", "OTHER"), ("00 60", "OTHER"), ("80 99", "OTHER"), ("A0 32", "INCREASE"), ("A0 FA", "SLEEP"),
    ])
    func singleClasses(_ text: String, _ name: String) {
        #expect(Self.name(hex(text)[0], hex(text)[1]) == name)
    }

    /// Every instruction that the reference does not list is OTHER.
    @Test func nothingElseHasAName() {
        let listed = Set(Self.rows.map(\.ins)).union([0x76, 0x78, 0x7A, 0xC2, 0xC3])
        for ins in UInt8.min...UInt8.max where !listed.contains(ins) {
            for cla: UInt8 in [0x00, 0x40, 0x80, 0x81, 0xC0, 0xA0]
            where !(toolkit(ins) != nil && [0x80, 0xA0].contains(cla)) {
                #expect(Self.name(cla, ins) == "OTHER")
            }
        }
    }

    @Test(arguments: UInt8.min...UInt8.max)
    func statusOrGetStatus(_ p1: UInt8) {
        for cla: UInt8 in [0x80, 0x81, 0xC4, 0xE0] {
            #expect(Self.name(cla, 0xF2, p1: p1) == (p1 & 0xF0 == 0 ? "STATUS" : "GET STATUS"))
        }
        #expect(Self.name(0xA0, 0xF2, p1: p1) == "STATUS")
    }

    @Test func shortBytesAreMalformed() {
        for length in 0...3 { #expect(CommandAPDU([UInt8](hex("00 A4 00").prefix(length))).name() == .malformed) }
        #expect(CommandAPDU(hex("00 A4 00 00 05 01")).name() == .select, "CLA and INS name a command of wrong length")
        #expect(CommandName.malformed.name == "MALFORMED")
    }

    @Test(arguments: [
        (UInt8(0xCA), UInt8?(0), UsualCase.two), (0xCA, 2, .four), (0xCB, 0, .two), (0xCB, 5, .four), (0xCA, nil, .two),
        (0xE4, 5, .four), (0xF0, 5, .three),
    ])
    func casesThatP3Decides(_ ins: UInt8, _ p3: UInt8?, _ usual: UsualCase) {
        #expect(CommandLookup.shared.usualCase(cla: 0x80, ins: ins, p1: 0, p3: p3) == usual)
    }

    @Test func constantsStandForTheirNames() {
        let constants: [(CommandName, String)] = [
            (.malformed, "MALFORMED"), (.other, "OTHER"), (.proprietary, "PROPRIETARY"), (.pseudo, "PSEUDO"),
            (.select, "SELECT"), (.manageChannel, "MANAGE CHANNEL"), (.getResponse, "GET RESPONSE"),
            (.initializeUpdate, "INITIALIZE UPDATE"),
        ]
        for (constant, name) in constants {
            #expect(constant.name == name)
            #expect(CommandName(named: name) == constant)
            #expect(CommandTable.rows.contains { $0.name == name } || [.malformed, .other].contains(constant))
        }
    }

    @Test func namesAreDenseAndUnique() {
        #expect(CommandName.all.count == CommandName.count)
        #expect(CommandName.all.map(\.index) == Array(0..<CommandName.count))
        #expect(Set(CommandName.all.map(\.name)).count == CommandName.count)
        #expect(CommandName.count < 100, "the label's domain is bounded")
        #expect(CommandName(index: CommandName.count) == nil)
        #expect(CommandName(index: -1) == nil)
        #expect(CommandName(named: "NO SUCH COMMAND") == nil)
    }

    /// Two rows for the same class and instruction: one holds always, the other has a condition. What depends on
    /// anything but the bytes has the same payload policy either way, since redaction knows the bytes alone.
    @Test func rowsDoNotCollide() {
        for group in 0..<ClassSet.groupCount {
            for ins in UInt8.min...UInt8.max {
                let rows = CommandTable.rows.filter { $0.ins == ins && $0.classes.contains(group: group) }
                #expect(rows.count(where: { $0.condition == .always }) == min(rows.count, 1))
                #expect(rows.count <= 2)
                if rows.contains(where: { $0.condition != .highP1 && $0.condition != .always }) {
                    #expect(Set(rows.map(\.payload)).count == 1)
                }
            }
        }
    }

    @Test func everyRowIsFound() {
        #expect(CommandTable.rows.allSatisfy { !$0.clause.isEmpty && !$0.classes.isEmpty })
        for row in CommandTable.rows where row.condition == .always {
            for cla in UInt8.min...UInt8.max where row.classes.contains(group: ClassSet.group(of: cla)) {
                let ins = row.ins ?? 0x33
                let known = CommandLookup.shared.entry(cla: cla, ins: ins, p1: 0, context: CardContext())
                // Secure messaging alone may move 78 and 7A to their GlobalPlatform names.
                if [0x78, 0x7A].contains(ins) && ClassByte(cla).isSecured { continue }
                #expect(CommandName(raw: known.name).name == row.name)
                #expect(known.payload == row.payload)
                #expect(known.usualCase == row.usualCase)
            }
        }
    }
}

@Suite struct CardContextTests {
    private static let usim = hex("00 A4 04 00 0C A0 00 00 00 87 10 02 FF 33 FF FF 89")
    private static let domain = hex("00 A4 04 00 08 A0 00 00 01 51 00 00 00")
    private static let initializeUpdate = hex("80 50 00 00 08 01 02 03 04 05 06 07 08 00")
    private static let ok = StatusWord(0x9000)

    private static func context(_ exchanges: ([UInt8], StatusWord)...) -> CardContext {
        var context = CardContext()
        for (command, word) in exchanges { context.observe(command: command, statusWord: word) }
        return context
    }

    private func name(_ text: String, _ context: CardContext) -> String {
        CommandAPDU(hex(text)).name(context: context).name
    }

    @Test func secureChannelTellsRMACFromTheUICCsOwn() {
        let closed = CardContext()
        #expect(name("80 78 00 01 00", closed) == "GET IDENTITY")
        #expect(name("80 7A 00 00 00", closed) == "EXCHANGE CAPABILITIES")
        let open = Self.context((Self.initializeUpdate, StatusWord(0x611C)))
        #expect(name("80 78 00 01 00", open) == "END R-MAC SESSION")
        #expect(name("80 7A 00 00 00", open) == "BEGIN R-MAC SESSION")
        #expect(name("81 78 00 01 00", open) == "GET IDENTITY", "another logical channel")
        #expect(name("84 78 00 01 00", closed) == "END R-MAC SESSION", "secure messaging needs a channel")
    }

    @Test func selectAndResetCloseASecureChannel() {
        let selected = Self.context((Self.initializeUpdate, Self.ok), (hex("00 A4 00 04 02 3F 00"), Self.ok))
        #expect(!selected.hasSecureChannel(on: 0))
        let refused = Self.context((Self.initializeUpdate, Self.ok), (hex("00 A4 00 04 02 3F 00"), StatusWord(0x6A82)))
        #expect(refused.hasSecureChannel(on: 0), "a SELECT that was refused changes nothing")
        let failed = Self.context((Self.initializeUpdate, StatusWord(0x6A88)))
        #expect(!failed.hasSecureChannel(on: 0))
        var reset = Self.context((Self.usim, Self.ok), (Self.initializeUpdate, Self.ok))
        #expect(reset.application(on: 0) == .threeGPP)
        reset.reset()
        #expect(reset == CardContext())
    }

    @Test func selectedApplicationTellsRetrieveDataFromGetData() {
        #expect(name("80 CB 80 00 00", CardContext()) == "RETRIEVE DATA")
        #expect(name("80 CB 80 00 00", Self.context((Self.usim, StatusWord(0x6130)))) == "RETRIEVE DATA")
        #expect(name("80 CB 80 00 00", Self.context((Self.domain, Self.ok))) == "GET DATA")
        #expect(name("80 CB 80 00 00", Self.context((hex("00 A4 04 00 00"), Self.ok))) == "GET DATA", "default domain")
        #expect(name("80 CB 80 00 00", Self.context((Self.domain, Self.ok), (Self.usim, Self.ok))) == "RETRIEVE DATA")
        #expect(name("80 CB 80 00 00", Self.context((Self.domain, StatusWord(0x6A82)))) == "RETRIEVE DATA")
        let byFile = Self.context((Self.domain, Self.ok), (hex("00 A4 00 04 02 3F 00"), Self.ok))
        #expect(name("80 CB 80 00 00", byFile) == "GET DATA", "only a SELECT by AID counts")
        #expect(
            name("00 CB 3F FF 00", Self.context((Self.usim, Self.ok))) == "GET DATA", "an ISO class has one meaning")
    }

    @Test func selectedApplicationNamesAuthenticate() {
        #expect(name("00 88 00 81 00", CardContext()) == "INTERNAL AUTHENTICATE")
        #expect(name("00 88 00 81 00", Self.context((Self.usim, Self.ok))) == "AUTHENTICATE")
        #expect(name("00 88 00 81 00", Self.context((Self.domain, Self.ok))) == "INTERNAL AUTHENTICATE")
        #expect(name("A0 88 00 00 10", Self.context((Self.usim, Self.ok))) == "RUN GSM ALGORITHM")
        // A provider identifier that is cut short, with a Le that would complete it.
        let short = Self.context((hex("00 A4 04 00 04 A0 00 00 00 87"), Self.ok))
        #expect(short.application(on: 0) == .other)
    }

    @Test func channelsAreApart() {
        var onTwo = Self.usim
        onTwo[0] = 0x02
        var context = Self.context((onTwo, Self.ok))
        #expect(context.application(on: 2) == .threeGPP)
        #expect(context.application(on: 0) == .none)
        context.observe(command: hex("00 70 80 02"), statusWord: Self.ok)
        #expect(context.application(on: 2) == .none, "closed")
        onTwo[0] = 0x4F
        context.observe(command: onTwo, statusWord: Self.ok)
        #expect(context.application(on: 19) == .threeGPP)
        context.observe(command: hex("00 70 80 FF"), statusWord: Self.ok)
        #expect(context.application(on: 19) == .threeGPP, "no such channel")
    }

    @Test func anyChannelNumberMayBeAsked() {
        for channel in [-1, 19, 20, 31, 32, 63, 64, 255, Int.max, Int.min] {
            #expect(CardContext().application(on: channel) == .none)
            #expect(!CardContext().hasSecureChannel(on: channel))
        }
    }
}
