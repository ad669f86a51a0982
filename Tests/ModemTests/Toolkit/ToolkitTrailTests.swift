import ProbeEvents
import TestSupport
import Testing

@testable import Modem

/// What modems of several makers say of a card's channels, as events.
@Suite struct ToolkitTrailTests {
    private struct Modem {
        var trail: ToolkitTrail
        let vendor: ModemVendor
        var now: UInt64 = 1_000_000_000

        init(_ vendor: ModemVendor = .unknown) {
            trail = ToolkitTrail(modem: "M", source: .modem)
            self.vendor = vendor
        }

        mutating func say(_ line: String, _ following: String? = nil) -> [String] {
            now += 1_000_000
            let said = ATUnsolicited(
                code: URCName(line: Array(line.utf8)), line: Array(line.utf8),
                following: following.map { Array($0.utf8) })
            return trail.note(said, vendor: vendor, at: clock).compactMap(\.channelWords)
        }

        mutating func command(_ line: String) -> [String] {
            now += 1_000_000
            return trail.note(command: Array(line.utf8), at: clock).compactMap(\.channelWords)
        }

        var clock: EventClock { EventClock(monotonicNanoseconds: now, wallNanoseconds: now) }
    }

    private static let message =
        "069121436587F9440791214365F77FF62211211000000022027000001D1516211515B000110000000001000102030405060708"
        + "A0A40000023F00"
    private static let openChannel =
        "D02F8103014003820281820500350702020403051F0239020578470908696E7465726E65743C0302115C3E0521C0000201"

