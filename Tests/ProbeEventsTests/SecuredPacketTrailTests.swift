import SmartCard
import TestSupport
import Testing

@testable import ProbeEvents

/// Secured packets given to a card, as events of sessions over the air.
@Suite struct SecuredPacketTrailTests {
    @Test(arguments: [
        ("3DES, plain receipt", "packet B00011 0601 35 35 ok 3"),
        ("3DES, receipt with checksum", "packet B00011 0609 35 35 ok 3"),
        ("AES, enciphered receipt", "packet B00011 0619 22 22 enciphered -"),
    ])
    func answeredAtOnce(name: String, packet: String) throws {
        for isCut in [false, true] {
            var session = PacketSession(isCut: isCut)
            let (message, answer) = try PacketSession.capture(name)
            #expect(session.give(message, answer + [0x90, 0x00]) == ["began scp80", packet, "ended completed"])
        }
    }

    /// T=0: the answer is fetched by GET RESPONSE; the time is that from the message to the answer's end.
    @Test func answeredToGetResponse() throws {
        var session = PacketSession(isCut: true)
        let (message, answer) = try PacketSession.capture("3DES, plain receipt")
        #expect(session.give(message, [0x9F, 0x13]) == ["began scp80"])
        #expect(
            session.exchange(.getResponse, hex("A0 C0 00 00 13"), answer + [0x90, 0x00])
                == ["packet B00011 0601 35 35 ok 3", "ended completed"])
        guard case .ota(.ended(let ended)) = session.last else { return #expect(Bool(false)) }
        #expect(ended.stamp.startNanoseconds == 0 && ended.stamp.durationNanoseconds == 15)
        #expect(ended.stamp.wallNanoseconds == 1_000)
    }

    @Test(arguments: [
        ("01", "checksum_failed", "access_denied"), ("02", "counter_low", "access_denied"),
        ("07", "insufficient_memory", "other"), ("09", "application_unknown", "other"), ("7F", "other", "other"),
    ])
    func refusals(code: String, receipt: String, error: String) throws {
        var session = PacketSession()
        var (message, answer) = try PacketSession.capture("3DES, plain receipt")
        answer[15] = hex(code)[0]
        #expect(
            session.give(message, answer + [0x90, 0x00])
                == ["began scp80", "packet B00011 0601 35 35 \(receipt) 3", "ended failed \(error)"])
    }

    @Test func theCardSendsItByMessage() throws {
        var session = PacketSession(isCut: true)
        var (message, answer) = try PacketSession.capture("3DES, plain receipt")
        message[24] = 0x21
        #expect(session.give(message, [0x91, 0x20]) == ["began scp80"])
        let sent = hex("41 00 04 81 21 43 7F F6") + [UInt8(answer.count)] + answer
        let inner = hex("81 03 01 13 00 82 02 81 83 8B") + [UInt8(sent.count)] + sent
        #expect(
            session.exchange(.fetch, hex("80 12 00 00 20"), [0xD0, UInt8(inner.count)] + inner + [0x90, 0x00])
                == ["packet B00011 0621 35 35 ok 3 by message", "ended completed"])
    }

    /// In three messages, of which the second comes last.
    @Test func inSeveralMessages() throws {
        var session = PacketSession(isCut: true)
        let (message, answer) = try PacketSession.capture("3DES, plain receipt")
        let front = Array(message.prefix(17))
        let first = front + hex("07 00 03 09 03 01 70 00") + message.dropFirst(20)
        #expect(session.give(first, [0x90, 0x00]) == ["began scp80"])
        #expect(session.give(front + hex("05 00 03 09 03 03 AA"), [0x90, 0x00]) == [])
        // A part of another message.
        #expect(session.give(front + hex("05 00 03 08 03 02 AA"), [0x90, 0x00]) == [])
        #expect(
            session.give(front + hex("05 00 03 09 03 02 AA"), answer + [0x90, 0x00])
                == ["packet B00011 0601 35 35 ok 3 in 3", "ended completed"])
    }

    @Test func countersAreCompared() throws {
        var session = PacketSession(isCut: true)
        var (message, answer) = try PacketSession.capture("3DES, plain receipt")
        message.replaceSubrange(23..<25, with: [0x12, 0x01])
        var distances: [Int64?] = []
        for counter: UInt8 in [5, 6, 6, 9, 3] {
            message.replaceSubrange(30..<35, with: [0, 0, 0, 0, counter])
            _ = session.give(message, answer + [0x90, 0x00])
            distances.append(session.packets.last?.counterDistance)
        }
        #expect(distances == [nil, 1, 0, 3, -6])
    }

    /// Where only bad news is wanted, silence is good; where an answer is wanted, it is none.
    @Test(arguments: [
        (UInt8(0x00), "- -", "completed"), (0x02, "- -", "completed"), (0x01, "missing -", "timeout timeout"),
    ])
    func silence(wish: UInt8, receipt: String, end: String) throws {
        var session = PacketSession()
        var message = try PacketSession.capture("3DES, plain receipt").message
        message[24] = wish
        #expect(
            session.give(message, [0x90, 0x00])
                == ["began scp80", "packet B00011 06\(hexByteText(wish)) 35 35 \(receipt)", "ended \(end)"])
    }

    @Test func whatEndsItOtherwise() throws {
        var session = PacketSession()
        var message = try PacketSession.capture("3DES, plain receipt").message
        #expect(
            session.give(message, [0x6F, 0x00])
                == ["began scp80", "packet B00011 0601 35 35 missing -", "ended failed other"])
        // Too busy: it comes again.
        #expect(session.give(message, [0x93, 0x00]) == [])
        message[24] = 0x21
        #expect(session.give(message, [0x90, 0x00]) == ["began scp80"])
        // An event that the card does not take is another matter.
        #expect(session.exchange(.envelope, hex("80 C2 00 00 05 D6 03 99 01 09"), [0x6F, 0x00]) == [])
        #expect(
            session.give(message, [0x90, 0x00])
                == ["packet B00011 0621 35 35 missing -", "ended timeout timeout", "began scp80"])
        #expect(
            session.reset() == ["packet B00011 0621 35 35 missing -", "ended timeout timeout"])
        #expect(session.reset() == [])
    }

    /// Bad news by a message of its own did not come before the program ended, or the next packet came.
    @Test func silenceToTheEnd() throws {
        var session = PacketSession()
        var message = try PacketSession.capture("3DES, plain receipt").message
        message[24] = 0x22
        let end = ["packet B00011 0622 35 35 - -", "ended completed"]
        #expect(session.give(message, [0x90, 0x00]) == ["began scp80"])
        #expect(session.give(message, [0x90, 0x00]) == end + ["began scp80"])
        #expect(session.reset() == end)
        // Half a packet is none.
        let half = Array(message.prefix(17)) + hex("07 00 03 09 02 01 70 00") + message.dropFirst(20)
        #expect(session.give(half, [0x90, 0x00]) == ["began scp80"])
        #expect(session.reset() == ["packet B00011 0622 35 35 - - in 2", "ended failed card_reset"])
    }

    /// Each capture, cut short anywhere and in any order, gives events or none, and each session that begins ends once.
    @Test func anyBytesAreTaken() throws {
        let bodies = try captures("secured-packets.hex", separator: "|").flatMap { [hex($0[1]), hex($0[2])] }
        var random = SeededGenerator(seed: 11)
        var session = PacketSession()
        var words: [String] = []
        for _ in 0..<20_000 {
            var body = bodies[Int(random.next() % UInt64(bodies.count))]
            if random.next() % 3 == 0 { body = Array(body.prefix(Int(random.next() % UInt64(body.count + 1)))) }
            if random.next() % 3 == 0, !body.isEmpty {
                body[Int(random.next() % UInt64(body.count))] = UInt8(truncatingIfNeeded: random.next())
            }
            switch random.next() % 3 {
            case 0: words += session.give(body, [0x90, 0x00])
            case 1: words += session.give(bodies[0], body + [0x90, 0x00])
            default: words += session.exchange(.getResponse, hex("00 C0 00 00 00"), body + [0x90, 0x00])
            }
        }
        words += session.reset()
        let began = words.count { $0.hasPrefix("began") }
        #expect(began > 1_000 && began == words.count { $0.hasPrefix("ended") })
    }
}

