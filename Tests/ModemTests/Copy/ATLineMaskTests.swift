import ProbeEvents
import SmartCard
import TestSupport
import Testing

@testable import Modem

/// Lines as a capture has them: what stays, what is cut, and that no more is shown than that.
@Suite struct ATLineMaskTests {
    private static func text(_ masked: ATLineMask.Masked) -> String { String(decoding: masked.line, as: UTF8.self) }

    @Test(arguments: [
        ("AT", "AT"), ("ATE0V1", "ATE0V1"), ("AT&F", "AT&F"), ("ATI", "ATI"), ("at+csq", "at+csq"),
        ("AT+CREG=2", "AT+CREG=2"), ("AT+COPS=?", "AT+COPS=?"), ("AT+CPIN?", "AT+CPIN?"),
        ("AT+CMEE=2;+CFUN=1", "AT+CMEE=2;+CFUN=1"), ("AT+CCHO=\"A0000000871002\"", "AT+CCHO=\"A0000000871002\""),
        ("AT+CMGS=23", "AT+CMGS=23"), ("AT+CNMI=2,1,0,0,0", "AT+CNMI=2,1,0,0,0"),
        // Secrets, numbers, texts, and what no table knows.
        ("AT+CPIN=\"1234\"", "AT+CPIN=******"), ("AT+CPIN=1234", "AT+CPIN=****"),
        ("AT+CPIN=\"12345678\",\"1234\"", "AT+CPIN=*****************"),
        ("AT+CMEE=2;+CPIN=1234", "AT+CMEE=2;+CPIN=****"), ("AT+CLCK=\"SC\",1,\"1234\"", "AT+CLCK=*************"),
        ("AT+CPWD=\"SC\",\"1234\",\"4321\"", "AT+CPWD=******************"), ("ATD+491701234567;", "AT**************;"),
        ("ATD123", "AT****"), ("AT+CMGS=\"+491701234567\"", "AT+CMGS=\"*************\""),
        ("AT+CGDCONT=1,\"IP\",\"internet\"", "AT+CGDCONT=1,\"**\",\"********\""),
        ("AT+XKEY=1,2", "AT+XKEY=***"), ("AT^XY=\"a;b\"", "AT^XY=*****"), ("ATS0=1234", "AT*******"),
        ("my PIN is 1234", "**************"), ("AT the PIN is 1234", "AT****************"), ("1234", "****"),
        ("AT+C5GREG?", "AT+C5GREG?"), ("AT+PIN1234", "AT********"),
    ])
    func sent(line: String, shown: String) {
        var mask = ATLineMask(level: .captureFiles)
        let masked = mask.sent(Array(line.utf8))
        #expect(Self.text(masked) == shown)
        #expect(masked.cutCharacters == shown.count { $0 == "*" })
    }

    @Test(arguments: [
        ("OK", "OK"), ("+CME ERROR: 14", "+CME ERROR: 14"), ("RING", "RING"), ("0", "0"),
        ("CONNECT 9600", "CONNECT 9600"),
        ("+CSQ: 20,99", "+CSQ: 20,99"), ("+CPIN: SIM PIN", "+CPIN: SIM PIN"), ("+CMTI: \"SM\",3", "+CMTI: \"SM\",3"),
        ("+COPS: 0,0,\"CardLink Test\",7", "+COPS: 0,0,\"CardLink Test\",7"),
        // Places, people and cards.
        ("+CREG: 2,1,\"1A2B\",\"01234567\",7", "+CREG: 2,1,\"****\",\"********\",7"),
        ("+CNUM: \"\",\"+491701234567\",145", "+CNUM:***********************"),
        ("+CCID: 89490200001234567890", "+CCID:*********************"), ("262011234567890", "***************"),
        ("+CPIN: 1234", "+CPIN:*****"), ("+CUSD: 0,\"credit 12\",15", "+CUSD: 0,\"*********\",15"),
        ("0791947101670000040C91", "**********************"), ("AT+CPIN=\"1234\"", "AT+CPIN=******"),
        ("> hello", "*******"), ("IMEI: 866123456789012", "*********************"),
    ])
    func received(line: String, shown: String) {
        var mask = ATLineMask(level: .captureFiles)
        let masked = mask.received(Array(line.utf8))
        #expect(Self.text(masked) == shown)
        #expect(masked.cutCharacters == shown.count { $0 == "*" })
    }

    /// Bare lines are an answer's, and what it is about says whether they may be shown.
    @Test(arguments: [
        ("AT+CGMI", "Quectel", "Quectel"), ("ATI", "EC25", "EC25"), ("AT+CGMR", "EC25EFAR06A03M4G", "EC25EFAR06A03M4G"),
        ("AT+CIMI", "262011234567890", "***************"), ("AT+CGSN", "Quectel", "*******"),
        ("ATI", "866123456789012", "***************"), ("AT+CGMI", "IMSI 262011234567890", "********************"),
    ])
    func bareLines(question: String, line: String, shown: String) {
        var mask = ATLineMask(level: .capture)
        _ = mask.sent(Array(question.utf8))
        #expect(Self.text(mask.received(Array(line.utf8))) == shown)
    }

