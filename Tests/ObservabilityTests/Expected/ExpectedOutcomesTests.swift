import ProbeEvents
import SmartCard
import Synchronization
import Testing

@testable import Observability

/// Failures that are meant, between a source and what counts.
@Suite struct ExpectedOutcomesTests {
    private final class Heard: EventSink {
        let expected = Mutex<[Bool]>([])

        func receive(_ event: ProbeEvent) {
            if case .apdu(let exchange) = event { expected.withLock { $0.append(exchange.isExpected) } }
        }
    }

    private static let suite = TestSuiteRun(run: 1, suite: "s")
    private static let refused = "0020000108FFFFFFFFFFFFFFFF"

    private static func apdu(
        _ command: String, _ response: String, at time: UInt64 = 1_000, pid: Int32 = 1
    ) -> ProbeEvent {
        guard case .apdu(var exchange) = CollectorScenario.apdu(command, response) else { preconditionFailure() }
        exchange.stamp.startNanoseconds = time
        exchange.client.pid = pid
        return .apdu(exchange)
    }

    private static func marks(_ rules: [String], _ events: [ProbeEvent]) throws -> ([Bool], [UInt64]) {
        let heard = Heard()
        let stage = ExpectedOutcomes(heard, rules: try rules.map { try ExpectedOutcome($0) })
        for event in events { stage.receive(event) }
        return (heard.expected.withLock { $0 }, stage.expectations.map(\.count))
    }

    @Test func rulesOfTheWhole() throws {
        let events = [
            Self.apdu(Self.refused, "63C2"), Self.apdu(Self.refused, "6983"), Self.apdu(Self.refused, "9000"),
            Self.apdu("00A40004027FFF", "6A82"), Self.apdu(Self.refused, "63C1"),
        ]
        let (marks, counts) = try Self.marks(["VERIFY=63CX", "READ BINARY=6982", "SELECT=6A82"], events)
        #expect(marks == [true, false, false, true, true])
        #expect(counts == [2, 0, 1])
        #expect(try Self.marks([], events).0 == [false, false, false, false, false])
    }

    /// A test's own hold for what happened in it, whenever that is heard.
    @Test func rulesOfATest() throws {
        func stamp(_ start: UInt64, _ duration: UInt64 = 0) -> EventStamp {
            EventStamp(
                source: .testerSocket, startNanoseconds: start, durationNanoseconds: duration, wallNanoseconds: start)
        }
        let began = TestBegan(stamp: stamp(100), suite: Self.suite, test: "a", pid: 7, expects: ["VERIFY=63CX"])
        let other = TestBegan(stamp: stamp(100), suite: Self.suite, test: "b", pid: 8)
        let ended = TestEnded(stamp: stamp(100, 100), suite: Self.suite, test: "a", status: .passed, pid: 7)
        let (marks, _) = try Self.marks(
            [],
            [
                Self.apdu(Self.refused, "63C2", at: 90, pid: 7), .test(.began(began)), .test(.began(other)),
                Self.apdu(Self.refused, "63C2", at: 150, pid: 7), Self.apdu(Self.refused, "63C2", at: 150, pid: 8),
                Self.apdu(Self.refused, "6983", at: 160, pid: 7), .test(.ended(ended)),
                Self.apdu(Self.refused, "63C1", at: 190, pid: 7), Self.apdu(Self.refused, "63C1", at: 201, pid: 7),
            ])
        #expect(marks == [false, true, false, false, true, false])
    }

    /// Neither an error nor a PIN that runs out; the answer itself is counted as ever.
    @Test func countedApart() throws {
        guard case .apdu(var exchange) = Self.apdu(Self.refused, "63C0") else { return }
        exchange.isExpected = true
        exchange.resultCode = 0
        var unanswered = exchange
        (unanswered.response, unanswered.resultCode) = ([], 0x8010_0069)
        #expect(
            CollectorScenario.samples("apdu_", after: [.apdu(exchange), .apdu(unanswered)]).filter {
                !$0.contains("response_time") && !$0.contains("data_bytes")
            } == [
                #"apdu_commands_total{command="VERIFY",interface="pcsc"} 1"#,
                #"apdu_responses_total{status_word="63CX",success="false"} 1"#,
                #"apdu_expected_errors_total{error_type="pin_blocked",command="VERIFY"} 1"#,
                #"apdu_expected_errors_total{error_type="card_removed",command="VERIFY"} 1"#,
            ])
    }
}