private func hexByteText(_ byte: UInt8) -> String { "\(HexBytes([byte]))" }

/// A terminal that gives a card secured packets, and what a trail makes of it.
private struct PacketSession {
    private var trail = SecuredPacketTrail(device: "R", source: .shim)
    private let isCut: Bool
    private var now: UInt64 = 0
    private(set) var last: ProbeEvent?
    private(set) var packets: [OTAPacketDone] = []

    init(isCut: Bool = false) { self.isCut = isCut }

    static func capture(_ name: String) throws -> (message: [UInt8], answer: [UInt8]) {
        let line = try #require(try captures("secured-packets.hex", separator: "|").first { $0[0] == name })
        return (hex(line[1]), hex(line[2]))
    }

    mutating func give(_ message: [UInt8], _ response: [UInt8]) -> [String] {
        let body = [0xD1, UInt8(message.count + 2), 0x8B, UInt8(message.count)] + message
        return exchange(.envelope, [0x80, 0xC2, 0x00, 0x00, UInt8(body.count)] + body, response)
    }

    mutating func exchange(_ name: CommandName, _ command: [UInt8], _ response: [UInt8]) -> [String] {
        let kept = isCut ? Redaction.kept(command: command, response: response) : (command, response, false, 0)
        let stamp = EventStamp(
            source: .shim, startNanoseconds: now, durationNanoseconds: 5, wallNanoseconds: now + 1_000)
        now += 10
        return words(
            trail.note(
                APDUExchange(
                    stamp: stamp, client: TerminalSession.client, thread: 1, session: 3, reader: "R",
                    interface: .pcsc, sessionProtocol: .t0, name: name, command: HexBytes(kept.0),
                    response: HexBytes(kept.1), isCut: isCut, resultCode: 0, waitNanoseconds: 0,
                    isWaitExact: true)))
    }

    mutating func reset() -> [String] {
        words(trail.reset(at: EventClock(monotonicNanoseconds: now, wallNanoseconds: now + 1_000)))
    }

    private mutating func words(_ events: [ProbeEvent]) -> [String] {
        last = events.last ?? last
        return events.map { event in
            switch event {
            case .ota(.began(let began)): return "began \(began.sessionProtocol.name)"
            case .ota(.packet(let packet)):
                packets.append(packet)
                let security = packet.security
                let spi = HexBytes([UInt8(security.parameters >> 8), UInt8(security.parameters & 0xFF)])
                let keys = "\(HexBytes([security.cipheringKey])) \(HexBytes([security.integrityKey]))"
                let answer = "\(packet.receipt?.name ?? "-") \(packet.additionalBytes.map(String.init) ?? "-")"
                return "packet \(security.application) \(spi) \(keys) \(answer)"
                    + (packet.isReceiptSubmitted ? " by message" : "") + (packet.parts > 1 ? " in \(packet.parts)" : "")
            case .ota(.ended(let ended)):
                return "ended \(ended.status.name)" + (ended.error.map { " \($0.name)" } ?? "")
            default: return "\(event)"
            }
        }
    }
}
