import Foundation
import ProbeEvents
import SmartCard
import Synchronization
import TestSupport
import Testing

@testable import Observability

@Suite struct LiveStateTests {
    /// A state that hears a scenario, on its clock.
    private final class Watched {
        let state: LiveState
        let run: SummaryScenario
        private let clock = Clock()

        init() {
            let bench = BenchIdentity(bench: "left", site: "lab", instanceID: "1")
            state = LiveState(bench, traces: { $1 == 1 ? "abc" : nil }, now: { [clock] in clock.now })
            run = SummaryScenario(telling: state)
        }

        func at(seconds: UInt64) { clock.nanoseconds.withLock { $0 = (1 + seconds) * 1_000_000_000 } }

        var status: BenchStatus { state.status(health: nil) }
    }

    private final class Clock: Sendable {
        let nanoseconds = Mutex<UInt64>(1_000_000_000)

        var now: EventClock {
            EventClock(monotonicNanoseconds: nanoseconds.withLock { $0 }, wallNanoseconds: 0)
        }
    }

    @Test func countsAreThoseOfAReport() {
        let watched = Watched()
        watched.run.open()
        watched.run.send("00A4000402DF01", "6A82", microseconds: 90, times: 3)
        watched.run.send("00A40004022FE2", "9000", microseconds: 100, times: 2)
        watched.run.send("00B000000A", "898600000000000000019000", microseconds: 2_000, waitMicroseconds: 500)
        watched.run.send("00B000000A", "6982", microseconds: 20_000_000)
        watched.run.send("00B000000A", "", resultCode: 0x8010_0069)
        let traffic = watched.status.traffic
        #expect((traffic.commands, traffic.errors, traffic.probingRefusals) == (7, 1, 3))
        #expect((traffic.sentBytes, traffic.receivedBytes, traffic.waitSeconds) == (10, 10, 0.0005))
        let commands = watched.status.commands
        #expect(commands.map(\.command) == ["READ BINARY", "SELECT"])
        #expect(commands.map(\.calls) == [2, 5])
        #expect(commands.map(\.errors) == [1, 0])
        // A bound belongs to its bucket; what is above all has the last one.
        #expect(commands[1].buckets == [5] + Array(repeating: 0, count: 16))
        #expect(commands[0].buckets == [0, 0, 0, 0, 1] + Array(repeating: 0, count: 11) + [1])
        let bounds = watched.status.responseTimeBoundsSeconds
        #expect((bounds.count, bounds.first, bounds[4], bounds.last) == (16, 0.0001, 0.0025, 10))
        #expect(commands[0].maxSeconds == 20)
        #expect(watched.status.sessions.map(\.commands) == [7])
        #expect(watched.status.readers.map(\.commands) == [7])
    }

    @Test func ratesAreThoseOfTheLastSeconds() {
        let watched = Watched()
        watched.at(seconds: 100)
        watched.run.send("00B000000A", "6982", times: 50)
        watched.run.send("00B000000A", "9000", times: 150)
        #expect(watched.status.traffic.commandsPerSecond == 20)
        #expect(watched.status.traffic.errorRatio == 0.25)
        #expect(!watched.state.isSettled)
        watched.at(seconds: 111)
        #expect(watched.status.traffic.commandsPerSecond == 0)
        #expect(watched.status.traffic.errorRatio == 0.25)
        watched.at(seconds: 161)
        #expect(watched.status.traffic.errorRatio == 0)
        #expect(watched.state.isSettled)
        #expect(watched.status.traffic.commands == 200)
    }

    /// The operator is the one that was told last, and is none where nothing is registered any more.
    @Test func aModemHasItsOperatorWhileItIsRegistered() {
        let watched = Watched()
        func tell(_ domain: RegistrationDomain, _ state: RegistrationState, _ operatorName: String? = nil) -> String? {
            watched.state.receive(
                .registrationChanged(
                    RegistrationChange(
                        stamp: .now(source: .modem), modem: "M", domain: domain, state: state, technology: .eutran,
                        operatorName: operatorName)))
            return watched.status.modems.first?.operatorName
        }
        #expect(tell(.eps, .home) == nil)
        #expect(tell(.eps, .home, "One") == "One")
        #expect(tell(.cs, .searching) == "One")
        #expect(tell(.eps, .roaming, "Two") == "Two")
        #expect(tell(.eps, .searching) == nil)
    }

