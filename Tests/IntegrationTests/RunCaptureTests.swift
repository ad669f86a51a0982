import Capture
import Foundation
import TestSupport
import Testing

/// `run --capture`: tshark reads the file, its bytes are the card's, and what is secret is not in it.
@Suite(.serialized) struct RunCaptureTests {
    /// A run of a program on a bench of its own, and the file that it left.
    struct Captured {
        var run: BenchRun
        var shark: TShark
        var exchanges: [CapturedExchange]
        var bytes: Data

        init(
            _ program: [String], script: String? = nil, options: [String] = [], environment: [String: String] = [:]
        ) throws {
            let folder = try TemporaryFolder()
            let path = folder.file("capture.pcapng")
            run = try BenchRun(
                program, script: script, options: ["--capture", path] + options,
                environment: ["XDG_STATE_HOME": folder.file("state")].merging(environment) { $1 })
            shark = try TShark(path)
            bytes = try Data(contentsOf: URL(filePath: path))
            var reader = try CaptureReader([UInt8](bytes))
            exchanges = try CapturedExchange.all(in: &reader)
        }
    }

    private static let scripted = [
        "opensc-tool", "-s", "00A4000C023F00", "-s", "00B0820000", "-s", "80F2000000", "-s",
        "0020000108313233343536FFFF",
    ]

    static let programs: [(program: [String], script: String)] = [
        (["opensc-tool", "--atr", "--name"], ""), (scripted, ""), (["scriptor", Files.client("commands.txt")], ""),
        ([Files.python, Files.client("select_loop.py"), "50"], ""),
        ([Files.python, Files.client("select_loop.py"), "20"], "protocol: t1\n"),
        (["java", Files.client("Card.java")], ""),
        (["sh", "-c", "for i in 1 2; do yes '00 A4 00 0C 02 2F E2' | head -n 200 | scriptor & done; wait"], ""),
    ]

    @Test(arguments: programs.indices)
    func tsharkHasWhatTheCardHad(index: Int) throws {
        let (program, script) = Self.programs[index]
        let captured = try Captured(program, script: script.isEmpty ? nil : script)
        let card = captured.run.cardLog.exchanges.map { String($0.split(separator: " -> ")[0].prefix(8)) }
        #expect(captured.shark.faults == "")
        let real = captured.shark.packets.filter { !$0.isSynthetic }
        #expect(real.count == card.count && !card.isEmpty)
        #expect(captured.exchanges.map { hex($0.command.prefix(4)) }.sorted() == card.sorted())
        #expect(real.allSatisfy { $0.interface == "Virtual PCD 00 00" })
        captured.run.expectEqualToOracles()
    }

    /// Two programs by turns: in the file as at the card, though their rings are read one after the other.
    @Test func programsAreInTheCardsOrder() throws {
        let loop = "for file in E2 00; do yes \"00 A4 00 0C 02 2F $file\" | head -n 60 | scriptor & done; wait"
        let captured = try Captured(["sh", "-c", loop], script: "delay: 5\n")
        let card = captured.run.cardLog.lines.map(\.command)
        let file = captured.exchanges.map { hex($0.command) }
        #expect(file.count == card.count && file.sorted() == card.sorted())
        // One that is held up between its answer and its clock changes places with the next.
        let changed = zip(file, card).filter { $0 != $1 }.count
        #expect(changed <= card.count / 10, "\(changed) of \(card.count)")
        let turns = zip(card, card.dropFirst()).filter { $0 != $1 }.count
        #expect(turns > 40)
    }

    /// Byte for byte where nothing was cut, and by length everywhere.
    @Test(arguments: programs.indices.dropLast())
    func theBytesAreTheCards(index: Int) throws {
        let (program, script) = Self.programs[index]
        let captured = try Captured(
            program, script: script.isEmpty ? nil : script, options: ["--capture-files", "--show-identity"])
        let card = captured.run.cardLog.lines
        #expect(captured.exchanges.count == card.count)
        var whole = 0
        for (exchange, line) in zip(captured.exchanges, card) {
            #expect(exchange.command.count * 2 == line.command.count)
            #expect(exchange.response.count * 2 == line.response.count)
            guard exchange.note?.cutBytes == 0 else { continue }
            whole += 1
            #expect(hex(exchange.command) == line.command)
            #expect(hex(exchange.response) == line.response)
        }
        #expect(whole * 4 >= card.count * 3, "\(whole) of \(card.count)")
    }

