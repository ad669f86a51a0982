import Capture
import Foundation
import ProbeEvents
import TestSupport
import Testing

/// `serve` with a capture, on a bench where everything happens at once; tshark reads it, and the logs of the card, the
/// modem and the two sides say what should be in it.
@Suite(.serialized) struct CaptureServeTests {
    private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    private static let proactive =
        "D02F8103014003820281820500350702020403051F0239020578470908696E7465726E65743C0302115C3E0521C0000201"
    /// What a tester says to its modem.
    private static let talk = [
        "AT+CGMI", "AT+CPIN=\"8273\"", "AT+CSIM=14,\"00A40004023F00\"",
        "AT+CSIM=26,\"002000010838323733FFFFFFFF\"", "AT+CRSM=176,28423,0,0,9", "AT+CIMI", "AT+CSQ",
        "AT+CUSATT=\"810301400082028281830100\"",
    ]

    private let bench: LiveBench
    private var folder: TemporaryFolder { bench.folder }
    private var file: String { folder.file("bench.pcapng") }

    init() throws { bench = try LiveBench() }

    // MARK: The bench

    private func modem() throws -> RunningCommand {
        let script = try folder.write(
            "messages: [{line: '+CUSATP: \"\(Self.proactive)\"', command: 'AT+CGMI'}]\n", to: "modem.yaml")
        let modem = try RunningCommand(
            [
                Files.probe, "simulate", "modem", "--link", folder.file("modem"), "--log", folder.file("modem.log"),
                "--script", script,
            ])
        guard eventually(within: 20, { modem.errorsSoFar.contains("the modem ") }) else {
            throw TestFailure("the modem did not come: \(modem.errorsSoFar)")
        }
        return modem
    }

    private func startDaemon(_ target: String, _ options: [String]) throws -> String {
        let keys = try AdministrationSides.keys(in: folder)
        try bench.startDaemon(
            options: ["--psk-tls.tap", "ota=127.0.0.1:0/127.0.0.1:\(target)", "--psk-tls.keys", keys] + options,
            environment: ["XDG_STATE_HOME": folder.file("state")])
        let port = bench.daemonErrors.firstMatch(of: /relay ota on 127.0.0.1:([0-9]+)/).map { String($0.1) }
        return try #require(port)
    }

    private func talkToModem() throws {
        let link = folder.file("tester")
        #expect(eventually { access(link, F_OK) == 0 })
        let client = """
            import serial, sys
            port = serial.Serial(sys.argv[1], timeout=5)
            for line in sys.argv[2:]:
                port.write(line.encode() + b"\\r"); heard = b"?"
                while heard and heard.strip() != b"OK" and b"ERROR" not in heard: heard = port.read_until(b"\\n")
            """
        let end = try Command.run([Files.python, "-c", client, link] + Self.talk, within: 60)
        #expect(end.ending == .exited(0), "\(end.errors)")
    }

    /// A test of a runner, in which a program talks to the card.
    private func runATest() throws {
        let runner = """
            import sys; sys.path.insert(0, sys.argv[1]); import cardlink_probe as probe
            sender = probe.Sender("runner", path=sys.argv[2]); run = probe.new_number(); began = probe.Moment()
            parent = "00-\(Self.trace)-00f067aa0ba902b7-01"
            sender.send(probe.test_began(run, "smoke", "test_select", began, traceparent=parent))
            print("begun", flush=True); sys.stdin.readline()
            sender.send(probe.test_ended(run, "smoke", "test_select", "failed", began, traceparent=parent))
            sender.close()
            """
        let running = try RunningCommand(
            [Files.python, "-c", runner, "\(Files.package)/examples/python", "\(bench.sockets)/events.sock"],
            input: .kept)
        #expect(try running.readLine() == "begun")
        #expect(try eventually { try bench.sum("cardlink_tests_running") == 1 })
        #expect(try bench.run(["scriptor", Files.client("commands.txt")]).status == 0)
        try running.say("end")
        #expect(try running.end(within: 10).ending == .exited(0))
    }

    // MARK: What tshark says

    private func shark(
        _ filter: String, _ fields: [String] = ["frame.number"], file: String? = nil
    ) throws -> [[String]] {
        let end = try Command.run(
            ["tshark", "-r", file ?? self.file, "-Y", filter, "-T", "fields"] + fields.flatMap { ["-e", $0] })
        #expect(end.ending == .exited(0), "\(end.errors)")
        return end.output.split(separator: "\n").map {
            $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        }
    }

