import SmartCard
import TestSupport
import Testing

@Suite struct CommandAPDUTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let bytes: [UInt8]
        let form: CommandAPDU.Form
        let lc: Int
        let ne: Int
        let data: Range<Int>

        init(_ bytes: [UInt8], _ form: CommandAPDU.Form, lc: Int = 0, ne: Int = 0, data: Range<Int> = 4..<4) {
            (self.bytes, self.form, self.lc, self.ne, self.data) = (bytes, form, lc, ne, data)
        }

        var testDescription: String { "\(bytes.count) bytes: \(form)" }
    }

    static func body(_ count: Int) -> [UInt8] { [UInt8](repeating: 0xAB, count: count) }

    static let rows: [Row] = [
        // The table of cases, in its order.
        Row([], .malformed(.shortHeader), data: 0..<0),
        Row(hex("00"), .malformed(.shortHeader), data: 1..<1),
        Row(hex("00 A4"), .malformed(.shortHeader), data: 2..<2),
        Row(hex("00 A4 00"), .malformed(.shortHeader), data: 3..<3),
        Row(hex("00 04 00 00"), .case1),
        Row(hex("00 B0 00 00 10"), .case2S, ne: 16),
        Row(hex("00 B0 00 00 00"), .case2S, ne: 256),
        Row(hex("00 A4 00 00 02 3F 00"), .case3S, lc: 2, data: 5..<7),
        Row(hex("00 A4 00 00 FF") + body(255), .case3S, lc: 255, data: 5..<260),
        Row(hex("00 A4 00 00 02 3F 00 00"), .case4S, lc: 2, ne: 256, data: 5..<7),
        Row(hex("00 A4 00 00 02 3F 00 0A"), .case4S, lc: 2, ne: 10, data: 5..<7),
        Row(hex("00 B0 00 00 00 01 00"), .case2E, ne: 256),
        Row(hex("00 B0 00 00 00 00 00"), .case2E, ne: 65_536),
        Row(hex("00 D6 00 00 00 00 02 AB AB"), .case3E, lc: 2, data: 7..<9),
        Row(hex("00 D6 00 00 00 01 00") + body(256), .case3E, lc: 256, data: 7..<263),
        Row(hex("00 D6 00 00 00 FF FF") + body(65_535), .case3E, lc: 65_535, data: 7..<65_542),
        Row(hex("00 CB 00 00 00 00 02 AB AB 00 00"), .case4E, lc: 2, ne: 65_536, data: 7..<9),
        Row(hex("00 CB 00 00 00 00 02 AB AB 01 23"), .case4E, lc: 2, ne: 0x123, data: 7..<9),
        // Bytes that fit no case.
        Row(hex("00 A4 00 00 02 3F"), .malformed(.lengthMismatch)),
        Row(hex("00 A4 00 00 02 3F 00 00 00"), .malformed(.lengthMismatch)),
        Row(hex("00 20 00 01 31 32 33 34"), .malformed(.lengthMismatch)),
        Row(hex("00 A4 00 00 00 01"), .malformed(.lengthMismatch)),
        Row(hex("00 A4 00 00 00 00 00 AB"), .malformed(.lengthMismatch)),
        Row(hex("00 A4 00 00 00 00 02 AB"), .malformed(.lengthMismatch)),
        Row(hex("00 A4 00 00 00 00 02 AB AB 00"), .malformed(.lengthMismatch)),
        Row(hex("00 A4 00 00 00 00 02 AB AB 00 00 00"), .malformed(.lengthMismatch)),
    ]

    @Test(arguments: rows)
    func caseAndLengths(_ row: Row) {
        let command = CommandAPDU(row.bytes)
        #expect(command.form == row.form)
        #expect(command.lc == row.lc)
        #expect(command.ne == row.ne)
        #expect(command.dataRange == row.data)
        #expect(command.length == row.bytes.count)
        #expect(command.isMalformed == (row.lc == 0 && row.ne == 0 && row.form != .case1))
    }

    @Test(arguments: rows)
    func everyCollectionReadsTheSame(_ row: Row) {
        let command = CommandAPDU(row.bytes)
        #expect(CommandAPDU(([0xFF, 0xFF] + row.bytes)[2...]) == command)
        #expect(CommandAPDU(row.bytes.lazy.map { $0 }) == command)
        row.bytes.withUnsafeBytes { #expect(CommandAPDU($0) == command) }
    }

    @Test(arguments: rows)
    func zeroedDataReadTheSame(_ row: Row) {
        let command = CommandAPDU(row.bytes)
        var bytes = row.bytes
        for index in command.dataRange { bytes[index] = 0 }
        #expect(CommandAPDU(bytes) == command)
    }

    @Test func header() {
        let command = CommandAPDU(hex("81 F2 40 02 02 4F 00"))
        #expect((command.cla, command.ins, command.p1, command.p2) == (0x81, 0xF2, 0x40, 0x02))
        #expect(command.p3 == 2)
        #expect(command.classByte.logicalChannel == 1)
        let short = CommandAPDU(hex("81 F2"))
        #expect((short.cla, short.ins, short.p1, short.p2) == (0x81, 0xF2, 0, 0))
        #expect(short.p3 == nil)
    }

    /// A TPDU of five bytes with P3 = 00 is case 1 where the table says that the command asks for nothing.
    @Test(arguments: [
        ("00 04 00 00 00", CommandAPDU.Form.case1), ("00 20 00 01 00", .case1), ("00 B0 00 00 00", .case2S),
        ("80 CA 00 66 00", .case2S), ("00 A4 00 00 00", .case2S), ("00 04 00 00 01", .case2S),
        ("00 04 00 00", .case1),
    ])
    func caseByTable(_ text: String, _ form: CommandAPDU.Form) {
        let command = CommandAPDU(hex(text))
        let usual = CommandLookup.shared.usualCase(
            cla: command.cla, ins: command.ins, p1: command.p1, p3: command.p3)
        #expect(command.form(usually: usual) == form)
    }

    @Test(arguments: UInt8.min...UInt8.max)
    func invalidInstructions(_ ins: UInt8) {
        let expected = (0x60...0x6F).contains(ins) || (0x90...0x9F).contains(ins)
        #expect(CommandAPDU([0, ins, 0, 0]).hasInvalidInstruction == expected)
    }

    @Test func manageChannel() {
        #expect(ChannelRequest(CommandAPDU(hex("00 70 00 00 01"))) == .openAny)
        #expect(ChannelRequest(CommandAPDU(hex("00 70 00 02"))) == .open(2))
        #expect(ChannelRequest(CommandAPDU(hex("00 70 80 02"))) == .close(2))
        #expect(ChannelRequest(CommandAPDU(hex("00 70 40 02"))) == nil)
        #expect(ChannelRequest(CommandAPDU(hex("00 A4 00 00"))) == nil)
    }

    @Test(arguments: [
        ("00 A4 00 0C 02 3F 00 90 00", 7), ("00 B0 00 00 02 12 34 90 00", 5), ("00 04 00 00 00 90 00", 5),
        ("80 CA 00 66 00 66 00 90 00", 5), ("80 CA 00 66 02 5C 00 66 00 90 00", 7), ("00 A4", 2),
        ("00 A4 00 00 09 3F", 6), ("", 0),
    ])
    func commandAndResponseWithoutMark(_ text: String, _ length: Int) {
        #expect(CommandLookup.shared.commandLength(inExchange: hex(text)) == length)
    }

    @Test func response() {
        let response = ResponseAPDU(hex("01 02 03 90 00"))
        #expect(response.statusWord == StatusWord(0x9000))
        #expect(response.dataRange == 0..<3)
        #expect(!response.isMalformed)
        #expect(ResponseAPDU(hex("6A 82")).dataRange == 0..<0)
        for bytes in [[], hex("90")] {
            #expect(ResponseAPDU(bytes).isMalformed)
            #expect(ResponseAPDU(bytes).statusWord == nil)
            #expect(ResponseAPDU(bytes).dataRange == 0..<0)
        }
    }
}

