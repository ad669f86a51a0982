import TestSupport
import Testing

@testable import BenchSimulator

/// What a card answers to a row of commands.
struct Dialogue: CustomTestStringConvertible, Sendable {
    var name: String
    var exchanges: [(command: String, answer: String)]
    var testDescription: String { name }

    init(_ name: String, _ exchanges: [(command: String, answer: String)]) {
        self.name = name
        self.exchanges = exchanges
    }
}

private let usim = "00A40404 07 A0000000871002"
private let securityDomain = "00A4040C 08 A000000151000000"

@Suite struct VirtualCardTests {
    static let dialogues = [
        Dialogue("EF.ICCID", [("00A4000C022FE2", "9000"), ("00B000000A", "988812010000000000F39000")]),
        Dialogue("a shorter Le is served", [("00A4000C022FE2", "9000"), ("00B0000002", "98889000")]),
        Dialogue("a longer Le is told", [("00A4000C022FE2", "9000"), ("00B0000010", "6C0A")]),
        Dialogue("offset behind the end", [("00A4000C022FE2", "9000"), ("00B0000A01", "6B00")]),
        Dialogue("EF.ICCID by SFI", [("00B082000A", "988812010000000000F39000")]),
        Dialogue(
            "EF.DIR",
            [
                ("00A4000C022F00", "9000"),
                ("00B2010426", "61184F10A0000000871002FFFFFFFF890709000050045553494DFFFFFFFFFFFFFFFFFFFFFFFF9000"),
                ("00B2020426", String(repeating: "FF", count: 38) + "9000"),
                ("00B2030426", "6A83"),
                ("00B0000001", "6981"),
            ]),
        Dialogue(
            "EF.IMSI below ADF.USIM",
            [
                ("00A40004 02 6F07", "6A82"),
                (usim, "6136"),
                (
                    "00C0000036",
                    "6234820278218410A0000000871002FFFFFFFF8907090000A50683040001572E8A01058B032F0601C60C90016083010183018183010A9000"
                ),
                ("00A4000C026F07", "9000"), ("00B0000009", "0809101000000000109000"),
                ("00A4080C 04 7FFF6F07", "9000"), ("00B0000000", "6C09"),
            ]),
        Dialogue("STATUS", [(usim, "6136"), ("80F2000C", "9000"), ("80F2000100", "6C12")]),
        Dialogue(
            "GSM class",
            [
                ("A0A40000027F20", "9F17"), ("A0A40000026F07", "9F0F"),
                ("A0C000000F", "000000096F07040014FF44010200009000"), ("A0B0000009", "0809101000000000109000"),
                ("A0A40000026FFF", "9404"), ("A0B2010428", "9408"),
            ]),
        Dialogue(
            "PIN counter",
            [
                ("0020000100", "6984"),
                ("002C0001", "63CA"),
                ("00280001 08 31323334FFFFFFFF", "9000"),
                ("00200001", "63C3"),
                ("00200001 08 39393939FFFFFFFF", "63C2"),
                ("00200001 08 39393939FFFFFFFF", "63C1"),
                ("00200001 08 39393939FFFFFFFF", "63C0"),
                ("00200001 08 31323334FFFFFFFF", "6983"),
                ("002C0001 10 3132333435363738 35353535FFFFFFFF", "9000"),
                ("00200001 08 35353535FFFFFFFF", "9000"),
                ("00200005 08 35353535FFFFFFFF", "6A88"),
                ("00200001 04 35353535", "6700"),
            ]),
        Dialogue(
            "UPDATE needs its condition",
            [
                ("00A4000C022FE2", "9000"), ("00D60000 01 00", "6982"),
                ("0020000A 08 3838383838383838", "9000"), ("00D60000 01 11", "9000"), ("00B0000002", "11889000"),
                ("00D60009 02 0000", "6700"),
            ]),
        Dialogue(
            "cyclic file and search",
            [
                ("00A4080C 04 7F10 6F44", "9000"),
                ("00DC0003 1C " + String(repeating: "AB", count: 28), "9000"),
                ("00B201041C", String(repeating: "AB", count: 28) + "9000"),
                ("00A20104 02 ABAB", "6101"), ("00C0000001", "019000"),
                ("00A20104 02 CDCD", "6282"),
            ]),
        Dialogue(
            "logical channels",
            [
                ("0070000001", "019000"), ("01A4000C022FE2", "9000"), ("01B0000001", "989000"),
                ("00B0000001", "6986"), ("00708001", "9000"), ("01B0000001", "6881"), ("00708000", "6A86"),
            ]),
        Dialogue(
            "security domain",
            [
                (securityDomain, "9000"), ("80CA004200", "6C05"), ("80CA004205", "420300101F9000"),
                ("80CA006600", "6C33"), ("80CA123400", "6A88"), ("80500000 08 0102030405060708", "611C"),
                ("84820000 10 00000000000000000000000000000000", "6300"),
                ("84820000 10 00000000000000000000000000000000", "6985"),
                ("80F28002 02 4F00", "6115"),
            ]),
        Dialogue(
            "authentication",
            [
                (
                    "00880081 22 10" + String(repeating: "11", count: 16) + "10" + String(repeating: "00", count: 16),
                    "6985"
                ),
                (usim, "6136"),
                (
                    "00880081 22 10" + String(repeating: "11", count: 16) + "10" + String(repeating: "00", count: 16),
                    "9862"
                ),
                (
                    "00880081 22 10" + String(repeating: "11", count: 16) + "10" + String(repeating: "22", count: 16),
                    "6135"
                ),
            ]),
        Dialogue(
            "refusals",
            [
                ("00A4", "6700"), ("", "6700"), ("00A4000C052FE2", "6700"), ("B0A4000C022FE2", "6E00"),
                ("0CA4000C022FE2", "6882"), ("10A4000C022FE2", "6884"), ("00FF0000", "6D00"),
                ("00C0000010", "6985"), ("03A4000C022FE2", "6881"), ("00A4050C022FE2", "6A86"),
            ]),
        Dialogue(
            "proactive session of the standard card",
            [
                ("80100000 02 FFFF", "9000"), ("8012000000", "6985"),
                ("80C20000 08 D106820283810600", "911E"),
                ("8012000010", "6C1E"),
                ("801200001E", "D01C810301400182028182350103390205783C030201BB3E05217F0000019000"),
                ("80C20000 08 D106820283810600", "9300"),
                ("80140000 0D 810301400182028281830100380281", "6700"),
                ("80140000 10 81030140018202828183010038028100", "9112"),
                ("8012000012", "D010810302430182028121B60568656C6C6F9000"),
                ("80140000 0F 810302430182028281830100 3701FF", "910E"),
                ("801200000E", "D00C810303420082028121B701C89000"),
                ("80140000 12 810303420082028281830100 3601AA 370105", "910E"),
                ("801200000E", "D00C810304420082028121B701C89000"),
                ("80140000 12 810304420082028281830100 3601AA 370100", "910B"),
                ("801200000B", "D0098103054100820281219000"),
                ("80140000 0C 810305410082028281830100", "9000"),
            ]),
        Dialogue(
            "a refused OPEN CHANNEL ends the session",
            [
                ("80C20000 08 D106820283810600", "911E"),
                ("801200001E", "D01C810301400182028182350103390205783C030201BB3E05217F0000019000"),
                ("80140000 0D 81030140018202828183023A01", "9000"),
            ]),
    ]

