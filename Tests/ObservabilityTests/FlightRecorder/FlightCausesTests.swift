import ProbeEvents
import SmartCard
import Synchronization
import Testing

@testable import Observability

/// The cause that is found for a fault, by what was seen around it.
@Suite struct FlightCausesTests {
    final class Heard: EventSink {
        private let all = Mutex<[ProbeEvent]>([])
        var events: [ProbeEvent] { all.withLock { $0 } }
        func receive(_ event: ProbeEvent) { all.withLock { $0.append(event) } }
    }

    /// What is said to one card, by its own program and by another.
    final class Scene {
        let heard = Heard()
        let run: SummaryScenario
        let own = ClientProcess(id: 7, pid: 4242, program: "opensc-tool")
        let other = ClientProcess(id: 8, pid: 4343, program: "pcsc_scan")

        init() {
            run = SummaryScenario(telling: heard)
            run.attach()
            run.open()
        }

        func send(_ command: String, _ response: String, resultCode: UInt32 = 0, microseconds: UInt64 = 1_000) {
            run.send(command, response, microseconds: microseconds, resultCode: resultCode)
        }

        func tell(_ event: ProbeEvent, after nanoseconds: UInt64 = 1_000_000) {
            run.now += nanoseconds
            run.tell(event)
        }

        func change(_ change: ReaderChange.Change) {
            tell(.readerChanged(ReaderChange(stamp: run.stamp(), reader: SummaryScenario.reader, change: change)))
        }

        func begin(_ test: String) {
            let suite = TestSuiteRun(run: 1, suite: "s")
            tell(.test(.began(TestBegan(stamp: run.stamp(), suite: suite, test: test))))
        }

        func fail(_ test: String, lasting: UInt64) {
            let suite = TestSuiteRun(run: 1, suite: "s")
            var stamp = run.stamp(lasting)
            stamp.startNanoseconds -= lasting
            tell(.test(.ended(TestEnded(stamp: stamp, suite: suite, test: test, status: .failed))), after: 0)
        }

        /// The cause of the first fault that is told.
        var cause: FlightCause {
            var open = 0
            for event in heard.events {
                if case .sessionOpened = event { open += 1 }
                guard let fault = Fault(event, openSessions: { _ in open }) else { continue }
                let header = FlightHeader(
                    kind: fault.kind, device: fault.device, message: fault.message, time: "",
                    nanoseconds: event.stamp.endNanoseconds, bench: [:], suppressed: 0)
                return FlightExplanation(FlightFile(header: header, events: heard.events)).cause
            }
            return .unknown("no fault", do: "")
        }
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let cause: String
        let certainty: FlightCause.Certainty
        let happens: @Sendable (Scene) -> Void
        var testDescription: String { cause }
    }

    private static let verify = "0020000108FFFFFFFFFFFFFFFF"
    private static let read = "00B0000000"

