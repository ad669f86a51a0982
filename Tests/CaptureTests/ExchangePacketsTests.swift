import Capture
import ProbeEvents
import Testing

/// How exchanges become packets, and come back out of them.
@Suite struct ExchangePacketsTests {
    struct Row: CustomTestStringConvertible, Sendable {
        var what: String
        var command: String
        var response: String
        var payload: String
        var synthetic: String?
        /// What the note has beside name, lengths, times and client.
        var more: String = ""
        var result: UInt32 = 0
        var testDescription: String { what }
    }

    static let rows = [
        Row(what: "case 1", command: "00440000", response: "9000", payload: "0044000000 9000", more: "sent as nothing"),
        Row(what: "case 1 as a TPDU", command: "0044000000", response: "9000", payload: "0044000000 9000"),
        Row(what: "case 2", command: "00B0000002", response: "AABB9000", payload: "00B0000002 AABB 9000"),
        Row(
            what: "case 2, Le 00", command: "00B0000000", response: "AABB9000", payload: "00B0000002 AABB 9000",
            more: "sent as 00"),
        Row(
            what: "case 2 refused", command: "00B0000009", response: "6A82", payload: "00B0000000 6A82",
            more: "sent as 09"),
        Row(
            what: "case 2 extended", command: "00B00000000100", response: "AA9000", payload: "00B0000001 AA 9000",
            more: "sent as 000100"),
        Row(what: "case 3", command: "00A4000C023F00", response: "9000", payload: "00A4000C02 3F00 9000"),
        Row(
            what: "case 3 extended", command: "00D600000000021122", response: "9000", payload: "00D6000002 1122 9000",
            more: "sent as 000002"),
        Row(
            what: "case 4 refused", command: "00A40004023F0000", response: "6A82", payload: "00A4000402 3F00 6A82",
            more: "Le 00"),
        Row(what: "case 4 over T=0", command: "00A40004023F00", response: "6110", payload: "00A4000402 3F00 6110"),
        Row(
            what: "case 4", command: "00A40004023F0000", response: "62009000", payload: "00A4000402 3F00 6102",
            synthetic: "00C0000002 6200 9000", more: "Le 00; response in the next packet"),
        Row(
            what: "case 4 with a warning", command: "40A2010402112200", response: "056282",
            payload: "40A2010402 1122 6101", synthetic: "40C0000001 05 6282",
            more: "Le 00; response in the next packet"),
        Row(
            what: "case 4 extended", command: "00CB3FFF0000035C013E0000", response: "53009000",
            payload: "00CB3FFF03 5C013E 6102", synthetic: "00C0000002 5300 9000",
            more: "sent as 000003; Le 0000; response in the next packet"),
        Row(
            what: "a transmission that failed", command: "00B0000009", response: "", payload: "00B0000000 0000",
            more: "sent as 09; PC/SC 80100069 SCARD_W_REMOVED_CARD; no status word", result: 0x8010_0069),
        Row(
            what: "a response that is none", command: "00A4000C023F00", response: "90",
            payload: "00A4000C02 3F00 0000", more: "no status word"),
        Row(
            what: "too short for a command", command: "00A4", response: "6700", payload: "00A4000000 6700",
            more: "sent as nothing"),
        Row(what: "nothing", command: "", response: "6700", payload: "0000000000 6700", more: "sent as nothing"),
        Row(
            what: "lengths that contradict one another", command: "00D6000008112233", response: "6700",
            payload: "00D6000003 112233 6700", more: "sent as 08"),
    ]

