import ProbeEvents
import Testing

@testable import Modem

/// Commands to the card that are carried by AT commands.
@Suite struct CardCommandTests {
    private static let rows: [(command: String, lines: [String], apdu: String, response: String)] = [
        ("AT+CSIM=10,\"0020000100\"", ["+CSIM: 4,\"63C3\""], "0020000100", "63C3"),
        ("AT+CSIM=14,\"00a40004023f00\"", ["+CREG: 1", "+CSIM: 4,\"6117\""], "00A40004023F00", "6117"),
        ("AT+CSIM=10,0020000100", ["+CSIM: 4,63C3"], "0020000100", "63C3"),
        ("AT+CGLA=1,10,\"81B0000000\"", ["+CGLA: 4,\"6986\""], "81B0000000", "6986"),
        (
            "AT+CRSM=176,12258,0,0,10", ["+CRSM: 144,0,\"988812010000000000F3\""], "00B000000A",
            "988812010000000000F39000"
        ),
        ("AT+CRSM=192,12258", ["+CRSM: 144,0,\"6217\""], "00C0000000", "62179000"),
        ("AT+CRSM=214,28423,0,0,3,\"010203\"", ["+CRSM: 144,0"], "00D6000003010203", "9000"),
        ("AT+CRSM=242", ["+CRSM: 106,130"], "80F2000000", "6A82"),
        ("AT+CRLA=2,178,12258,1,4,10", ["+CRLA: 148,4,\"\""], "00B201040A", "9404"),
    ]

    @Test(arguments: rows)
    func reads(command: String, lines: [String], apdu: String, response: String) throws {
        let card = try #require(CardCommand(Self.answer(command, lines)))
        #expect("\(HexBytes(card.command))" == apdu)
        #expect("\(HexBytes(card.response))" == response)
    }

    @Test(arguments: [
        ("AT+CSIM=3,\"00A\"", ["+CSIM: 4,\"6700\""]), ("AT+CSIM=10,\"0020000100\"", ["+CSIM: 2,\"90\""]),
        ("AT+CSIM=10,\"0020000100\"", []), ("AT+CSIM=?", []), ("AT+CSIM", []), ("AT+CSIM=", ["+CSIM: "]),
        ("AT+CRSM=300,1", ["+CRSM: 144,0"]), ("AT+CRSM=176,1", ["+CRSM: 1440,0"]), ("AT+CSQ", ["+CSQ: 1,2"]),
        ("AT+CPIN=\"1234\"", []),
    ])
    func whatIsNoneIsNone(command: String, lines: [String]) {
        #expect(CardCommand(Self.answer(command, lines)) == nil)
    }

    /// What ended without an answer of the card's is told with the code that says the same, unless the modem's own word
    /// proves that the card did not get it.
    @Test(
        arguments: [
            (FinalResult(.timeout), 0x8010_000A), (FinalResult(.aborted), 0x8010_0002),
            (FinalResult(.portLost), 0x8010_0017),
            (FinalResult(.error), 0x8010_0014), (FinalResult(.cmeError), 0x8010_0014),
            (FinalResult(.cmeError, errorCode: 13), 0x8010_0066), (FinalResult(.cmeError, errorCode: 100), 0x8010_0014),
            (FinalResult(.vendorError), 0x8010_0014), (FinalResult(.cmeError, errorCode: 3), nil),
            (FinalResult(.cmeError, errorCode: 4), nil), (FinalResult(.cmeError, errorCode: 10), nil),
            (FinalResult(.cmeError, errorCode: 11), nil), (FinalResult(.cmeError, errorCode: 14), nil),
            (FinalResult(.cmeError, errorCode: 50), nil),
        ] as [(FinalResult, UInt32?)])
    func failures(final: FinalResult, code: UInt32?) {
        for row in Self.rows {
            var answer = Self.answer(row.command, [])
            answer.final = final
            let card = CardCommand(answer)
            #expect(card?.resultCode == code && card.map { $0.response.isEmpty } ?? true)
            #expect((card.map { "\(HexBytes($0.command))" } ?? row.apdu) == row.apdu)
        }
    }

    /// Some modems take a length in bytes: what the card answered is what counts.
    @Test func aLengthInBytesThatTheModemTakes() throws {
        let card = try #require(CardCommand(Self.answer("AT+CSIM=5,\"0020000100\"", ["+CSIM: 2,\"63C3\""])))
        #expect("\(HexBytes(card.command))" == "0020000100" && "\(HexBytes(card.response))" == "63C3")
    }

    @Test(arguments: ["AT+CSIM=3,\"00A\"", "AT+CSIM=12,\"0020000100\"", "AT+CSIM=?", "AT+CRSM=300,1", "AT+CSQ"])
    func aFaultyCommandReachesNoCard(command: String) {
        var answer = Self.answer(command, [])
        answer.final = FinalResult(.error)
        #expect(CardCommand(answer) == nil)
    }

    private static func answer(_ command: String, _ lines: [String]) -> ATAnswer {
        ATAnswer(command: ATCommand(command), final: FinalResult(.ok), lines: lines.map { Array($0.utf8) })
    }
}