    /// The dissector for lines knows what headsets say, and warns of other commands.
    private static let faults =
        "_ws.malformed || _ws.expert.severity >= 0x800000 || (_ws.expert.severity >= 0x600000 && !at)"

    @Test func everythingIsInOneFile() throws {
        let sides = try AdministrationSides()
        defer { sides.kill() }
        let modem = try modem()
        defer { modem.kill() }
        let listener = try RunningCommand([Files.python, Files.client("udp_listener.py")])
        defer { listener.kill() }
        let live = try listener.readLine()
        let port = try startDaemon(
            sides.serverPort,
            [
                "--capture.file", file, "--capture.gsmtap", "127.0.0.1:\(live)", "--modem.tap",
                "\(folder.file("tester"))=\(folder.file("modem"))",
            ])
        #expect(try sides.talk(at: port))
        try talkToModem()
        try runATest()
        #expect(try eventually { try bench.sum("cardlink_ota_leg_duration_seconds_count", "to_close") == 1 })
        #expect(try bench.sum("cardlink_export_dropped_total", "capture") == 0)
        #expect(try bench.sum("cardlink_export_dropped_total", "gsmtap") == 0)
        #expect(try bench.get("/health").body.contains(/"capture" : \{[^}]*"status" : "healthy"/))
        #expect(try bench.stopDaemon()?.ending == .exited(0))

        #expect(try shark(Self.faults, ["frame.number", "_ws.col.Info", "frame.comment"]) == [])
        let interfaces = try shark("frame", ["frame.interface_name"]).reduce(into: [:]) { $0[$1[0], default: 0] += 1 }
        // Commands to cards, by the logs of the card, the modem, and of what the two sides exchanged.
        let card = try shark("gsm_sim && udp && frame.interface_name == \"Virtual PCD 00 00\"", ["frame.comment"]).map {
            $0[0]
        }
        #expect(card.count { !$0.hasPrefix("synthetic") } == bench.cardLog.lines.count && card.count > 5)
        #expect(
            card.filter { !$0.hasPrefix("synthetic") }.allSatisfy {
                $0.contains("; test smoke/test_select; trace \(Self.trace)")
            }, "\(card)")
        let exchanges = "gsm_sim && udp && !(frame.comment contains \"synthetic\")"
        #expect(try shark("\(exchanges) && frame.interface_name == \"tester\"").count == 3)
        #expect(try shark("\(exchanges) && frame.interface_name == \"ota\"").count == 4)
        // Lines, by the modem's log.
        let lines = try shark("frame.interface_name == \"tester AT\"", ["_ws.col.Info", "frame.comment"])
        let sent = lines.filter { $0[1].hasPrefix("to the modem") }.map { $0[0] }
        let commands = folder.read("modem.log").split(separator: "\n").count { $0.contains(" command ") }
        #expect(sent.count == commands && commands == Self.talk.count)
        #expect(sent.contains { $0.contains("AT+CPIN=******") } && sent.contains { $0.contains("AT+CSQ") })
        #expect(lines.contains { $0[0].contains("Rcvd AT Command") && $0[0].contains("+CSQ: 20") })
        // The toolkit.
        let toolkit = try shark("frame.interface_name == \"tester toolkit\"", ["_ws.col.Info", "frame.comment"])
        let words = ["FETCH Proactive Command OPEN CHANNEL", "TERMINAL RESPONSE OPEN CHANNEL"]
        #expect(toolkit.count == 2 && zip(toolkit, words).allSatisfy { $0[0].contains($1) }, "\(toolkit)")
        #expect(
            toolkit[0][1].hasPrefix(
                "toolkit: the card wants OPEN CHANNEL; as the lines of its modem tell it, no exchange"))
        // Connections: one with a handshake, and the one with which the sides waited for one another.
        #expect(try shark("tls.handshake.type == 1").count == 1)
        #expect(try shark("tls.record.content_type == 23").count >= 6)
        #expect(try shark("tls.handshake.type == 16", ["frame.comment"]) == [["identity hashed"]])
        let tests = try shark("syslog", ["_ws.col.Info"]).map { $0[0] }
        #expect(tests.count == 2 && tests[0].contains("test smoke/test_select begun; trace \(Self.trace)"))
        #expect(tests.last?.hasPrefix("USER.ERR: test smoke/test_select failed") == true)
        #expect(
            Set(interfaces.keys) == [
                "Virtual PCD 00 00", "tester", "ota", "tester AT", "tester toolkit", "ota TCP", "tests",
            ])

        try theReaderSkipsTheRest(bench.cardLog.lines.count + 3 + 4)
        try cutAnywhereItOpens()
        let sentLive = listener.outputSoFar.split(separator: "\n").dropFirst()
        try theListenerHasTheSame(sentLive.map(String.init))
        try noSecret(in: sentLive.joined())
    }

    /// Out of the file come the exchanges and nothing else.
    private func theReaderSkipsTheRest(_ count: Int) throws {
        var reader = try CaptureReader([UInt8](try Data(contentsOf: URL(filePath: file))))
        let exchanges = try CapturedExchange.all(in: &reader)
        #expect(exchanges.count == count && exchanges.allSatisfy { $0.note != nil })
    }

    private func cutAnywhereItOpens() throws {
        let whole = try Data(contentsOf: URL(filePath: file))
        let packets = try shark("frame").count
        var random = SeededGenerator(seed: 8)
        var counts: [Int] = []
        for length in (0..<8).map({ _ in Int.random(in: 200..<whole.count, using: &random) }).sorted() {
            let path = folder.file("cut.pcapng")
            try whole.prefix(length).write(to: URL(filePath: path))
            let end = try Command.run(["tshark", "-r", path, "-T", "fields", "-e", "frame.number"])
            #expect([.exited(0), .exited(2)].contains(end.ending), "\(end)")
            #expect(end.ending == .exited(0) || end.errors.contains("cut short"), "\(end.errors)")
            counts.append(end.output.split(separator: "\n").count)
        }
        #expect(counts == counts.sorted() && counts.allSatisfy { $0 <= packets } && counts.last ?? 0 > 0, "\(counts)")
    }

    /// Datagrams are the payloads of the file, in its order.
    private func theListenerHasTheSame(_ datagrams: [String]) throws {
        let payloads = try shark("gsm_sim && udp", ["udp.payload"]).map { $0[0].uppercased() }
        #expect(datagrams == payloads)
        let text = folder.file("live.txt")
        let dump = datagrams.map { line in
            let bytes = stride(from: 0, to: line.count, by: 2).map { line.dropFirst($0).prefix(2) }
            return "0000 " + bytes.joined(separator: " ") + "\n"
        }
        try dump.joined(separator: "\n").write(toFile: text, atomically: true, encoding: .utf8)
        let made = try Command.run(["text2pcap", "-q", "-u", "5000,4729", text, folder.file("live.pcap")])
        #expect(made.ending == .exited(0), "\(made.errors)")
        #expect(try shark("gsm_sim", file: folder.file("live.pcap")).count == datagrams.count)
        #expect(try shark(Self.faults, file: folder.file("live.pcap")) == [])
    }

    private func noSecret(in datagrams: String) throws {
        let bytes = try Data(contentsOf: URL(filePath: file))
        let said = folder.read("modem.log")
        let imsi = "001010000000001"
        #expect(said.contains(hex(Array(imsi.utf8))))
        for secret in [
            "8273", "38323733", AdministrationSides.identity, String(AdministrationSides.identity.prefix(12)),
            "89049032", AdministrationSides.key, "313233343536",
            imsi,
        ] {
            #expect(bytes.range(of: Data(secret.utf8)) == nil, "\(secret)")
            #expect(!datagrams.contains(secret.uppercased()), "\(secret)")
            guard let raw = secret.count.isMultiple(of: 2) ? HexBytes(hex: secret)?.bytes : nil, raw.count > 3 else {
                continue
            }
            #expect(bytes.range(of: Data(raw)) == nil, "\(secret)")
        }
        #expect(bytes.range(of: Data([0x38, 0x32, 0x37, 0x33])) == nil)
    }

    /// With identities in clear the stream is the wire's own, and whoever has the key reads it.
    @Test func whoHasTheKeyReadsTheStream() throws {
        let sides = try AdministrationSides()
        defer { sides.kill() }
        let port = try startDaemon(sides.serverPort, ["--capture.file", file, "--capture.show-identity", "true"])
        for _ in 1...2 {
            #expect(try sides.talk(at: port))
        }
        #expect(try eventually { try bench.sum("cardlink_ota_leg_duration_seconds_count", "to_close") == 2 })
        #expect(try bench.stopDaemon()?.ending == .exited(0))
        let end = try Command.run([
            "tshark", "-r", file, "-o", "tls.psk:\(AdministrationSides.key)", "-d", "tls.port==\(port),http", "-Y",
            "http", "-T",
            "fields", "-e", "http.request.method", "-e", "http.response.code",
        ])
        let words = end.output.split(whereSeparator: \.isWhitespace)
        #expect(words.count { $0 == "POST" } == 6 && words.count { $0 == "200" } == 4, "\(end.output)\(end.errors)")
        #expect(try shark(Self.faults) == [])
        #expect(
            try shark("tls.handshake.type == 16", ["tls.handshake.identity_len"])
                == Array(repeating: ["\(AdministrationSides.identity.count)"], count: 2))
        #expect(try Data(contentsOf: URL(filePath: file)).range(of: Data(AdministrationSides.identity.utf8)) != nil)
    }

    /// What a client and a server said, byte for byte.
    @Test func theStreamIsTheWires() throws {
        let sides = try RunningCommand(
            [Files.python, Files.client("said_tls.py"), "\(Files.package)/Tests/Captures/psk-tls.hex"], input: .kept)
        let port = try startDaemon(
            try sides.readLine(), ["--capture.file", file, "--capture.show-identity", "true"])
        try sides.say(port)
        let said = try JSONDecoder().decode([String: String].self, from: Data(try sides.readLine().utf8))
        #expect(try eventually { try bench.sum("cardlink_tls_connections_active") == 0 })
        #expect(try bench.stopDaemon()?.ending == .exited(0))
        let checks = ["tcp.check_checksum:TRUE", "ip.check_checksum:TRUE"].flatMap { ["-o", $0] }
        let end = try Command.run(["tshark", "-r", file, "-q", "-z", "follow,tcp,raw,0"] + checks)
        let lines = end.output.split(separator: "\n").filter { $0.allSatisfy { $0.isHexDigit || $0 == "\t" } }
        #expect(lines.filter { $0.hasPrefix("\t") }.map { $0.dropFirst() }.joined() == said["s"])
        #expect(lines.filter { !$0.hasPrefix("\t") }.joined() == said["c"])
        #expect(try shark("(\(Self.faults)) || tcp.analysis.flags") == [])
        let flags = try shark("tcp", ["tcp.flags"]).map { $0[0] }
        #expect(flags.prefix(3) == ["0x0002", "0x0012", "0x0010"] && flags.count { $0 == "0x0011" } == 2)
    }

    /// Nobody listens, and the file's folder goes: the daemon counts what it could not write, says so, and goes on.
    @Test func aFolderThatGoes() throws {
        let place = folder.file("captures")
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: false)
        try bench.startDaemon(options: ["--capture.file", "\(place)/c.pcapng", "--capture.gsmtap", "127.0.0.1:9"])
        try FileManager.default.removeItem(atPath: place)
        #expect(try bench.run(["scriptor", Files.client("commands.txt")]).status == 0)
        let lines = bench.cardLog.lines.count
        #expect(
            try eventually {
                try bench.sum("cardlink_export_dropped_total", "exporter=\"capture\",reason=\"write\"") == Double(lines)
            })
        #expect(try bench.sum("cardlink_export_dropped_total", "gsmtap") == 0)
        #expect(try bench.get("/health").body.contains(/"capture" : \{[^}]*"status" : "degraded"/))
        #expect(try bench.sum("cardlink_apdu_commands_total") == Double(lines))
        let end = try #require(try bench.stopDaemon())
        #expect(end.ending == .exited(0) && end.errors.contains("\(lines) events are not in \(place)/c.pcapng"))
    }

    @Test(arguments: [
        (["--capture.file", "/no/such/folder/c.pcapng"], 69, "cannot capture into /no/such/folder/c.pcapng"),
        (["--capture.gsmtap", "no.such.host.invalid:4729"], 69, "cannot send GSMTAP to no.such.host.invalid:4729"),
        (["--capture.gsmtap", "127.0.0.1"], 64, "capture.gsmtap"),
    ])
    func aPlaceThatIsNone(options: [String], code: Int32, line: String) throws {
        let end = try Command.run(
            [Files.probe, "serve", "--web.listen-address", "127.0.0.1:0", "--runtime-dir", folder.file("s")] + options)
        #expect(end.ending == .exited(code) && end.errors.contains(line), "\(end)")
        #expect(end.errors.split(separator: "\n").count == 1, "\(end.errors)")
    }
}