    @Test(arguments: rows)
    func asT0WouldHaveIt(row: Row) {
        let packets = ExchangePackets(exchange(row.command, row.response, result: row.result), cutBytes: 0)
        #expect(hex(packets.payload) == row.payload.filter { $0 != " " })
        #expect(packets.synthetic.map { hex($0) } == row.synthetic?.filter { $0 != " " })
        let parts = packets.note.text.split(separator: "; ")
        #expect(parts.dropFirst(5).joined(separator: "; ") == row.more)
        #expect(
            parts[1...4].joined(separator: "; ")
                == "\(row.command.count / 2) bytes sent, \(row.response.count / 2) received; "
                + "1.234567 ms; waited 0.001000 ms; scriptor[4711]")
    }

    @Test func comeBackAsTheyWere() throws {
        let exchanges = Self.rows.map { exchange($0.command, $0.response, reader: $0.what, result: $0.result) }
        var reader = try CaptureReader(capture(exchanges))
        let read = try CapturedExchange.all(in: &reader)
        #expect(read.map(\.reader) == Self.rows.map(\.what))
        #expect(read.map { hex($0.command) } == Self.rows.map(\.command))
        #expect(
            read.map { hex($0.response) } == Self.rows.map { $0.more.contains("no status word") ? "" : $0.response })
        #expect(read.map { $0.note?.resultCode } == Self.rows.map(\.result))
        #expect(read.allSatisfy { $0.nanoseconds == 1_700_000_000_123_456_789 })
        #expect(read.allSatisfy { $0.note?.durationNanoseconds == 1_234_567 && $0.note?.waitNanoseconds == 1_000 })
    }

    @Test func longOnesComeBackWithTheirLength() throws {
        let data = String(repeating: "5A", count: 65_535)
        let long = exchange("00D6000000FFFF\(data)0000", "\(data)9000")
        let packets = ExchangePackets(long, cutBytes: 0)
        #expect(packets.payload.count == GSMTAP.longestPayload && packets.note.leftOutBytes > 0)
        var reader = try CaptureReader(capture([long]))
        let read = try #require(try CapturedExchange.all(in: &reader).first)
        #expect(read.command.count == long.command.bytes.count)
        #expect(read.command.starts(with: long.command.bytes.prefix(65_000)))
    }

    @Test func aNoteComesBack() throws {
        var note = ExchangePackets(exchange("00A40004023F0000", "62009000"), cutBytes: 12, remark: "imsi hashed").note
        note.isWaitExact = false
        note.leftOutBytes = 3
        #expect(ExchangeNote(note.text) == note)
        #expect(note.text.contains("waited at most 0.001000 ms") && note.text.contains("12 bytes cut"))
        #expect(note.text.hasPrefix("SELECT; "))
    }

    @Test(arguments: [
        "", "hello", ExchangeNote.synthetic, "A; x bytes sent, 2 received; 1.000000 ms; waited 0.000000 ms; p[1]",
        "A; 1 bytes sent, 2 received; 1.0 ms; waited 0.000000 ms; p[1]",
        "A; 1 bytes sent, 2 received; 99999999999999.000000 ms; waited 0.000000 ms; p[1]",
        "A; 99999999 bytes sent, 2 received; 1.000000 ms; waited 0.000000 ms; p[1]",
        "A; -1 bytes sent, 2 received; 1.000000 ms; waited 0.000000 ms; p[1]",
        "A; 1 bytes sent, 2 received; 1.000000 ms; waited 0.000000 ms; p",
    ])
    func othersAreNoNotes(text: String) {
        #expect(ExchangeNote(text) == nil)
    }

    /// No more memory than there are bytes, whatever a note in a file says.
    @Test func aNoteThatLies() throws {
        let liar =
            "A; 65548 bytes sent, 2 received; 1.000000 ms; waited 0.000000 ms; p[1]; 9999999999999 bytes left out"
        let file =
            PCAPNG.section(hardware: "", system: "", application: "") + PCAPNG.interface(name: "")
            + PCAPNG.packet(GSMTAP.packet([0, 0x20, 0, 0, 1, 9, 0x90, 0]), interface: 0, nanoseconds: 0, comment: liar)
        var reader = try CaptureReader(file)
        let read = try #require(try CapturedExchange.all(in: &reader).first)
        #expect(hex(read.command) == "002000000109" && hex(read.response) == "9000")
    }

    @Test func aProgramsNameEndsNoPart() {
        var odd = exchange("00A4", "9000")
        odd.client.program = "a; 9 bytes cut\n"
        let note = ExchangePackets(odd, cutBytes: 0).note
        #expect(ExchangeNote(note.text) == note)
        #expect(note.program == "a? 9 bytes cut?")
    }
}