    @Test func tsharkNamesTheCommands() throws {
        let captured = try Captured(["scriptor", Files.client("commands.txt")])
        let names = captured.shark.packets.map(\.info)
        let expected = [
            "ISO/IEC 7816-4 SELECT File MF", "ISO/IEC 7816-4 SELECT File EF.ICCID",
            "ISO/IEC 7816-4 READ BINARY Offset=0",
            "ISO/IEC 7816-4 SELECT File EF.DIR", "ISO/IEC 7816-4 READ RECORD RecordNr=1",
            "ISO/IEC 7816-4 SELECT File 1234", "ETSI TS 102.221 STATUS", "ISO/IEC 7816-4 ff",
        ]
        #expect(zip(names, expected).allSatisfy { $0.hasPrefix($1) } && names.count == expected.count, "\(names)")
        let own = captured.exchanges.compactMap { $0.note?.name }
        #expect(
            own == ["SELECT", "SELECT", "READ BINARY", "SELECT", "READ RECORD", "SELECT", "STATUS", "OTHER"])
        #expect(
            captured.exchanges.allSatisfy { $0.note?.program == "perl" && $0.note?.durationNanoseconds ?? 0 > 0 })
    }

    /// A command with data both ways has its response in a packet of its own, which is not counted.
    @Test func bothWays() throws {
        let captured = try Captured(
            [Files.python, Files.client("select_loop.py"), "3"], script: "protocol: t1\n",
            environment: ["SELECT": "00A40004022FE200"])
        let synthetic = captured.shark.packets.filter(\.isSynthetic)
        #expect(synthetic.count == 3)
        #expect(synthetic.allSatisfy { $0.info == "ISO/IEC 7816-4 GET RESPONSE" })
        #expect(captured.run.card.commands == captured.shark.packets.count - 3)
    }

    /// Zeros in the place of values break no dissector.
    @Test func aSessionOfTheToolkit() throws {
        let script = try String(contentsOfFile: "\(Files.package)/examples/cards/ota-session.yaml", encoding: .utf8)
        let captured = try Captured([Files.python, Files.client("toolkit.py")], script: script)
        #expect(captured.run.command.output == "40\n43\n42\n41\n", "\(captured.run.command.errors)")
        #expect(captured.shark.faults == "")
        let names = captured.shark.packets.map { $0.info.replacing("ETSI TS 102.221 ", with: "") }
        #expect(
            names == [
                "TERMINAL PROFILE", "ENVELOPE GSM/3GPP/3GPP2 - SMS-PP Download",
                "FETCH Proactive Command OPEN CHANNEL", "TERMINAL RESPONSE OPEN CHANNEL",
                "FETCH Proactive Command SEND DATA", "TERMINAL RESPONSE SEND DATA",
                "FETCH Proactive Command RECEIVE DATA", "TERMINAL RESPONSE RECEIVE DATA",
                "FETCH Proactive Command CLOSE CHANNEL", "TERMINAL RESPONSE CLOSE CHANNEL",
            ])
        #expect(captured.bytes.range(of: Data("hello".utf8)) == nil)
        #expect(captured.run.cardLog.exchanges.contains { $0.contains(hex(Array("hello".utf8))) })
    }

    /// Longer than a record of the ring, extended, or of no case: all of them are there, and say what is missing.
    @Test func oddCommands() throws {
        let commands = ["00A404000007D0" + String(repeating: "41", count: 2_000), "00440000", "00B00000000000"]
        let script = """
            import sys
            from smartcard.System import readers
            connection = readers()[0].createConnection()
            connection.connect()
            for command in sys.argv[1:]:
                connection.transmit(list(bytes.fromhex(command)))
            """
        let captured = try Captured([Files.python, "-c", script] + commands)
        #expect(captured.shark.faults == "")
        #expect(captured.exchanges.map { $0.command.count * 2 } == commands.map(\.count))
        #expect(captured.exchanges.map { $0.note?.cutBytes } == [2_007 - 1_024, 0, 2])
        #expect(hex(captured.exchanges[0].command.prefix(1_024)) == commands[0].prefix(2_048))
        #expect(hex(captured.exchanges[1].command) == commands[1])
    }

    @Test func aCardThatIsPulled() throws {
        let script = try String(contentsOfFile: "\(Files.package)/examples/cards/pulled-card.yaml", encoding: .utf8)
        let captured = try Captured([Files.python, Files.client("select_loop.py"), "5"], script: script)
        #expect(captured.shark.faults == "")
        #expect(captured.exchanges.count == captured.run.cardLog.lines.count)
        let last = try #require(captured.exchanges.last)
        #expect(last.response.isEmpty && last.note?.hasNoStatusWord == true)
        #expect(captured.run.cardLog.lines.last?.response == "removed")
    }

    /// What Wireshark's own program makes of the file is read back: pcap of both resolutions, pcapng.
    @Test(arguments: ["pcap", "nsecpcap", "pcapng"])
    func otherFormats(format: String) throws {
        let folder = try TemporaryFolder()
        _ = try BenchRun(
            ["scriptor", Files.client("commands.txt")], options: ["--capture", folder.file("ours.pcapng")])
        let edited = try Command.run(["editcap", "-F", format, folder.file("ours.pcapng"), folder.file("theirs")])
        #expect(edited.ending == .exited(0), "\(edited.errors)")
        let both = try ["ours.pcapng", "theirs"].map { name in
            var reader = try CaptureReader([UInt8](try Data(contentsOf: URL(filePath: folder.file(name)))))
            return try CapturedExchange.all(in: &reader)
        }
        #expect(both[0].count == 8 && both[1].count == 8)
        let unit: UInt64 = format == "pcap" ? 1_000 : 1
        #expect(both[1].map(\.nanoseconds) == both[0].map { $0.nanoseconds / unit * unit })
        #expect(both[1].map { $0.command.prefix(4) } == both[0].map { $0.command.prefix(4) })
        #expect(both[1].map(\.response) == both[0].map(\.response))
    }

    @Test func capinfosCountsTheReaders() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("c.pcapng")
        let run = try BenchRun(["opensc-tool", "--name"], options: ["--capture", path])
        let information = try Command.run(["capinfos", path]).output
        #expect(information.contains("Number of packets = \(run.card.commands)"))
        #expect(information.contains("Name = Virtual PCD 00 00") && information.contains("nanoseconds (9)"))
        #expect(information.contains("cardlink-probe"))
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }
}