    static let rows: [Row] = [
        Row(cause: "wrong_pin", certainty: .certain) { $0.send(verify, "63C2") },
        Row(cause: "wrong_pin", certainty: .certain) { $0.send(verify, "9804") },
        Row(cause: "pin_blocked", certainty: .certain) { $0.send(verify, "63C0") },
        Row(cause: "pin_blocked", certainty: .certain) { $0.send(verify, "6983") },
        Row(cause: "pin_disabled", certainty: .certain) { $0.send(verify, "6984") },
        Row(cause: "data_invalidated", certainty: .certain) { $0.send(read, "6984") },
        Row(cause: "no_pin", certainty: .likely) { $0.send(read, "6982") },
        Row(cause: "other_access_condition", certainty: .likely) {
            $0.send(verify, "9000")
            $0.send(read, "6982")
        },
        Row(cause: "access_lost_by_reset", certainty: .likely) {
            $0.run.call(.reconnect)
            $0.run.now += 1_000
            $0.send(read, "6982")
        },
        Row(cause: "selection_failed", certainty: .likely) {
            $0.send("00A40004022FE2", "6A82")
            $0.send(read, "6986")
        },
        Row(cause: "wrong_order", certainty: .likely) { $0.send(read, "6985") },
        Row(cause: "file_structure", certainty: .certain) { $0.send(read, "6981") },
        Row(cause: "authentication_failed", certainty: .likely) { $0.send("008800812210", "9862") },
        Row(cause: "secure_messaging", certainty: .likely) { $0.send(read, "6988") },
        Row(cause: "malformed_command", certainty: .certain) { $0.send(read, "6B00") },
        Row(cause: "memory_full", certainty: .certain) { $0.send("00D6000001FF", "6A84") },
        Row(cause: "memory_failure", certainty: .certain) { $0.send("00D6000001FF", "6581") },
        Row(cause: "card_internal", certainty: .likely) { $0.send(read, "6F00") },
        Row(cause: "no_status_word", certainty: .certain) { $0.send(read, "") },
        Row(cause: "card_removed", certainty: .certain) {
            $0.send(read, "", resultCode: 0x8010_0069)
            $0.change(.cardWent)
        },
        Row(cause: "card_removed", certainty: .likely) { $0.send(read, "", resultCode: 0x8010_0069) },
        Row(cause: "card_removed", certainty: .certain) { $0.change(.cardWent) },
        Row(cause: "reader_removed", certainty: .certain) {
            $0.send(read, "", resultCode: 0x8010_0017)
            $0.change(.readerWent)
        },
        Row(cause: "pcscd_ended", certainty: .certain) {
            $0.send(read, "", resultCode: 0x8010_001D)
            $0.change(.readerWent)
            let stamp = EventStamp(source: .readerMonitor, startNanoseconds: $0.run.now, wallNanoseconds: 0)
            $0.tell(.sourceState(SourceState(stamp: stamp, isWorking: false, message: "gone")))
        },
        Row(cause: "pcscd_ended", certainty: .likely) { $0.send(read, "", resultCode: 0x8010_001D) },
        Row(cause: "reset_by_neighbour", certainty: .likely) {
            $0.run.client = $0.other
            $0.run.call(.disconnect)
            $0.run.client = $0.own
            $0.send(read, "", resultCode: 0x8010_0068)
        },
        Row(cause: "card_reset", certainty: .likely) { $0.send(read, "", resultCode: 0x8010_0068) },
        Row(cause: "card_reset", certainty: .likely) {
            $0.send(read, "", resultCode: 0x8010_0068)
            $0.run.now += 500_000_000
            $0.change(.cardWent)
        },
        Row(cause: "card_reset", certainty: .likely) {
            $0.send(read, "", resultCode: 0x8010_0068)
            $0.change(.readerWent)
            let stamp = EventStamp(source: .readerMonitor, startNanoseconds: $0.run.now, wallNanoseconds: 0)
            $0.tell(.sourceState(SourceState(stamp: stamp, isWorking: false, message: "gone")))
        },
        Row(cause: "card_mute", certainty: .likely) { $0.send(read, "", resultCode: 0x8010_0066) },
        Row(cause: "link_broken", certainty: .likely) { $0.send(read, "", resultCode: 0x8010_0016) },
        Row(cause: "program_killed", certainty: .certain) { $0.run.end(isOrderly: false, openSessions: 1) },
        Row(cause: "slow_card", certainty: .likely) {
            $0.begin("t")
            $0.send(read, "9000", microseconds: 800_000)
            $0.fail("t", lasting: 900_000_000)
        },
        Row(cause: "refused", certainty: .likely) {
            $0.begin("t")
            $0.send("00A40004022FE2", "6A82")
            $0.fail("t", lasting: 900_000_000)
        },
        // Programs ask for lengths, and wait for their turn: that is told of a failed test alone.
        Row(cause: "malformed_command", certainty: .likely) {
            $0.begin("t")
            $0.send("00D6000001FF", "6A87")
            $0.fail("t", lasting: 900_000_000)
        },
        Row(cause: "card_busy", certainty: .likely) {
            $0.begin("t")
            $0.send(read, "9300")
            $0.fail("t", lasting: 900_000_000)
        },
        Row(cause: "wrong_pin", certainty: .certain) {
            $0.begin("t")
            $0.send(verify, "63C1")
            $0.fail("t", lasting: 900_000_000)
        },
        Row(cause: "unknown", certainty: .unknown) {
            $0.begin("t")
            $0.send(read, "9000")
            $0.fail("t", lasting: 900_000_000)
        },
        Row(cause: "modem_silent", certainty: .certain) {
            $0.tell(.modemChanged(ModemChange(stamp: $0.run.stamp(), modem: "m", change: .stoppedAnswering)))
        },
        Row(cause: "bearer_refused", certainty: .certain) {
            let link = BIPLink(
                device: "R", interface: .pcsc, client: $0.own, session: 1, connection: 0, channel: 0)
            $0.tell(
                .bipFailed(
                    BIPCommandFailed(
                        stamp: $0.run.stamp(), link: link, command: .openChannel, bearer: .packet,
                        error: .networkBusy, result: 0x21)))
        },
        Row(cause: "wrong_psk", certainty: .certain) {
            let link = TLSLink(tap: "ota", connection: 1)
            $0.tell(
                .tls(
                    .handshake(
                        TLSHandshakeDone(
                            stamp: $0.run.stamp(), link: link, version: .tls12, cipherSuite: .pskAES128CBCSHA256,
                            result: .failed, error: .badRecordMac, step: .clientFinished, endedBy: .server))))
        },
    ]

