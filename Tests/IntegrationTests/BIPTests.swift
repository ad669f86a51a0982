import Foundation
import TestSupport
import Testing

/// BIP sessions of a virtual card with a real client as its terminal: what the probe tells equals what the card saw.
@Suite(.serialized) struct BIPTests {
    /// What the terminal prints of what it did.
    struct Terminal: Decodable {
        var types: [String]
        var sent: Int
        var received: Int
        var opened: Int
        var dropped: Bool
    }

    private struct Played {
        var run: BenchRun
        var terminal: Terminal
        var bip: [String: Any]

        init(
            _ words: [String], script: String? = nil, options: [String] = [], environment: [String: String] = [:]
        ) throws {
            run = try BenchRun(
                [Files.python, Files.client("terminal.py")] + words, script: script, options: options,
                environment: environment)
            guard run.command.ending == .exited(0) else { throw TestFailure(run.command.errors) }
            terminal = try JSONDecoder().decode(Terminal.self, from: Data(run.command.output.utf8))
            bip = run.report["bip"] as? [String: Any] ?? [:]
        }

        /// `TRANSPORT PORT BEARER: SENT out, RECEIVED in, REASON`
        var channels: [String] {
            (bip["channels"] as? [[String: Any]] ?? []).map { channel in
                "\(channel["transport"] ?? "") \(channel["port"] ?? "") \(channel["bearer"] ?? ""): "
                    + "\(channel["sent_bytes"] ?? "") out, \(channel["received_bytes"] ?? "") in, "
                    + "\((channel["close_reason"] as? String) ?? "open")"
            }
        }

        var failures: [String] {
            (bip["failures"] as? [[String: Any]] ?? []).map {
                "\($0["command"] ?? "") \($0["error"] ?? "") \($0["count"] ?? "")"
            }
        }

        /// Bytes and openings are those that the terminal counted, and that stand in the card's own log.
        func expectBytesOfTheCard(sourceLocation: SourceLocation = #_sourceLocation) {
            let log = ChannelBytes(run.cardLog)
            for (told, counted, logged) in [
                ("sent_bytes", terminal.sent, log.sent), ("received_bytes", terminal.received, log.received),
                ("channel_count", terminal.opened, log.opened),
            ] {
                #expect(bip[told] as? Int == counted && counted == logged, "\(told)", sourceLocation: sourceLocation)
            }
        }
    }

    private static func example(_ name: String) throws -> String {
        try String(contentsOfFile: "\(Files.package)/examples/cards/\(name)", encoding: .utf8)
    }

    @Test func theStandardCard() throws {
        let played = try Played(["data=450"], options: ["--summary"])
        #expect(played.terminal.types == ["40", "43", "42", "42", "42", "41"])
        #expect(played.channels == ["tcp_client 443 default: 5 out, 450 in, card"])
        #expect(played.bip["triggers"] as? Int == 1 && played.failures.isEmpty)
        #expect(played.run.command.errors.contains(" bip      TCP 443 over default   5 B out, 450 B in   "))
        played.expectBytesOfTheCard()
    }

