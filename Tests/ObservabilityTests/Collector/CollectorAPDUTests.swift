import ProbeEvents
import PrometheusClient
import SmartCard
import Testing

@testable import Observability

@Suite struct CollectorAPDUTests {
    typealias Scenario = CollectorScenario

    @Test func aSessionWithACard() {
        let events = [
            Scenario.apdu("00A40004023F00", "6110", duration: 3_100_000),
            Scenario.apdu("00C0000010", "000102030405060708090A0B0C0D0E0F9000", duration: 400_000),
            Scenario.apdu("00A4000402DF01", "6A82", duration: 9_000_000),
            Scenario.apdu("00B0000000", "6C0A", duration: 100_000),
            Scenario.apdu("00B000000A", "898600000000000000019000", duration: 2_000_000),
            Scenario.apdu("0020000108FFFFFFFFFFFFFFFF", "63C2", duration: 5_000_000),
            Scenario.apdu("A0F2000000", "", duration: 7_000_000, resultCode: 0x8010_0016),
        ]
        #expect(
            Scenario.samples("apdu_", after: events) == [
                #"apdu_commands_total{command="SELECT",interface="pcsc"} 2"#,
                #"apdu_commands_total{command="GET RESPONSE",interface="pcsc"} 1"#,
                #"apdu_commands_total{command="STATUS",interface="pcsc"} 1"#,
                #"apdu_commands_total{command="READ BINARY",interface="pcsc"} 2"#,
                #"apdu_commands_total{command="VERIFY",interface="pcsc"} 1"#,
                #"apdu_responses_total{status_word="9000",success="true"} 2"#,
                #"apdu_responses_total{status_word="61XX",success="true"} 1"#,
                #"apdu_responses_total{status_word="6CXX",success="false"} 1"#,
                #"apdu_responses_total{status_word="63CX",success="false"} 1"#,
                #"apdu_responses_total{status_word="6A82",success="false"} 1"#,
                #"apdu_errors_total{error_type="not_found",command="SELECT"} 1"#,
                #"apdu_errors_total{error_type="security",command="VERIFY"} 1"#,
                #"apdu_errors_total{error_type="transport",command="STATUS"} 1"#,
                #"apdu_pin_answers_total{tries_left="2"} 1"#,
                #"apdu_response_time_seconds_sum{command="SELECT"} 0.0121"#,
                #"apdu_response_time_seconds_count{command="SELECT"} 2"#,
                #"apdu_response_time_seconds_sum{command="GET RESPONSE"} 0.0004"#,
                #"apdu_response_time_seconds_count{command="GET RESPONSE"} 1"#,
                #"apdu_response_time_seconds_sum{command="STATUS"} 0.007"#,
                #"apdu_response_time_seconds_count{command="STATUS"} 1"#,
                #"apdu_response_time_seconds_sum{command="READ BINARY"} 0.0021"#,
                #"apdu_response_time_seconds_count{command="READ BINARY"} 2"#,
                #"apdu_response_time_seconds_sum{command="VERIFY"} 0.005"#,
                #"apdu_response_time_seconds_count{command="VERIFY"} 1"#,
                #"apdu_data_bytes_sum{direction="sent"} 12"#,
                #"apdu_data_bytes_count{direction="sent"} 3"#,
                #"apdu_data_bytes_sum{direction="received"} 26"#,
                #"apdu_data_bytes_count{direction="received"} 2"#,
            ])
    }

    /// A program that has no event but the figures counts the same.
    @Test(arguments: [
        ("00A40000023F00", "9000"), ("00A40004023F00", "6A82"), ("0020000108FFFFFFFFFFFFFFFF", "63C0"),
        ("00B0000004", "010203049000"), ("906A000000", "91AE"), ("80F2000000", "6C0A"), ("00840000", "9000"),
    ])
    func figuresCountAsTheEventDoes(command: String, response: String) throws {
        let event = Scenario.apdu(command, response, duration: 3_100_000, interface: .at)
        guard case .apdu(let exchange) = event else { return }
        let header = CommandAPDU(exchange.command.bytes)
        let collector = Collector()
        collector.recordAPDU(
            cla: header.cla, ins: header.ins, p1: header.p1, interface: .at,
            statusWord: try #require(exchange.statusWord).value, sentBytes: header.lc,
            receivedBytes: exchange.response.bytes.count - 2, nanoseconds: 3_100_000)
        let counted = Scenario.samples(["apdu_"], of: collector)
        #expect(counted == Scenario.samples("apdu_", after: [event]))
        #expect(counted.count > 3)
    }

    @Test(arguments: [
        ("00A40000023F00", "9000", #"{status_word="9000",success="true"}"#),
        ("00A40000023F00", "9123", #"{status_word="91XX",success="true"}"#),
        // In class 90 it is a DESFire status.
        ("906A000000", "91AE", #"{status_word="91XX",success="false"}"#),
        ("A0A40000023F00", "9F17", #"{status_word="9FXX",success="true"}"#),
        ("A0D6000001FF", "9203", #"{status_word="92XX",success="true"}"#),
        ("A0D6000001FF", "9240", #"{status_word="9240",success="false"}"#),
        ("00B2010400", "6282", #"{status_word="6282",success="true"}"#),
        ("80F2400002 4F00", "6310", #"{status_word="6310",success="true"}"#),
        ("0020000108FFFFFFFFFFFFFFFF", "63C0", #"{status_word="63CX",success="false"}"#),
        ("80C2000003D60100", "9300", #"{status_word="9300",success="false"}"#),
        ("00B0000000", "6C12", #"{status_word="6CXX",success="false"}"#),
        ("00B0000000", "6742", #"{status_word="67XX",success="false"}"#),
        ("00B0000000", "1234", #"{status_word="OTHER",success="false"}"#),
    ])
    func statusWords(command: String, response: String, labels: String) {
        let event = Scenario.apdu(command.replacing(" ", with: ""), response)
        #expect(Scenario.samples("apdu_responses", after: [event]) == ["apdu_responses_total\(labels) 1"])
    }

    @Test(arguments: [
        ("00A4040007A0000000871002", "6A82", UInt32(0), #"{error_type="not_found",command="SELECT"}"#),
        ("00A4040007A0000000871002", "6A81", 0, #"{error_type="not_supported",command="SELECT"}"#),
        ("00A4040007A0000000871002", "6D00", 0, #"{error_type="not_supported",command="SELECT"}"#),
        ("00A4040007A0000000871002", "6E00", 0, #"{error_type="not_supported",command="SELECT"}"#),
        ("00B0000000", "6E00", 0, #"{error_type="not_supported",command="READ BINARY"}"#),
        ("00B0000000", "6C12", 0, nil),
        ("80C2000003D60100", "9300", 0, nil),
        ("00B0000000", "6281", 0, nil),
        ("0020000108FFFFFFFFFFFFFFFF", "63C0", 0, #"{error_type="pin_blocked",command="VERIFY"}"#),
        ("00B0000000", "", 0, #"{error_type="malformed",command="READ BINARY"}"#),
        ("00B0000000", "90", 0, #"{error_type="malformed",command="READ BINARY"}"#),
        ("00B0000000", "", 0x8010_000C, #"{error_type="card_removed",command="READ BINARY"}"#),
        ("00B0000000", "", 0x8010_0016, #"{error_type="transport",command="READ BINARY"}"#),
        // What could not be sent fails all the same.
        ("00B0000000", "", 0x8010_0069, #"{error_type="card_removed",command="READ BINARY"}"#),
        ("00B0000000", "", 0xDEAD_BEEF, #"{error_type="transport",command="READ BINARY"}"#),
    ])
    func errors(command: String, response: String, resultCode: UInt32, labels: String?) {
        let event = Scenario.apdu(command, response, resultCode: resultCode)
        let expected = labels.map { ["apdu_errors_total\($0) 1"] } ?? []
        #expect(Scenario.samples("apdu_errors", after: [event]) == expected)
    }

    @Test(arguments: [
        ("0020000108FFFFFFFFFFFFFFFF", "63C5", "more"), ("0020000108FFFFFFFFFFFFFFFF", "63C3", "more"),
        ("0020000108FFFFFFFFFFFFFFFF", "63C2", "2"), ("0020000108FFFFFFFFFFFFFFFF", "63C1", "1"),
        ("0020000108FFFFFFFFFFFFFFFF", "63C0", "0"), ("0020000108FFFFFFFFFFFFFFFF", "6983", "0"),
        ("A020000108FFFFFFFFFFFFFFFF", "9840", "0"),
        // Asked without a value, it is not refused, and tells the same.
        ("0020000100", "63C1", "1"),
        ("0020000108FFFFFFFFFFFFFFFF", "9000", nil), ("0020000108FFFFFFFFFFFFFFFF", "6982", nil),
        // Here it is the card's memory that was tried again.
        ("00D600000101", "63C1", nil),
    ])
    func triesThatAreLeft(command: String, response: String, left: String?) {
        let expected = left.map { [#"apdu_pin_answers_total{tries_left="\#($0)"} 1"#] } ?? []
        #expect(Scenario.samples("apdu_pin_answers", after: [Scenario.apdu(command, response)]) == expected)
    }

    @Test(arguments: [
        (UInt32(0), true), (0x8010_0003, false), (0x8010_0004, false), (0x8010_0008, true), (0x8010_000B, false),
        (0x8010_000C, true), (0x8010_000F, false), (0x8010_0011, false), (0x8010_0013, true), (0x8010_0016, true),
        (0x8010_0017, true), (0x8010_001D, true), (0x8010_0068, false), (0x8010_0069, false), (0xFFFF_FFFF, true),
    ])
    func onlyWhatReachedTheCardIsCounted(resultCode: UInt32, isCounted: Bool) {
        let event = Scenario.apdu("00A40004023F00", resultCode == 0 ? "9000" : "", resultCode: resultCode)
        let samples = Scenario.samples("apdu_commands", "apdu_response_time_seconds_count", "apdu_data", after: [event])
        #expect(
            samples
                == (isCounted
                    ? [
                        #"apdu_commands_total{command="SELECT",interface="pcsc"} 1"#,
                        #"apdu_response_time_seconds_count{command="SELECT"} 1"#,
                        #"apdu_data_bytes_sum{direction="sent"} 2"#, #"apdu_data_bytes_count{direction="sent"} 1"#,
                    ] : []))
    }

    @Test func waitingIsNotTheCards() {
        let events = [
            Scenario.apdu("00B0000000", "9000", duration: 545_000_000, wait: 501_400_000),
            // A wait longer than the call: the card's time is 0, not a number near 2^64.
            Scenario.apdu("00B0000000", "9000", duration: 10, wait: 1_000_000),
            Scenario.operation(.beginTransaction, wait: 2_000_000_000),
            Scenario.operation(.connect, wait: 3_000_000_000),
            Scenario.operation(.status),
        ]
        #expect(
            Scenario.samples("apdu_wait", "apdu_response_time", after: events) == [
                #"apdu_response_time_seconds_sum{command="READ BINARY"} 0.0436"#,
                #"apdu_response_time_seconds_count{command="READ BINARY"} 2"#,
                #"apdu_wait_seconds_sum{reason="transaction"} 2.5024"#,
                #"apdu_wait_seconds_count{reason="transaction"} 3"#,
                #"apdu_wait_seconds_sum{reason="connect"} 3"#, #"apdu_wait_seconds_count{reason="connect"} 1"#,
            ])
    }

    @Test(arguments: [
        // No data: a header, a header with Le, an answer with a status word only.
        ("00A40000", "9000", [String]()),
        ("00B0000000", "9000", []),
        ("00B000000000FF", "9000", []),
        // Lc and Le are not data.
        ("00A40004023F0000", "9000", ["sent} 2"]),
        // Extended: two bytes of data behind 00 0002.
        ("00D60000000002AABB", "9000", ["sent} 2"]),
        ("00B0000003", "0102039000", ["received} 3"]),
        // Lc says another length: there is no data field to be measured.
        ("00A40004053F00", "6700", []),
    ])
    func dataFields(command: String, response: String, expected: [String]) {
        let sums = Scenario.samples("apdu_data_bytes_sum", after: [Scenario.apdu(command, response)])
        #expect(
            sums.map { $0.replacing(#"apdu_data_bytes_sum{direction=""#, with: "").replacing("\"", with: "") }
                == expected)
    }

    @Test func failuresOfTheReader() {
        let events = [
            Scenario.apdu("00B0000000", "", resultCode: 0x8010_000B, reader: "A"),
            Scenario.apdu("00B0000000", "", resultCode: 0x8010_000B, reader: ""),
            Scenario.apdu("00B0000000", "", resultCode: 0x8010_0017),
            Scenario.operation(.connect, resultCode: 0x8010_000B, reader: "A"),
            Scenario.operation(.control, resultCode: 0x8010_000B, reader: "A"),
            // Another interface has no reader.
            Scenario.apdu("00B0000000", "", resultCode: 0x8010_0017, interface: .at),
        ]
        #expect(
            Scenario.samples("device_errors", "reader_sharing", after: events) == [
                #"device_errors_total{device_type="reader",error_type="unavailable"} 1"#,
                #"device_errors_total{device_type="reader",error_type="sharing_violation"} 4"#,
                #"reader_sharing_violations_total{reader="A"} 3"#,
                #"reader_sharing_violations_total{reader="unknown"} 1"#,
            ])
    }
}