    @Test(arguments: rows)
    func theCause(_ row: Row) {
        let scene = Scene()
        row.happens(scene)
        let cause = scene.cause
        #expect(cause.name == row.cause && cause.certainty == row.certainty, "\(cause)")
        #expect(!cause.words.isEmpty && !cause.advice.isEmpty)
    }

    /// What a failed test came from is told of the test, and no surer than likely.
    @Test func theCauseOfATest() {
        let scene = Scene()
        scene.begin("t")
        scene.send(Self.verify, "63C1")
        let told = Fault(scene.heard.events.last!, openSessions: { _ in 1 })
        #expect(told?.kind == .card)
        scene.fail("t", lasting: 900_000_000)
        let event = scene.heard.events.last!
        let header = FlightHeader(
            kind: .test, device: "s", message: "", time: "", nanoseconds: event.stamp.endNanoseconds, bench: [:],
            suppressed: 0)
        let cause = FlightExplanation(FlightFile(header: header, events: scene.heard.events)).cause
        #expect(cause.name == "wrong_pin" && cause.certainty == .likely)
        #expect(cause.evidence.contains("Virtual PCD 00 00: VERIFY 63C1: "))
    }

    /// Whatever is in a file, an explanation is given.
    @Test func anyEventsAreExplained() {
        let scene = Scene()
        for row in Self.rows { row.happens(scene) }
        let events = scene.heard.events
        var random = SystemRandomNumberGenerator()
        for _ in 0..<300 {
            let some = events.shuffled(using: &random).prefix(Int.random(in: 0...events.count, using: &random))
            let kind = Fault.Kind.allCases.randomElement(using: &random) ?? .card
            let header = FlightHeader(
                kind: kind, device: "R\u{1B}[31m", message: "m\n", time: "x",
                nanoseconds: some.randomElement(using: &random)?.stamp.endNanoseconds ?? 0, bench: ["a": "b"],
                suppressed: .max)
            let lines = FlightExplanation(FlightFile(header: header, events: Array(some))).lines(columns: 80)
            #expect(!lines.isEmpty && lines.count <= 20)
            #expect(lines.allSatisfy { !$0.contains("\u{1B}") && $0.count <= 80 })
        }
    }
}