    @Test func aChainPointsAtItsBegin() {
        let watched = Watched()
        watched.run.open()
        watched.run.send("00A40004022FE2", "611C")
        watched.run.send("00C000001C", String(repeating: "00", count: 28) + "9000")
        watched.run.send("00B0000000", "6C0A")
        watched.run.send("00B000000A", "000000000000000000009000")
        watched.run.send("00B000000A", "000000000000000000009000")
        let items = watched.state.exchanges(after: 0, atMost: 100).items
        #expect(items.map(\.id) == [1, 2, 3, 4, 5])
        #expect(items.map(\.continues) == [nil, 1, nil, 3, nil])
        #expect(items.map(\.traceId) == Array(repeating: "abc", count: 5))
        #expect(items[3].words == "READ BINARY EF.ICCID (0, 10)")
        #expect(watched.state.detail(of: 2, showsPayload: false)?.chain == [1, 2])
        #expect(watched.state.detail(of: 1, showsPayload: false)?.chain == [1, 2])
        #expect(watched.state.detail(of: 5, showsPayload: false)?.chain == [5])
        #expect(watched.state.detail(of: 6, showsPayload: true) == nil)
        #expect(watched.state.detail(of: 0, showsPayload: true) == nil)
    }

    @Test func bytesAreForThoseWhoMaySeeThem() throws {
        let watched = Watched()
        watched.run.send("00A40004022FE2", "620B8202412183022FE28A0105" + "9000")
        let shown = try #require(watched.state.detail(of: 1, showsPayload: true))
        #expect(shown.payload == "shown")
        #expect((shown.sent.hex, shown.received.hex) == ("2FE2", "620B8202412183022FE28A0105"))
        let hidden = try #require(watched.state.detail(of: 1, showsPayload: false))
        #expect(hidden.payload == "hidden")
        #expect((hidden.sent.hex, hidden.received.hex) == (nil, nil))
        #expect((hidden.sent.lengthBytes, hidden.received.lengthBytes) == (2, 13))
        for text in ["2FE2", "4121"] {
            #expect(String(decoding: try shown.json(), as: UTF8.self).contains(text))
        }
        #expect(!String(decoding: try hidden.json(), as: UTF8.self).contains("4121"))
        #expect(hidden.received.objects.first?.name == "file control parameters")
    }

    /// What is remembered is bounded in number, and in bytes.
    @Test(arguments: [(10, 5_000, 4_096), (32_000, 100, 32)])
    func theOldestMakesRoom(bytes: Int, sent: Int, remembered: Int) {
        let watched = Watched()
        watched.run.send("00B0000000", String(repeating: "00", count: bytes) + "9000", times: sent)
        let (items, missed) = watched.state.exchanges(after: 0, atMost: .max)
        #expect(items.last?.id == UInt64(sent))
        #expect(missed + UInt64(items.count) == UInt64(sent))
        #expect(items.count == remembered)
        #expect(watched.state.exchanges(after: UInt64(sent) - 1, atMost: 10).items.map(\.id) == [UInt64(sent)])
        #expect(watched.state.exchanges(after: UInt64(sent), atMost: 10).items.isEmpty)
        #expect(watched.state.exchanges(after: .max, atMost: 10).items.isEmpty)
    }

    @Test func everythingThatIsOpenIsBounded() {
        let watched = Watched()
        for number in 0..<6_000 { watched.run.open(UInt64(number), reader: "reader \(number)", atr: nil) }
        #expect(watched.status.sessionCount == 6_000)
        #expect(watched.status.sessions.count == 100)
        #expect(watched.status.readers.count == 64)
        for number in 0..<6_000 { watched.run.close(UInt64(number), reader: "reader \(number)", lasted: 1) }
        #expect(watched.status.sessionCount == 0)
        for number in 0..<200 { watched.run.source(isWorking: false, "fault \(number)") }
        #expect(watched.status.faults.count == 50)
        #expect(watched.status.faults.first?.message == "fault 199")
    }

    @Test func theSameFaultInARowIsCounted() {
        let watched = Watched()
        watched.run.open()
        watched.run.send("00B000000A", "6982", times: 3)
        watched.run.send("00A4000402DF01", "6A82")
        watched.run.send("0020000108FFFFFFFFFFFFFFFF", "63C2")
        watched.run.drop(.ringFull, 7)
        watched.run.drop(.ringFull, 5)
        let faults = watched.status.faults
        #expect(faults.map(\.kind) == ["loss", "card", "card"])
        #expect(faults.map(\.count) == [12, 1, 3])
        #expect(faults.map(\.traceId) == [nil, "abc", "abc"])
        #expect(faults[1].message.hasPrefix("VERIFY PIN1: "))
        #expect(watched.status.droppedEvents == 12)
    }

    @Test func faultsThatAlternateAreGathered() {
        let watched = Watched()
        watched.run.open()
        for _ in 0..<3 {
            watched.run.send("00B000000A", "6982", times: 2)
            watched.run.drop(.ringFull, 4)
        }
        let faults = watched.status.faults
        #expect(faults.map(\.kind) == ["loss", "card"])
        #expect(faults.map(\.count) == [12, 6])
        #expect(faults.first?.message == "events lost: ring full")
    }