    /// Two channels at once, one that listens, and a link that drops; the terminal tells of it by ENVELOPE.
    @Test func severalChannelsAndADroppedLink() throws {
        let played = try Played(["drop=99:1"], script: try Self.example("bip-session.yaml"))
        #expect(played.terminal.dropped && played.terminal.types.suffix(2) == ["44", "41"])
        // The receipt of the packet that began it goes first, as a message.
        let packets = try #require(played.run.report["secured_packets"] as? [String: Any])
        #expect(played.terminal.types.first == "13" && packets["receipts"] as? [String: Int] == ["ok": 1])
        #expect(
            played.channels == [
                "tcp_client 8443 packet: 600 out, 300 in, dropped", "udp_client 53 default: 40 out, 80 in, card",
                "tcp_server 3516 none: 0 out, 0 in, card",
            ])
        #expect(played.failures == ["close_channel channel_closed 1"])
        played.expectBytesOfTheCard()
    }

    @Test(arguments: [
        ("3A01", "no_channel"), ("2104", "network_busy"), ("22", "refused_by_user"), ("3A06", "transport_unavailable"),
        ("30", "not_supported"),
    ])
    func aChannelThatIsRefused(result: String, reason: String) throws {
        let played = try Played(["plain", "refuse=40:\(result)"])
        #expect(played.channels.isEmpty && played.failures == ["open_channel \(reason) 1"])
        #expect(played.bip["triggers"] as? Int == 0)
        played.expectBytesOfTheCard()
    }

    /// A terminal that goes in the middle: the command under way failed, and the channel is left.
    @Test func aTerminalThatGoes() throws {
        let played = try Played(["leave=2"])
        #expect(played.channels == ["tcp_client 443 default: 5 out, 0 in, source_gone"])
        #expect(played.failures == ["receive_data timeout 1"])
        played.expectBytesOfTheCard()
    }

    // MARK: One session, by reader and by modem

    private static let long = """
        proactive:
          - on: { match: 80 C2 00 00 ?? D1 }
            steps:
              - openChannel: { bearer: "02 00 00 00 00 00 02", buffer: 1400, transport: tcp, port: 8443 }
              - repeat:
                  times: 99
                  steps:
                    - sendData: { length: 117 }
                    - receiveData: { length: 230 }
              - closeChannel: {}
        """

    /// What a trace tells of a channel, without who told it and how long things took.
    private struct ChannelStory: Equatable {
        var attributes: [String: String]
        var events: [String]
    }

    /// 200 commands over PC/SC, and the same 200 as a modem's lines to `serve`, on a port of its own and through the relay
    /// before a tester: one story, one count, exact.
    @Test func theSameSessionByReaderAndByModem() async throws {
        let sink = try TraceSink()
        let bench = try LiveBench(script: Self.long)
        try bench.startDaemon()
        let command = try bench.run(
            [Files.python, Files.client("terminal.py")], environment: ["OTEL_EXPORTER_OTLP_ENDPOINT": sink.endpoint])
        let terminal = try JSONDecoder().decode(Terminal.self, from: Data(command.output.utf8))
        #expect(terminal.types.count == 200 && terminal.sent == 99 * 117 && terminal.received == 99 * 230)
        #expect(
            try await eventually(within: 5) { try bench.sum("cardlink_bip_connection_duration_seconds_count") == 1 })
        let logged = ChannelBytes(bench.cardLog)
        #expect(logged == ChannelBytes(opened: 1, sent: terminal.sent, received: terminal.received))
        let byReader = Self.counts(try bench.get("/metrics").body)
        let spans = try sink.spans
        let span = try #require(spans.first { $0.name == "BIP channel" })

        for way in ModemSession.Way.allCases {
            let modem = try await ModemSession.play(Self.lines(of: bench.cardLog), over: way)
            #expect(Self.counts(modem.metrics) == byReader, "\(way)")
            #expect(modem.spans.map(Self.story) == [Self.story(span)], "\(way)")
        }
        #expect(
            byReader.contains(#"cardlink_bip_bytes_transferred_total{direction="sent",bearer_type="packet"} 11583"#))
        #expect(
            byReader.contains(#"cardlink_bip_bytes_transferred_total{direction="received",bearer_type="packet"} 22770"#)
        )
        #expect(byReader.contains(#"cardlink_triggers_sent_total{trigger_type="sms"} 1"#))
        #expect(
            Self.story(span).events.count == 128 && Self.story(span).attributes["cardlink.bip.sent_bytes"] == "11583")
    }

    /// The same 200 commands once more, with a program behind the relay that is the terminal: it answers each in the
    /// modem's own command, and `serve` counts what the program, the modem and the card say.
    @Test func theSameSessionByATerminalBehindTheRelay() async throws {
        let folder = try TemporaryFolder()
        let card = Self.long.replacing("{ match: 80 C2 00 00 ?? D1 }", with: "{ command: TERMINAL PROFILE }")
        try folder.write(card, to: "card.yaml")
        let script = "profile: mediatek\ncard: card.yaml\ntoolkit: { on: AT+CFUN=1 }\n"
        let modem = try ServedModem(script: script, in: folder, over: .relay)
        let words = [Files.python, Files.client("modem_terminal.py"), modem.tap, "AT+CFUN=1"]
        let end = try await Command.runAside(words, within: 120)
        let terminal = try JSONDecoder().decode(ModemTerminal.self, from: Data(end.output.utf8))
        #expect(terminal.types.count == 200 && terminal.sent == 11_583 && terminal.received == 22_770)
        #expect(terminal.results == Array(repeating: "OK", count: 202))
        #expect(terminal.said == modem.logged("<").joined() && terminal.heard == modem.logged(">").joined())
        let session = try await modem.end(channels: 1)
        #expect(
            Self.counts(session.metrics) == [
                #"cardlink_bip_bytes_transferred_total{direction="sent",bearer_type="packet"} 11583"#,
                #"cardlink_bip_bytes_transferred_total{direction="received",bearer_type="packet"} 22770"#,
                #"cardlink_bip_connection_duration_seconds_count{bearer_type="packet",status="completed"} 1"#,
            ])
        let story = try #require(session.spans.map(Self.story).first)
        #expect(session.spans.count == 1 && story.attributes["cardlink.bip.received_bytes"] == "22770")
    }

    /// What `modem_terminal.py` prints.
    private struct ModemTerminal: Decodable {
        var types: [String]
        var sent: Int
        var received: Int
        var results: [String]
        var said: String
        var heard: String
    }

    /// A card's log as Cinterion's modems would tell it: commands, answers and events, in hex.
    private static func lines(of log: CardLog) -> [String] {
        log.lines.compactMap { line in
            let data = String(line.command.dropFirst(10))
            switch line.command.prefix(4) {
            case "8012": return told(String(line.response.dropLast(4)), "00")
            case "8014": return told(data, "01")
            case "80C2": return told(data, "03")
            default: return nil
            }
        }
    }

    private static func told(_ hex: String, _ kind: String) -> String {
        "^SSTK: \"\(hex)\",\(hex.utf8.count / 2),\"\(kind)\""
    }

    /// What is counted of channels and triggers; times, which differ, are left out.
    private static func counts(_ text: String) -> [String] {
        text.split(separator: "\n").map(String.init).filter { line in
            // What a card says of a packet goes by no modem's lines.
            ["cardlink_bip_", "cardlink_triggers_"].contains { line.hasPrefix($0) }
                && !line.contains("_sum") && !line.contains("_bucket") && !line.hasSuffix(" 0")
        }
    }

    private static let own: Set = [
        "cardlink.interface", "cardlink.reader", "cardlink.modem", "cardlink.bip.since_trigger_seconds",
    ]

    private static func story(_ span: TraceSink.Span) -> ChannelStory {
        func text(_ value: TraceSink.Value?) -> String {
            switch value {
            case .text(let text): text
            case .integer(let number): String(number)
            default: "\(String(describing: value))"
            }
        }
        return ChannelStory(
            attributes: span.attributes.filter { !own.contains($0.key) }.mapValues { text($0) },
            events: span.events.map { "\($0.name) \($0.attributes["cardlink.bip.bytes"].map(text) ?? "")" })
    }
}