    /// Cinterion tells commands, answers and events: the life of a channel from the reference, whole.
    @Test func commandsAndAnswers() {
        var modem = Modem(.cinterion)
        #expect(modem.say("^SSTK: \"\(Self.openChannel)\",49,\"00\"") == [])
        #expect(
            modem.say("^SSTK: \"810301400382028281830100380281003507020204030 51F0239020578\",29,\"01\"")
                == ["opened 1 packet tcp_client 4444 buffer 1400"])
        #expect(modem.say("^SSTK: \"D013810301430182028121B6083132333435363738\",21,\"00\"") == [])
        #expect(modem.say("^SSTK: \"810301430182028281830100B701FF\",15,\"01\"") == ["sent 8 on 1"])
        #expect(modem.say("^SSTK: \"D60E99010982028281B8028100B70108\",16,\"03\"") == ["waiting 8 for 1"])
        #expect(modem.say("^SSTK: \"D00C810301420082028121B70108\",14,\"00\"") == [])
        #expect(
            modem.say("^SSTK: \"810301420082028281830100B6083132333435363738B70100\",25,\"01\"") == ["received 8 on 1"])
        #expect(modem.say("^SSTK: \"D009810301440082028182\",11,\"00\"") == [])
        #expect(modem.say("^SSTK: \"810301440082028281830100B8028100B8020200\",20,\"01\"") == [])
        #expect(modem.say("^SSTK: \"D60B99010A82028281B8020105\",13,\"03\"") == ["link 1 dropped"])
        #expect(modem.say("^SSTK: \"D009810301410082028121\",11,\"00\"") == [])
        #expect(
            modem.say("^SSTK: \"810301410082028281830100\",12,\"01\"") == ["closed 1 failed dropped 8 sent 8 received"])
    }

    /// What a modem carries out itself has no answer: the number comes with the next command, bytes received stay unknown.
    @Test(arguments: [("+STKPCI: 1,\"", "\""), ("+SATN: \"", "\""), ("*STKN: \"", "\""), ("%SATN: ", "")])
    func noticesAreTakenAsDone(head: String, tail: String) {
        var modem = Modem()
        func line(_ hex: String) -> String { head + hex + tail }
        #expect(modem.say(line(Self.openChannel)) == ["opened 0 packet tcp_client 4444"])
        #expect(modem.say(line("D013810301430182028121B6083132333435363738")) == ["sent 8 on 1"])
        #expect(modem.say(line("D00C810301420082028121B70108")) == ["received 0 on 1"])
        #expect(modem.say(line("D009810301410082028121")) == ["closed 1 completed card 8 sent 0 received"])
    }

    /// Where commands wait for an answer that another program gives elsewhere, the next command says that it came.
    @Test func commandsWithoutAnswersAreTakenAsDone() {
        var modem = Modem()
        #expect(modem.say("+CUSATP: \"\(Self.openChannel)\"") == [])
        #expect(
            modem.say("+CUSATP: \"D013810301430182028121B6083132333435363738\"") == ["opened 0 packet tcp_client 4444"])
        #expect(modem.say("+CUSATP: \"D009810301410082028121\"") == ["sent 8 on 1"])
        #expect(modem.say("+CUSATEND") == ["closed 1 completed card 8 sent 0 received"])
        #expect(modem.say("+CUSATEND") == [])
    }

    /// A tester's own answers pass the tap: with them all is known, and behind the first a command without one failed.
    @Test(arguments: ["AT+CUSATT=\"", "at+satr=\"", "AT*STKR=\"", "AT%SATR=\"", "AT+STKTR=\"", "AT+SPUSATTERMINAL=\""])
    func answersOfATester(head: String) {
        var modem = Modem()
        #expect(modem.say("+CUSATP: \"\(Self.openChannel)\"") == [])
        #expect(
            modem.command(head + "810301400382028281830100380282003507020204030 51F0239020200\"")
                == ["opened 2 packet tcp_client 4444 buffer 512"])
        #expect(modem.command("AT+CUSATE=\"D60B99010A82028281B8020205\"") == ["link 2 dropped"])
        #expect(modem.say("+CUSATP: \"D013810301430182028122B6083132333435363738\"") == [])
        #expect(
            modem.say("+CUSATP: \"D009810301410082028122\"") == ["failed send_data packet timeout"])
        #expect(modem.command(head + "810301410082028281830100\"") == ["closed 2 failed dropped 0 sent 0 received"])
        #expect(modem.command("AT+CSQ") == [] && modem.command(head) == [] && modem.command(head + "XY\"") == [])
    }

    /// By type alone: one channel, no bearer, no bytes.
    @Test(arguments: [
        (ModemVendor.quectel, "+QSTKURC: ", 10), (.cinterion, "^SSTN: ", 10), (.telit, "#STN: ", 10),
        (.ublox, "+STKPRO: ", 10), (.simcom, "+STIN: ", 16), (.sierra, "!STKN: ", 16),
    ])
    func typesAlone(vendor: ModemVendor, head: String, radix: Int) {
        var modem = Modem(vendor)
        func line(_ type: Int) -> String { head + String(type, radix: radix) }
        #expect(modem.say(line(0x25)) == [])
        #expect(modem.say(line(0x40)) == ["opened 1 other none"])
        #expect(modem.say(line(0x43)) == ["sent 0 on 1"])
        #expect(modem.say(line(0x42)) == ["received 0 on 1"])
        #expect(modem.say(line(0x44)) == [])
        #expect(modem.say(line(0x41)) == ["closed 1 completed card 0 sent 0 received"])
        #expect(modem.say(line(0x41)) == [])
    }

    @Test(arguments: ["RDY", "^SYSSTART", "POWERED DOWN", "NORMAL POWER DOWN", "+CPIN: NOT INSERTED", "+CPIN: READY"])
    func aRestartEndsChannels(line: String) {
        var modem = Modem(.quectel)
        _ = modem.say("+QSTKURC: 64")
        let isEnd = line != "+CPIN: READY" && line != "NORMAL POWER DOWN"
        #expect(modem.say(line) == (isEnd ? ["closed 1 failed reset 0 sent 0 received"] : []))
    }

    @Test func aMessageShownIsATrigger() {
        var modem = Modem(.cinterion)
        #expect(modem.say("+CMT: ,51", Self.message) == ["trigger sms B00011"])
        // The same message, on its way to the card.
        let envelope = "D1408202838106059121436 5F78B33" + Self.message.dropFirst(14)
        #expect(modem.say("^SSTK: \"\(envelope)\",66,\"03\"") == [])
        _ = modem.say("^SSTK: \"\(Self.openChannel)\",49,\"00\"")
        #expect(
            modem.say("^SSTK: \"81030140038202828183010038028100390205 78\",20,\"01\"")
                == ["opened 1 packet tcp_client 4444 buffer 1400 after a trigger"])
        #expect(modem.say("^SSTK: \"\(envelope)\",66,\"03\"") == ["trigger sms B00011"])
        #expect(modem.say("+CMT: \"+491\",,\"24/01/01\"", "hello") == [])
        #expect(modem.say("+CMT: ,9", "0691") == [] && modem.say("+CMT: ,9") == [])
    }

    /// Of a stored message only its place is told: it was a trigger when the card opens a channel soon after.
    @Test(arguments: [(59, true), (61, false)])
    func aStoredMessageIsATriggerWhenTheCardActs(seconds: UInt64, isTrigger: Bool) {
        var modem = Modem(.mediatek)
        #expect(modem.say("+CMTI: \"SM\",3") == [])
        modem.now += seconds * 1_000_000_000
        let told = modem.say("+STKPCI: 1,\"\(Self.openChannel)\"")
        #expect(
            told == (isTrigger ? ["trigger sms -"] : []) + [
                "opened 0 packet tcp_client 4444" + (isTrigger ? " after a trigger" : "")
            ])
        #expect(modem.say("+STKPCI: 1,\"\(Self.openChannel)\"").contains("trigger sms -") == false)
    }

    /// Lines of any kind, whole and torn: events or none.
    @Test func anyLineIsTaken() {
        var random = SeededGenerator(seed: 11)
        let lines = [
            "^SSTK: \"\(Self.openChannel)\",49,\"00\"", "+CUSATP: \"D009810301410082028121\"", "+STKPCI: 1,\"D0",
            "+QSTKURC: 64", "+CMT: ,1", "+CPIN: NOT READY", "AT+CUSATT=\"810301400382028281830100\"", "+STKPCI: 2",
        ]
        var modem = Modem(.cinterion)
        for _ in 0..<randomRounds {
            var bytes = Array(lines[Int(random.next() % UInt64(lines.count))].utf8)
            bytes = Array(bytes.prefix(Int(random.next() % UInt64(bytes.count + 1))))
            if !bytes.isEmpty, random.next() % 2 == 0 {
                bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
            }
            let said = ATUnsolicited(code: URCName(line: bytes), line: bytes, following: bytes)
            _ = modem.trail.note(said, vendor: .cinterion, at: modem.clock)
            _ = modem.trail.note(command: bytes, at: modem.clock)
        }
    }
}
