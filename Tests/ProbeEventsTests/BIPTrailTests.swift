import SmartCard
import TestSupport
import Testing

@testable import ProbeEvents

/// The exchanges of a session, as events of channels.
@Suite struct BIPTrailTests {
    @Test func aWholeSession() throws {
        var session = TerminalSession()
        #expect(try session.tell("SMS-PP download, secured packet") == ["trigger sms B00011"])
        #expect(try session.fetch("E1 OPEN CHANNEL") == [])
        #expect(
            try session.answer("E3 OPEN CHANNEL answered")
                == ["opened 1 packet udp_client 44444 buffer 1400 after a trigger"])
        #expect(try session.fetch("E5 SEND DATA") == [])
        #expect(try session.answer("E5 SEND DATA answered") == ["sent 8 on 1"])
        #expect(try session.tell("E10 data available") == ["waiting 255 for 1"])
        #expect(try session.fetch("E7 RECEIVE DATA") == [])
        #expect(try session.answer("E7 RECEIVE DATA answered") == ["received 200 on 1"])
        #expect(try session.fetch("E15 CLOSE CHANNEL") == [])
        #expect(
            try session.answer("E15 CLOSE CHANNEL answered") == ["closed 1 completed card 8 sent 200 received"])
    }

    /// Each exchange takes 5 ns, and 5 ns lie between two of them.
    @Test func timesAreThoseOfTheTerminal() throws {
        var session = TerminalSession()
        _ = try session.tell("SMS-PP download, secured packet")
        _ = try session.fetch("E1 OPEN CHANNEL")
        _ = try session.answer("E3 OPEN CHANNEL answered")
        guard case .bipOpened(let opened) = session.last else { return #expect(Bool(false)) }
        // Asked at the end of FETCH, open when TERMINAL RESPONSE begins.
        #expect(opened.stamp.startNanoseconds == 15 && opened.stamp.durationNanoseconds == 5)
        #expect(opened.stamp.wallNanoseconds == 1_015 && opened.sinceTriggerNanoseconds == 15)
        _ = try session.fetch("E15 CLOSE CHANNEL")
        _ = try session.answer("E15 CLOSE CHANNEL answered")
        guard case .bipClosed(let closed) = session.last else { return #expect(Bool(false)) }
        #expect(closed.stamp.startNanoseconds == 20 && closed.stamp.durationNanoseconds == 20)
        #expect(closed.link == TerminalSession.link(connection: 1, channel: 1))
    }

    @Test func aDroppedLinkEndsItsChannel() throws {
        var session = try TerminalSession.withChannel()
        #expect(try session.tell("E11 channel status event, dropped") == ["link 1 dropped"])
        _ = try session.fetch("E8 CLOSE CHANNEL")
        #expect(
            try session.answer("E8 CLOSE CHANNEL, closed already") == [
                "failed close_channel packet channel_closed", "closed 1 failed dropped 0 sent 0 received",
            ])
    }

    @Test(arguments: [
        ("22", "refused_by_user"), ("20 01", "terminal_busy"), ("21 80", "network_busy"), ("12", "timeout"),
        ("30", "not_supported"), ("3A 01", "no_channel"), ("3A 04", "buffer_too_large"), ("3A", "no_cause"),
        ("3A 99", "other"), ("37", "other"),
    ])
    func refusalsByTheirReason(result: String, reason: String) throws {
        var session = TerminalSession()
        _ = try session.fetch("E1 OPEN CHANNEL")
        let value = hex(result)
        let answer = hex("81 03 01 40 01 82 02 82 81 83") + [UInt8(value.count)] + value
        #expect(try session.answer(answer) == ["failed open_channel packet \(reason)"])
    }

    /// The first OPEN CHANNEL is the trigger's, refused or not; one asked for again is not, and none waits for ever.
    @Test func aRefusedChannelEndsATrigger() throws {
        var session = TerminalSession()
        _ = try session.tell("SMS-PP download, secured packet")
        _ = try session.fetch("E1 OPEN CHANNEL")
        #expect(
            try session.answer(hex("81 03 01 40 01 82 02 82 81 83 02 3A 01"))
                == ["failed open_channel packet no_channel after a trigger"])
        guard case .bipFailed(let failed) = session.last else { return #expect(Bool(false)) }
        #expect(failed.sinceTriggerNanoseconds == 15)
        _ = try session.fetch("E1 OPEN CHANNEL")
        #expect(try session.answer("E3 OPEN CHANNEL answered") == ["opened 1 packet udp_client 44444 buffer 1400"])
    }

    /// A card that goes before its OPEN CHANNEL is answered failed in it; a failure of another command is none of it.
    @Test func aChannelThatIsNeverAnsweredEndsATrigger() throws {
        var session = try TerminalSession.withChannel()
        _ = try session.tell("SMS-PP download, secured packet")
        _ = try session.fetch("E8 CLOSE CHANNEL")
        let closed = try session.answer("E8 CLOSE CHANNEL, no such channel")
        #expect(closed.first?.hasPrefix("failed close_channel") == true && !closed.joined().contains("trigger"))
        _ = try session.fetch("E1 OPEN CHANNEL")
        let events = session.trail.reset(.sourceGone, at: EventClock(monotonicNanoseconds: 90, wallNanoseconds: 0))
        #expect(events.first?.channelWords == "failed open_channel packet timeout after a trigger")
    }

    /// A card that is too busy gets the message again; one that refuses it got it.
    @Test func busyCardsAreTriggeredOnce() throws {
        var session = TerminalSession()
        #expect(try session.tell("SMS-PP download, secured packet", statusWord: [0x93, 0x00]) == [])
        #expect(
            try session.tell("SMS-PP download, secured packet", statusWord: [0x91, 0x2C]) == ["trigger sms B00011"])
        #expect(try session.tell("SMS-PP download, text") == [])
    }

    @Test func aRefusedCommandHasNoCommand() throws {
        var session = TerminalSession()
        #expect(session.exchange(.fetch, hex("80 12 00 00 00"), hex("6C 2C")) == [])
        #expect(session.exchange(.fetch, hex("80 12 00 00 00"), hex("69 85")) == [])
        #expect(session.exchange(.fetch, hex("80 12 00 00 00"), []) == [])
        #expect(session.exchange(.terminalResponse, hex("80 14"), hex("90 00")) == [])
        #expect(session.exchange(.envelope, [], hex("90 00")) == [])
    }

    @Test func aResetEndsAllChannels() throws {
        var session = try TerminalSession.withChannel()
        _ = try session.fetch("E5 SEND DATA")
        let events = session.trail.reset(.sourceGone, at: EventClock(monotonicNanoseconds: 90, wallNanoseconds: 0))
        #expect(
            events.map(\.channelWords) == [
                "failed send_data packet timeout", "closed 1 failed source_gone 0 sent 0 received",
            ])
        #expect(session.trail.reset(at: EventClock(monotonicNanoseconds: 95, wallNanoseconds: 0)) == [])
    }

    /// What leaves a client is enough to follow its channels: the same events from cut bytes.
    @Test func cutBytesTellTheSame() throws {
        let names = [
            "SMS-PP download, secured packet", "E1 OPEN CHANNEL", "E3 OPEN CHANNEL answered",
            "E6 SEND DATA of 200 bytes",
            "E15 SEND DATA answered", "E10 data available", "E7 RECEIVE DATA", "E7 RECEIVE DATA answered",
            "E11 channel status event, dropped", "E8 CLOSE CHANNEL", "E8 CLOSE CHANNEL, no such channel",
        ]
        var (whole, cut) = (TerminalSession(), TerminalSession(isCut: true))
        for name in names {
            let kind = try #require(try captures("toolkit.hex", separator: "|").first { $0[0] == name })[1]
            let (told, shown) = (try whole.take(kind, name), try cut.take(kind, name))
            #expect(told == shown, "\(name)")
        }
    }

    /// Each capture, cut short anywhere and in any order, gives events or none.
    @Test func anyBytesAreTaken() throws {
        let bodies = try captures("toolkit.hex", separator: "|").map { hex($0[2]) }
        var random = SeededGenerator(seed: 7)
        var session = TerminalSession()
        var told = 0
        for _ in 0..<20_000 {
            let body = bodies[Int(random.next() % UInt64(bodies.count))]
            let short = Array(body.prefix(Int(random.next() % UInt64(body.count + 1))))
            let name: CommandName = [.fetch, .terminalResponse, .envelope][Int(random.next() % 3)]
            let data = random.next() % 2 == 0 ? body : short
            let command =
                name == .fetch
                ? hex("80 12 00 00 00") : hex("80 14 00 00") + [UInt8(truncatingIfNeeded: data.count)] + data
            told += session.exchange(name, command, (name == .fetch ? data : []) + [0x90, 0x00]).count
        }
        #expect(told > 1_000)
    }
}