    /// Commands to the card are cut as they are in every other output; the digits of what is cut are zeros.
    @Test(arguments: [
        ("AT+CSIM=14,\"00A40004023F00\"", "+CSIM: 4,\"611A\"", "AT+CSIM=14,\"00A40004023F00\"", "+CSIM: 4,\"611A\""),
        (
            "AT+CSIM=26,\"002000010831323334FFFFFFFF\"", "+CSIM: 4,\"9000\"",
            "AT+CSIM=26,\"00200001080000000000000000\"", "+CSIM: 4,\"9000\""
        ),
        (
            "AT+CSIM=10,\"00B0000009\"", "+CSIM: 22,\"0829430198765432109000\"",
            "AT+CSIM=10,\"00B0000009\"", "+CSIM: 22,\"0000000000000000009000\""
        ),
        (
            "AT+CGLA=1,26,\"002000010831323334FFFFFFFF\"", "+CGLA: 4,\"9000\"",
            "AT+CGLA=1,26,\"00200001080000000000000000\"", "+CGLA: 4,\"9000\""
        ),
        (
            "AT+CRSM=176,28423,0,0,9", "+CRSM: 144,0,\"082943019876543210\"", "AT+CRSM=176,28423,0,0,9",
            "+CRSM: 144,0,\"000000000000000000\""
        ),
        (
            "AT+CRSM=214,28589,0,0,4,\"31323334\"", "+CRSM: 144,0,\"\"", "AT+CRSM=214,28589,0,0,4,\"00000000\"",
            "+CRSM: 144,0,\"\""
        ),
    ])
    func commandsToTheCard(command: String, answer: String, shown: String, shownAnswer: String) {
        var mask = ATLineMask(level: .captureFiles)
        #expect(Self.text(mask.sent(Array(command.utf8))) == shown)
        #expect(Self.text(mask.received(Array(answer.utf8))) == shownAnswer)
    }

    /// How much is cut does not tell what it was.
    @Test func theCountIsThatOfPlaces() {
        var mask = ATLineMask(level: .capture)
        let pins = ["31323334FFFFFFFF", "0000000000000000", "3030303030303030"]
        let counts = pins.map { mask.sent(Array("AT+CSIM=26,\"0020000108\($0)\"".utf8)).cutCharacters }
        #expect(Set(counts) == [16])
    }

    /// What the toolkit says is told beside the line, with its values cut in both.
    @Test func theToolkit() throws {
        let command = try toolkit("E1 OPEN CHANNEL")
        var mask = ATLineMask(level: .capture)
        let digits = HexBytes(command).description
        let masked = mask.received(Array("+CUSATP: \"\(digits)\"".utf8))
        let words = try #require(masked.toolkit)
        let kept = Redaction.kept(command: [0x80, 0x12, 0, 0, 0], response: command + [0x90, 0])
        #expect(words.kind == .command && words.bytes == Array(kept.response.dropLast(2)))
        #expect(words.cutBytes == kept.cutBytes)
        #expect(Self.text(masked) == "+CUSATP: \"\(HexBytes(words.bytes))\"")
        #expect(masked.cutCharacters == 2 * kept.cutBytes)
    }

    /// Whatever stands in a line, it keeps its length, and a seeded secret is never in it.
    @Test func noSecretGoesThrough() {
        var random = SeededGenerator(seed: 11)
        let secret = "8273645190"
        let heads = [
            "AT+CPIN=", "AT+CSIM=26,\"0020000108", "AT+CMGS=\"", "ATD", "AT", "", "+CNUM: ", "+CUSATP: \"D0",
            "AT+CUSATT=\"81",
            "AT+CRSM=214,28589,0,0,4,\"", "+CRSM: 144,0,\"", "AT+COPS=1;+CPIN=", "AT+CGDCONT=1,", "+CREG: 1,\"", "> ",
            "AT+CLCK=\"SC\",1,", "^SSTK: ", "+STKPCI: 0,\"",
        ]
        for _ in 0..<randomRounds {
            var mask = ATLineMask(level: .captureFiles)
            let noise = random.bytes(0...12).map { $0 & 0x7F }.filter { $0 >= 0x20 }
            let line =
                Array((heads.randomElement(using: &random) ?? "").utf8) + (Bool.random(using: &random) ? noise : [])
                + Array(secret.utf8) + (Bool.random(using: &random) ? Array("\"".utf8) : noise)
            for masked in [mask.sent(line), mask.received(line)] {
                #expect(masked.line.count == line.count)
                #expect(!Self.text(masked).contains(secret), "\(String(decoding: line, as: UTF8.self))")
            }
        }
    }
}