@Suite struct ClassByteTests {
    struct Row: Sendable {
        let classes: ClosedRange<UInt8>
        let family: ClassByte.Family
        let name: String
    }

    static let rows: [Row] = [
        Row(classes: 0x00...0x1F, family: .iso, name: "iso"),
        Row(classes: 0x20...0x3F, family: .reserved, name: "reserved"),
        Row(classes: 0x40...0x7F, family: .isoFurther, name: "iso_ext"),
        Row(classes: 0x80...0x8F, family: .uicc, name: "uicc_gp"),
        Row(classes: 0x90...0x9F, family: .proprietary, name: "proprietary"),
        Row(classes: 0xA0...0xA0, family: .gsm, name: "gsm"),
        Row(classes: 0xA1...0xAF, family: .reserved, name: "reserved"),
        Row(classes: 0xB0...0xBF, family: .proprietary, name: "proprietary"),
        Row(classes: 0xC0...0xFE, family: .uiccFurther, name: "uicc_gp_ext"),
        Row(classes: 0xFF...0xFF, family: .pseudo, name: "pseudo"),
    ]

    @Test(arguments: rows)
    func families(_ row: Row) {
        for cla in row.classes {
            #expect(ClassByte(cla).family == row.family)
            #expect(ClassByte(cla).family.name == row.name)
        }
    }

    @Test func theRowsAreAllClasses() {
        #expect(Self.rows.reduce(0) { $0 + $1.classes.count } == 256)
    }

    @Test(arguments: [
        (UInt8(0x00), 0, ClassByte.SecureMessaging.none, false), (0x03, 3, .none, false),
        (0x04, 0, .proprietary, false),
        (0x0A, 2, .iso, false), (0x0C, 0, .isoWithHeader, false), (0x10, 0, .none, true),
        (0x1F, 3, .isoWithHeader, true),
        (0x40, 4, .none, false), (0x4F, 19, .none, false), (0x5F, 19, .none, true), (0x60, 4, .iso, false),
        (0x7F, 19, .iso, true), (0x80, 0, .none, false), (0x82, 2, .none, false), (0x84, 0, .proprietary, false),
        (0x88, 0, .iso, false), (0x8F, 3, .isoWithHeader, false), (0x90, 0, .unknown, false), (0xA0, 0, .none, false),
        (0xB3, 0, .unknown, false), (0xC0, 4, .none, false), (0xDF, 19, .none, false), (0xE0, 4, .iso, false),
        (0xFE, 18, .iso, false), (0xFF, 0, .none, false), (0x20, 0, .unknown, false), (0xA1, 0, .unknown, false),
    ])
    func parts(_ cla: UInt8, _ channel: Int, _ messaging: ClassByte.SecureMessaging, _ chained: Bool) {
        let byte = ClassByte(cla)
        #expect(byte.logicalChannel == channel)
        #expect(byte.secureMessaging == messaging)
        #expect(byte.isChained == chained)
        #expect(byte.isSecured == [.proprietary, .iso, .isoWithHeader].contains(messaging))
    }
}