    @Test func aChannelHasItsSessionsTraceAndItsEndInWords() {
        let watched = Watched()
        for (session, reason) in [(UInt64(1), BIPCloseReason.card), (2, .dropped)] {
            let link = BIPLink(
                device: SummaryScenario.reader, interface: .pcsc, client: watched.run.client, session: session,
                connection: session, channel: 1)
            watched.run.tell(
                .bipOpened(
                    BIPChannelOpened(
                        stamp: watched.run.stamp(), link: link, bearer: .packet, transport: .tcpClient, port: 443)))
            watched.run.tell(
                .bipFailed(
                    BIPCommandFailed(
                        stamp: watched.run.stamp(), link: link, command: .closeChannel, bearer: .packet,
                        error: .channelClosed)))
            watched.run.tell(
                .bipClosed(
                    BIPChannelClosed(
                        stamp: watched.run.stamp(), link: link, bearer: .packet,
                        status: reason == .card ? .completed : .failed, reason: reason, sentBytes: 0,
                        receivedBytes: 0)))
        }
        #expect(watched.status.channels.map(\.traceId) == [nil, "abc"])
        #expect(watched.status.channels.map(\.reason) == ["dropped", "channel_closed"])
        let faults = watched.status.faults.map { "\($0.message) ×\($0.count)" }
        #expect(faults == ["channel 1: link dropped ×1", "CLOSE CHANNEL: channel closed ×2"])
    }

    /// A session over the air is there from its begin, and has its legs when these are known.
    @Test func aSessionOverTheAir() {
        let watched = Watched()
        let link = OTALink(device: "ota", session: 4, connection: 4)
        let stamp = watched.run.stamp()
        watched.run.tell(.ota(.began(OTASessionBegan(stamp: stamp, link: link, sessionProtocol: .scp81))))
        #expect(watched.status.ota.map { "\($0.id) \($0.kind) \($0.device) \($0.state)" } == ["ota-4 scp81 ota open"])
        watched.run.tell(
            .ota(
                .ended(
                    OTASessionEnded(
                        stamp: stamp, link: link, sessionProtocol: .scp81, status: .failed, error: .accessDenied))))
        #expect(watched.status.ota.map(\.state) == ["failed"] && watched.status.ota.map(\.reason) == ["access_denied"])
        watched.state.note(
            OTATimeline(
                kind: .scp81, device: "R", tap: "ota", session: link,
                began: EventClock(monotonicNanoseconds: 1, wallNanoseconds: 1_000_000),
                durationNanoseconds: 1_500_000_000, status: .failed, error: "access_denied",
                steps: [
                    OTATimeline.Step("open_channel", .seen, after: 0, took: 500_000_000),
                    OTATimeline.Step("script", .notReached),
                ]))
        #expect(
            watched.status.ota == [
                BenchStatus.OTA(
                    id: "ota-4", kind: "scp81", device: "R", tap: "ota", state: "failed", reason: "access_denied",
                    beganAt: "1970-01-01T00:00:00.001Z", ageSeconds: 1.5,
                    steps: [
                        .init(name: "open_channel", state: "seen", afterSeconds: 0, seconds: 0.5),
                        .init(name: "script", state: "not_reached"),
                    ])
            ])
    }

    @Test func aReaderThatIsWatchedIsNotJudgedByCalls() {
        let watched = Watched()
        watched.run.send("00B000000A", "9000", reader: "seen")
        watched.run.change(.readerCame, reader: "watched")
        watched.run.change(.cardCame, reader: "watched")
        watched.run.call(.connect, resultCode: 0x8010_0009, reader: "seen")
        watched.run.call(.connect, resultCode: 0x8010_0009, reader: "watched")
        watched.run.call(.connect, resultCode: 0x8010_0066, reader: "watched")
        let readers = watched.status.readers
        #expect(readers.map(\.name) == ["seen", "watched"])
        #expect(readers.map(\.isPresent) == [false, true])
        #expect(readers.map(\.hasCard) == [false, true])
        #expect(readers.map(\.isMute) == [false, true])
        watched.run.change(.readerWent, reader: "watched")
        #expect(watched.status.readers.map(\.isPresent) == [false, false])
        #expect(watched.status.faults.first?.message == "the reader is gone")
    }

    /// Keys are a contract: what is written is read again as the same.
    @Test func jsonIsReadAgain() throws {
        let watched = Watched()
        watched.run.open()
        watched.run.send("00B000000A", "6982")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let status = watched.status
        #expect(try decoder.decode(BenchStatus.self, from: Data(status.json())) == status)
        let items = watched.state.exchanges(after: 0, atMost: 9).items
        #expect(try decoder.decode([LiveExchange].self, from: Data(LiveExchange.json(items))) == items)
    }
}