/// What the card's log has of channels: objects are read here, by nothing that the probe has.
private struct ChannelBytes: Equatable {
    var opened = 0
    var sent = 0
    var received = 0

    init(opened: Int, sent: Int, received: Int) {
        (self.opened, self.sent, self.received) = (opened, sent, received)
    }

    init(_ log: CardLog) {
        for line in log.lines {
            switch line.command.prefix(4) {
            case "8012":
                let command = TestSupport.hex(String(line.response.dropLast(4)))
                let objects = Self.objects(Array(command.dropFirst(command.dropFirst().first == 0x81 ? 3 : 2)))
                if objects.first?.value.dropFirst().first == 0x43 { sent += Self.data(objects) }
            case "8014":
                let objects = Self.objects(TestSupport.hex(String(line.command.dropFirst(10))))
                received += Self.data(objects)
                let isDone = objects.contains { $0.tag == 0x03 && $0.value.first == 0x00 }
                if isDone, objects.first?.value.dropFirst().first == 0x40 { opened += 1 }
            default: break
            }
        }
    }

    private static func data(_ objects: [(tag: UInt8, value: [UInt8])]) -> Int {
        objects.filter { $0.tag == 0x36 }.reduce(0) { $0 + $1.value.count }
    }

    private static func objects(_ bytes: [UInt8]) -> [(tag: UInt8, value: [UInt8])] {
        var found: [(UInt8, [UInt8])] = []
        var rest = bytes[...]
        while rest.count >= 2, let tag = rest.popFirst(), var length = rest.popFirst() {
            if length == 0x81 { length = rest.popFirst() ?? 0 }
            found.append((tag & 0x7F, Array(rest.prefix(Int(length)))))
            rest = rest.dropFirst(Int(length))
        }
        return found
    }
}