/// A terminal that talks to a card, and what a trail makes of it.
struct TerminalSession {
    var trail = BIPTrail(device: "R", interface: .pcsc, client: client, session: 3, source: .shim)
    private(set) var last: ProbeEvent?
    private let isCut: Bool
    private var now: UInt64 = 0

    static let client = ClientProcess(id: 1, pid: 2, program: "terminal")

    static func link(connection: UInt64, channel: UInt8) -> BIPLink {
        BIPLink(device: "R", interface: .pcsc, client: client, session: 3, connection: connection, channel: channel)
    }

    init(isCut: Bool = false) { self.isCut = isCut }

    static func withChannel() throws -> TerminalSession {
        var session = TerminalSession()
        _ = try session.fetch("E1 OPEN CHANNEL")
        _ = try session.answer("E3 OPEN CHANNEL answered")
        return session
    }

    mutating func take(_ kind: String, _ name: String) throws -> [String] {
        switch kind {
        case "fetch": try fetch(name)
        case "response": try answer(name)
        default: try tell(name)
        }
    }

    mutating func fetch(_ name: String) throws -> [String] {
        exchange(.fetch, hex("80 12 00 00 00"), try toolkit(name) + [0x90, 0x00])
    }

    mutating func answer(_ name: String) throws -> [String] { try answer(try toolkit(name)) }

    mutating func answer(_ bytes: [UInt8]) throws -> [String] {
        exchange(.terminalResponse, hex("80 14 00 00") + [UInt8(bytes.count)] + bytes, [0x90, 0x00])
    }

    mutating func tell(_ name: String, statusWord: [UInt8] = [0x90, 0x00]) throws -> [String] {
        let bytes = try toolkit(name)
        return exchange(.envelope, hex("80 C2 00 00") + [UInt8(bytes.count)] + bytes, statusWord)
    }

    mutating func exchange(_ name: CommandName, _ command: [UInt8], _ response: [UInt8]) -> [String] {
        let kept = isCut ? Redaction.kept(command: command, response: response) : (command, response, false, 0)
        let stamp = EventStamp(
            source: .shim, startNanoseconds: now, durationNanoseconds: 5, wallNanoseconds: now + 1_000)
        now += 10
        let events = trail.note(
            APDUExchange(
                stamp: stamp, client: Self.client, thread: 1, session: 3, reader: "R", interface: .pcsc,
                sessionProtocol: .t0, name: name, command: HexBytes(kept.0), response: HexBytes(kept.1), isCut: isCut,
                resultCode: 0, waitNanoseconds: 0, isWaitExact: true))
        last = events.last ?? last
        return events.compactMap(\.channelWords)
    }
}
