import CardReader
import ProbeEvents
import SmartCard
import Testing

@testable import CardReader

struct CardCommandTests {
    @Test(
        arguments: [
            ([], 0, "00CB3FFF"),
            ([], 1, "00CB3FFF01"),
            ([], 256, "00CB3FFF00"),
            ([], 257, "00CB3FFF000101"),
            ([], 65_536, "00CB3FFF000000"),
            ([0x5C, 0x00], 0, "00CB3FFF025C00"),
            ([0x5C, 0x00], 256, "00CB3FFF025C0000"),
            ([0x5C, 0x00], 300, "00CB3FFF0000025C00012C"),
        ] as [([UInt8], Int, String)])
    func encodes(data: [UInt8], expecting: Int, bytes: String) throws {
        let command = try CardCommand(cla: 0, ins: 0xCB, p1: 0x3F, p2: 0xFF, data: data, expecting: expecting)
        #expect(HexBytes(command.bytes).description == bytes)
        let read = CommandAPDU(command.bytes)
        #expect(!read.isMalformed && read.lc == data.count && read.ne == expecting)
    }

    @Test(arguments: [(255, 256, CommandAPDU.Form.case4S), (256, 0, .case3E), (65_535, 65_536, .case4E)])
    func takesTheShortFormWhereItIsEnough(data: Int, expecting: Int, form: CommandAPDU.Form) throws {
        let bytes = [UInt8](repeating: 1, count: data)
        let command = try CardCommand(cla: 0, ins: 0xD6, p1: 0, p2: 0, data: bytes, expecting: expecting)
        #expect(CommandAPDU(command.bytes).form == form)
    }

    @Test(arguments: [(65_536, 0), (0, 65_537), (0, -1)])
    func refusesWhatNoCommandCanHave(data: Int, expecting: Int) {
        #expect(throws: CardReaderError.commandTooLong(dataBytes: data, expectedBytes: expecting)) {
            try CardCommand(
                cla: 0, ins: 0xD6, p1: 0, p2: 0, data: [UInt8](repeating: 1, count: data), expecting: expecting)
        }
    }
}

/// What is sent for a command, and for each answer that asks for more.
struct FollowedCommandTests {
    struct Row: Sendable {
        var sessionProtocol = SessionProtocol.t0
        /// The command, then for each exchange what is sent and what comes back.
        var command: String
        var exchanges: [(sent: String, answer: String)]
        var data: String
    }

    static let rows = [
        // Nothing asked for.
        Row(command: "00A4000C023F00", exchanges: [("00A4000C023F00", "9000")], data: ""),
        // Le is not sent over T=0; the data come in two pieces.
        Row(
            command: "00A40004023F0000",
            exchanges: [("00A40004023F00", "6104"), ("00C0000004", "620261016102"), ("00C0000002", "83009000")],
            data: "620261018300"),
        // T=1 sends it, and may say 61XX too.
        Row(
            sessionProtocol: .t1, command: "00A40004023F0000",
            exchanges: [("00A40004023F0000", "6102"), ("00C0000002", "62009000")], data: "6200"),
        // The right length, once.
        Row(command: "00B0000000", exchanges: [("00B0000000", "6C02"), ("00B0000002", "98109000")], data: "9810"),
        Row(command: "00B0000000", exchanges: [("00B0000000", "6C02"), ("00B0000002", "6C02")], data: ""),
        Row(command: "00B00000", exchanges: [("00B00000", "6C01"), ("00B0000001", "989000")], data: "98"),
        Row(command: "00B0000000", exchanges: [("00B0000000", "6C00")], data: ""),
        // GSM.
        Row(command: "A0A40000023F00", exchanges: [("A0A40000023F00", "9F01"), ("A0C0000001", "009000")], data: "00"),
        Row(command: "00A40000023F00", exchanges: [("00A40000023F00", "9F01")], data: ""),
        // Data behind a warning: TS 102 221, 7.3.1.1.4.
        Row(
            command: "00A40400023F0000",
            exchanges: [("00A40400023F00", "6283"), ("00C0000000", "6C01"), ("00C0000001", "6F9000")], data: "6F"),
        Row(command: "0020000108FFFFFFFFFFFFFFFF", exchanges: [("0020000108FFFFFFFFFFFFFFFF", "63C2")], data: ""),
        Row(command: "80F24000024F0000", exchanges: [("80F24000024F00", "6310")], data: ""),
        // The class tells the logical channel.
        Row(
            command: "01A40004023F0000", exchanges: [("01A40004023F00", "6101"), ("01C0000001", "629000")], data: "62"),
        // No command at all.
        Row(command: "00", exchanges: [("00", "6700")], data: ""),
    ]

    @Test(arguments: rows.indices)
    func follows(index: Int) throws {
        let row = Self.rows[index]
        var chain = FollowedCommand(try bytes(row.command), over: row.sessionProtocol)
        for exchange in row.exchanges {
            #expect(chain.next.map { HexBytes($0).description } == exchange.sent)
            chain.receive(try answer(exchange.answer))
        }
        #expect(chain.next == nil)
        #expect(HexBytes(chain.response.data).description == row.data)
        #expect(
            chain.response.statusWord.description == String(row.exchanges[row.exchanges.count - 1].answer.suffix(4)))
        #expect(chain.response.exchanges == row.exchanges.count)
    }

    @Test func aCardThatGoesOnAndOnIsStopped() throws {
        var chain = FollowedCommand([0x00, 0xB0, 0x00, 0x00, 0x00], over: .t0)
        var sent = 0
        while chain.next != nil {
            chain.receive(try answer("006101"))
            sent += 1
        }
        #expect(sent == FollowedCommand.mostExchanges)
        #expect(chain.response.statusWord.description == "6101")
    }

    private func bytes(_ hex: String) throws -> [UInt8] { try #require(HexBytes(hex: hex)).bytes }

    private func answer(_ hex: String) throws -> CardResponse {
        let bytes = try bytes(hex)
        let word = try #require(ResponseAPDU(bytes).statusWord)
        return CardResponse(data: bytes.dropLast(2), statusWord: word, cla: 0, exchanges: 1)
    }
}
