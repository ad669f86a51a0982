import Observability
import ProbeEvents
import SmartCard
import TestSupport
import Testing

/// Whatever a tap hands out, nobody but a capture gets more than the standard level.
@Suite struct StandardLevelTests {
    @Test(arguments: Redaction.Level.allCases)
    func moreIsCut(level: Redaction.Level) {
        let secret = [UInt8](repeating: 0x77, count: 8)
        let recording = RecordingSink()
        let sink = StandardLevel(recording)
        let commands: [[UInt8]] = [
            [0x00, 0xB0, 0x00, 0x00, 0x08], [0x00, 0xD6, 0x00, 0x00, 0x08] + secret, [0x00, 0xC0, 0x00, 0x00, 0x0A],
            [0x80, 0xE4, 0x00, 0x00, 0x08] + secret, [0x80, 0xCA, 0x00, 0x5A, 0x00],
        ]
        for command in commands {
            let kept = Redaction.kept(command: command, response: secret + [0x90, 0x00], level: level)
            sink.receive(.apdu(Self.exchange(kept.command, kept.response, isCut: kept.cut)))
        }
        #expect(recording.count == commands.count)
        for case .apdu(let exchange) in recording.events {
            #expect(exchange.isCut)
            #expect(!exchange.command.bytes.contains(0x77) && !exchange.response.bytes.dropLast(2).contains { $0 != 0 })
            #expect(exchange.response.bytes.count == 10 && exchange.statusWord?.value == 0x9000)
        }
    }

    /// What has no room for a status word is no answer that is known.
    @Test func anAnswerThatIsTooShortIsCut() {
        let recording = RecordingSink()
        let select: [UInt8] = [0x00, 0xA4, 0x00, 0x04, 0x02, 0x3F, 0x00]
        for response in [[], [0x77], [0x77, 0x00]] as [[UInt8]] {
            StandardLevel(recording).receive(.apdu(Self.exchange(select, response, isCut: false)))
        }
        let responses = recording.events.map { event in
            if case .apdu(let exchange) = event { return exchange.response.bytes }
            return []
        }
        #expect(responses == [[], [0x00], [0x77, 0x00]])
    }

    @Test func theRestPasses() {
        let recording = RecordingSink()
        let select = ProbeEvent.apdu(
            Self.exchange([0x00, 0xA4, 0x00, 0x04, 0x02, 0x3F, 0x00], [0x62, 0x00, 0x90, 0x00], isCut: false))
        let lost = ProbeEvent.eventsDropped(
            EventsDropped(stamp: .now(source: .shim), reason: .ringFull, count: 3))
        let sink = StandardLevel(recording)
        [select, lost].forEach(sink.receive)
        #expect(recording.events == [select, lost])
    }

    private static func exchange(_ command: [UInt8], _ response: [UInt8], isCut: Bool) -> APDUExchange {
        APDUExchange(
            stamp: .now(source: .shim), client: ClientProcess(id: 1, pid: 1, program: "p"), thread: 1, session: 1,
            reader: "R", interface: .pcsc, sessionProtocol: .t0, name: .select, command: HexBytes(command),
            response: HexBytes(response), isCut: isCut, resultCode: 0, waitNanoseconds: 0, isWaitExact: true)
    }
}