/// What tshark says of a file.
struct TShark {
    struct Packet {
        var info: String
        var interface: String
        var comment: String
        var isSynthetic: Bool { comment == ExchangeNote.synthetic }
    }

    var packets: [Packet]
    /// Packets that a dissector could not read, or found fault with.
    var faults: String

    init(_ path: String) throws {
        let fields = ["_ws.col.Info", "frame.interface_name", "frame.comment"]
        let read = try Command.run(["tshark", "-r", path, "-T", "fields"] + fields.flatMap { ["-e", $0] })
        guard read.ending == .exited(0) else { throw TestFailure(read.errors) }
        packets = read.output.split(separator: "\n").map { line in
            let values = line.split(separator: "\t", omittingEmptySubsequences: false).map {
                $0.trimmingCharacters(in: .whitespaces)
            }
            return Packet(
                info: values[0], interface: values.count > 1 ? values[1] : "",
                comment: values.count > 2 ? values[2] : "")
        }
        // Comments are told as expert information below a note.
        faults = try Command.run(
            ["tshark", "-r", path, "-Y", "_ws.malformed || _ws.expert.severity >= 0x400000 || !gsm_sim"]
        ).output
    }
}

func hex(_ bytes: some Collection<UInt8>) -> String {
    bytes.map { String($0 >> 4, radix: 16, uppercase: true) + String($0 & 15, radix: 16, uppercase: true) }.joined()
}