    @Test(arguments: dialogues) func answers(_ dialogue: Dialogue) {
        var card = VirtualCard()
        #expect(card.answers(dialogue.exchanges.map(\.command)) == dialogue.exchanges.map(\.answer))
    }

    @Test func aResetForgetsChannelsAndPINsAndKeepsCounters() {
        var card = VirtualCard()
        _ = card.answers(["00280001 08 31323334FFFFFFFF", "00200001 08 00000000FFFFFFFF", "0070000001"])
        card.reset()
        #expect(card.answers(["00200001", "01A4000C022FE2"]) == ["63C2", "6881"])
    }

    @Test func aT1CardAnswersWhole() throws {
        var card = VirtualCard(script: try CardScriptReader.read(text: "protocol: t1", file: "t1"))
        #expect(card.answers(["00A4000C022FE2", "00B0000000"]) == ["9000", "988812010000000000F39000"])
        let application = card.answer("00A40404 07 A0000000871002 00")
        #expect(application.hasPrefix("6234") && application.hasSuffix("9000"))
    }

    @Test func anotherSlotHasAnotherIdentity() {
        let next = CardIdentity().next(1)
        #expect(next.iccid == "8988211000000000011" && next.imsi == "001010000000002")
    }

    @Test func anyBytesGetAnAnswer() {
        var generator = SeededGenerator(seed: 1)
        var card = VirtualCard()
        for round in 0..<randomRounds {
            var command = generator.bytes(0...300)
            // half of them get past the class byte
            if round.isMultiple(of: 2), command.count > 1 {
                command[0] = [0x00, 0x80, 0x01, 0xA0, 0x84].randomElement(using: &generator) ?? 0
                command[1] =
                    [0xA4, 0xB0, 0xB2, 0xA2, 0xC0, 0x12, 0x14, 0xC2, 0x20, 0x70, 0xF2, 0xDC, 0xD6, 0xCA, 0x88]
                    .randomElement(using: &generator) ?? 0
                if command.count > 4 { command[4] = UInt8(clamping: command.count - 5) }
            }
            #expect(card.process(command).response.count >= 2)
            if round.isMultiple(of: 1000) { card.reset() }
        }
    }
}