/// What `serve` told of a modem.
private struct ModemSession {
    /// How the probe has the modem's port.
    enum Way: CaseIterable {
        /// It asks the modem itself.
        case ownPort
        /// A tester asks, behind the relay.
        case relay
    }

    var metrics: String
    var spans: [TraceSink.Span]

    private static let listener = """
        import serial, sys
        port = serial.Serial(sys.argv[1], 115200, timeout=60); port.write(b"AT+CGMI\\r"); port.read_until(b"+LAST: 1\\r\\n")
        """

    /// Has a modem say lines when it is asked who made it.
    static func play(_ lines: [String], over way: Way) async throws -> ModemSession {
        let messages = (lines + ["+LAST: 1"]).map { "  - { line: '\($0)', command: AT+CGMI }" }
        let script = "profile: cinterion-pls8\nmessages:\n" + messages.joined(separator: "\n")
        let modem = try ServedModem(script: script, in: try TemporaryFolder(), over: way)
        if way == .relay {
            let end = try await Command.runAside([Files.python, "-c", listener, modem.tap], within: 90)
            #expect(end.ending == .exited(0), "\(end.errors)")
        }
        return try await modem.end(channels: 1)
    }
}

/// A simulated modem and a `serve` that watches it or relays to it, with what both tell.
private struct ServedModem {
    let tap: String
    private let folder: TemporaryFolder
    private let process: RunningCommand
    private let probe: ServingProbe
    private let sink: TraceSink

    init(script: String, in folder: TemporaryFolder, over way: ModemSession.Way) throws {
        self.folder = folder
        tap = folder.file("tap")
        sink = try TraceSink()
        let link = folder.file("modem")
        let running = try RunningCommand([
            Files.probe, "simulate", "modem", "--link", link, "--log", folder.file("log"), "--script",
            try folder.write(script, to: "modem.yaml"),
        ])
        process = running
        guard eventually(within: 20, { running.errorsSoFar.contains("the modem ") }) else {
            throw TestFailure("no modem: \(running.errorsSoFar)")
        }
        probe = try ServingProbe(
            sockets: folder.file("sockets"),
            options: way == .ownPort ? ["--modem", "M=\(link)"] : ["--modem.tap", "\(tap)=\(link)"],
            environment: ["OTEL_EXPORTER_OTLP_ENDPOINT": sink.endpoint])
        let name = tap
        guard way == .ownPort || eventually(within: 10, { access(name, F_OK) == 0 }) else {
            throw TestFailure("no relay: \(probe.errors)")
        }
    }

    /// What the modem's log has behind a word.
    func logged(_ word: String) -> [String] {
        folder.read("log").split(separator: "\n").compactMap { line in
            let parts = line.split(separator: " ", maxSplits: 2)
            return parts.count == 3 && parts[1] == word ? String(parts[2]) : nil
        }
    }

    /// Waits until channels have ended; what is told by then. Both programs end.
    func end(channels: Int) async throws -> ModemSession {
        defer { process.kill() }
        let isDone = try await eventually(within: 30) {
            try probe.sum("cardlink_bip_connection_duration_seconds_count") == Double(channels)
        }
        guard isDone else { throw TestFailure("the channel did not end: \(probe.errors)") }
        let metrics = try probe.get("/metrics").body
        try probe.stop()
        return ModemSession(metrics: metrics, spans: try sink.spans.filter { $0.name == "BIP channel" })
    }
}
