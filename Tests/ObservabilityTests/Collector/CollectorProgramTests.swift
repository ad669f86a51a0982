import Dispatch
import ProbeEvents
import PrometheusClient
import SmartCard
import Testing

@testable import Observability

/// What programs record themselves.
@Suite struct CollectorProgramTests {
    private struct Failed: Error, Equatable {
        var reason = "no"
    }

    private static func samples(_ families: String..., of collector: Collector) -> [String] {
        CollectorScenario.samples(families, of: collector)
    }

    /// The samples without those that say 0 or how long something took.
    private static func counts(_ families: String..., of collector: Collector) -> [String] {
        CollectorScenario.samples(families, of: collector).filter { !$0.contains("_sum") && !$0.hasSuffix(" 0") }
    }

    /// Whatever is to be recorded has a method, and a scrape shows it.
    @Test func everyFamilyOfTheBenchCanBeRecorded() {
        let collector = Collector()
        EveryFamily.record(in: collector, named: "left")
        let open = EveryFamily.open(in: collector, named: "left")
        let shown = RegistryWalk(of: collector.registry).filter { $0.descriptor.name.hasPrefix("cardlink_") }
        for sample in EveryFamily.samples(named: "left") {
            let name = "cardlink_\(sample.name)"
            let family = shown.first { name == $0.descriptor.name || name.hasPrefix("\($0.descriptor.name)_") }
            let child = family?.children.first { child in
                zip(family?.descriptor.labels ?? [], child.labelValues).allSatisfy { sample.labels[$0.name] == $1 }
            }
            let value: Double? =
                switch child?.value {
                case .count(let count): Double(count)
                case .number(let number): number
                case .histogram(let histogram): name.hasSuffix("_sum") ? histogram.sum : Double(histogram.count)
                case nil: nil
                }
            #expect(value == sample.value, "\(name) \(sample.labels)")
        }
        // Those that time alone fills, that a whole exchange does, and those of the machine.
        let others = ["session_duration_seconds", "bip_connection_duration_seconds", "apdu_pin_answers_total"]
        let recorded = EveryFamily.samples(named: "left").map { "cardlink_\($0.name)" }
        for family in shown where !family.descriptor.name.hasPrefix("cardlink_system") {
            let name = family.descriptor.name
            let isRecorded = recorded.contains { $0 == name || $0.hasPrefix("\(name)_") }
            let isOfTheProbe = Collector(scope: .probeHealth).registry.descriptors.contains { $0.name == name }
            #expect(isRecorded || isOfTheProbe || others.contains { name.hasSuffix($0) }, "\(name)")
        }
        withExtendedLifetime(open) {}
    }

    @Test func anExchangeCountsAllThatItTells() throws {
        let collector = Collector()
        let response = collector.timedExchange([0x00, 0xA4, 0x04, 0x00, 0x02, 0xA0, 0x00]) { [0x61, 0x10] }
        #expect(response == [0x61, 0x10])
        #expect(throws: Failed()) {
            try collector.timedExchange([0x00, 0xB0, 0, 0, 4]) { throw Failed() }
        }
        _ = collector.timedExchange([0x00, 0xB0, 0, 0, 4]) { [0x90] }
        #expect(
            Self.counts("apdu_", of: collector) == [
                #"apdu_commands_total{command="SELECT",interface="pcsc"} 1"#,
                #"apdu_commands_total{command="READ BINARY",interface="pcsc"} 2"#,
                #"apdu_responses_total{status_word="61XX",success="true"} 1"#,
                #"apdu_errors_total{error_type="malformed",command="READ BINARY"} 1"#,
                #"apdu_errors_total{error_type="transport",command="READ BINARY"} 1"#,
                #"apdu_response_time_seconds_count{command="SELECT"} 1"#,
                #"apdu_response_time_seconds_count{command="READ BINARY"} 2"#,
                #"apdu_data_bytes_count{direction="sent"} 1"#,
            ])
    }

    /// Each closure, waiting or not: its value comes back, its error too, and both are counted.
    @Test func closuresAreTimedAndTheirErrorsCounted() async throws {
        let collector = Collector()
        func both<Value: Equatable>(
            _ value: Value, _ plain: (() throws(Failed) -> Value) throws(Failed) -> Value,
            _ waiting: (() async throws(Failed) -> Value) async throws(Failed) -> Value
        ) async throws {
            #expect(try plain { value } == value)
            #expect(throws: Failed()) { try plain { () throws(Failed) in throw Failed() } }
            #expect(try await waiting { value } == value)
            await #expect(throws: Failed()) { try await waiting { () async throws(Failed) in throw Failed() } }
        }
        try await both(
            1, { work throws(Failed) in try collector.timedCommand(.getResponse, errorType: { _ in .timeout }, work) },
            { work async throws(Failed) in
                try await collector.timedCommand(.getResponse, errorType: { _ in .timeout }, work)
            })
        try await both(
            2, { work throws(Failed) in try collector.withSession(.ota, errorType: { _ in .timeout }, work) },
            { work async throws(Failed) in try await collector.withSession(.ota, errorType: { _ in .timeout }, work) })
        try await both(
            3, { work throws(Failed) in try collector.withBIPChannel(over: .eutran, work) },
            { work async throws(Failed) in try await collector.withBIPChannel(over: .eutran, work) })
        try await both(
            CipherSuite.pskNullSHA, { work throws(Failed) in try collector.timedTLSHandshake(work) },
            { work async throws(Failed) in try await collector.timedTLSHandshake(work) })
        try await both(
            4, { work throws(Failed) in try collector.timedOTALeg(.script, work) },
            { work async throws(Failed) in try await collector.timedOTALeg(.script, work) })
        try await both(
            5, { work throws(Failed) in try collector.countedTrigger(.sms, work) },
            { work async throws(Failed) in try await collector.countedTrigger(.sms, work) })
        try await both(
            6, { work throws(Failed) in try collector.countedOperation(.control, on: .modem, work) },
            { work async throws(Failed) in try await collector.countedOperation(.control, on: .modem, work) })
        try await both(
            7, { work throws(Failed) in try collector.timedATCommand(.csq, work) },
            { work async throws(Failed) in try await collector.timedATCommand(.csq, work) })
        try await both(
            8, { work throws(Failed) in try collector.timedADBOperation(.shell, work) },
            { work async throws(Failed) in try await collector.timedADBOperation(.shell, work) })
        try await both(
            9, { work throws(Failed) in try collector.withTest(in: "s", work) },
            { work async throws(Failed) in try await collector.withTest(in: "s", work) })
        try await both(
            10, { work throws(Failed) in try collector.timedQuery(.insert, table: "t", work) },
            { work async throws(Failed) in try await collector.timedQuery(.insert, table: "t", work) })
        try await both(
            11, { work throws(Failed) in try collector.withTestSuite("s", work) },
            { work async throws(Failed) in try await collector.withTestSuite("s", work) })
        #expect(
            Self.counts(
                "apdu_", "active_", "session", "bip_", "tls_", "ota_", "trigger", "device_", "at_", "adb_", "test",
                "database_", of: collector)
                == Self.expectedOfBoth)
    }

    private static let expectedOfBoth = [
        #"apdu_commands_total{command="GET RESPONSE",interface="pcsc"} 4"#,
        #"apdu_errors_total{error_type="timeout",command="GET RESPONSE"} 2"#,
        #"apdu_response_time_seconds_count{command="GET RESPONSE"} 4"#,
        #"sessions_total{session_type="ota",protocol="unknown"} 4"#,
        #"session_duration_seconds_count{session_type="ota",status="completed"} 2"#,
        #"session_duration_seconds_count{session_type="ota",status="timeout"} 2"#,
        #"session_errors_total{session_type="ota",error_type="timeout"} 2"#,
        #"bip_connection_duration_seconds_count{bearer_type="eutran",status="completed"} 2"#,
        #"bip_connection_duration_seconds_count{bearer_type="eutran",status="failed"} 2"#,
        #"bip_errors_total{error_type="other",bearer_type="eutran"} 2"#,
        #"tls_handshakes_total{cipher_suite="TLS_PSK_WITH_NULL_SHA",result="success"} 2"#,
        #"tls_handshakes_total{cipher_suite="none",result="failed"} 2"#,
        #"tls_handshake_duration_seconds_count{cipher_suite="TLS_PSK_WITH_NULL_SHA"} 2"#,
        #"tls_handshake_duration_seconds_count{cipher_suite="none"} 2"#,
        #"tls_errors_total{error_type="other"} 2"#, #"ota_leg_duration_seconds_count{leg="script"} 4"#,
        #"triggers_sent_total{trigger_type="sms"} 2"#, #"trigger_failures_total{trigger_type="sms"} 2"#,
        #"device_errors_total{device_type="modem",error_type="other"} 4"#,
        #"device_errors_total{device_type="phone",error_type="other"} 2"#,
        #"device_operations_total{device_type="modem",operation="control",status="success"} 2"#,
        #"device_operations_total{device_type="modem",operation="control",status="failed"} 2"#,
        #"at_command_duration_seconds_count{command="AT+CSQ"} 4"#,
        #"adb_operation_duration_seconds_count{operation="shell"} 4"#,
        #"test_results_total{suite_name="s",status="passed"} 2"#,
        #"test_results_total{suite_name="s",status="failed"} 2"#, #"test_duration_seconds_count{suite_name="s"} 4"#,
        #"test_suite_duration_seconds_count{suite_name="s"} 4"#,
        #"database_query_duration_seconds_count{operation="insert",table="t"} 4"#,
        #"database_operations_total{operation="insert",table="t",status="success"} 2"#,
        #"database_operations_total{operation="insert",table="t",status="failed"} 2"#,
        #"database_errors_total{error_type="other",operation="insert"} 2"#,
    ]

    @Test func whatTookLongIsCountedAsLong() throws {
        let collector = Collector()
        let session = collector.openSession(.bip)
        collector.timedQuery(.select, table: "t") { Thread.sleep(milliseconds: 60) }
        session.end()
        let sums = Self.samples("database_query_duration_seconds_sum", "session_duration_seconds_sum", of: collector)
            .compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }
        #expect(sums.count == 2 && sums.allSatisfy { $0 >= 0.06 && $0 < 5 })
    }

    /// A session's end counts once, whoever tells it and however often.
    @Test func anEndCountsOnce() {
        let collector = Collector()
        let sessions = (0..<200).map { _ in collector.openSession(.pcsc, speaking: .t1) }
        #expect(Self.samples("active_sessions", of: collector) == [#"active_sessions{session_type="pcsc"} 200"#])
        DispatchQueue.concurrentPerform(iterations: 8) { number in
            for session in sessions {
                if number.isMultiple(of: 2) { session.end() } else { session.end(.failed(.cardReset)) }
            }
        }
        #expect(sessions.allSatisfy { !$0.end() })
        let ended = Self.counts("session_duration", of: collector)
            .compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }
        #expect(ended.reduce(0, +) == 200)
        #expect(Self.samples("active_sessions", of: collector) == [#"active_sessions{session_type="pcsc"} 0"#])
    }

    @Test func whatIsLetGoOfHasFailed() {
        let collector = Collector()
        _ = EveryFamily.open(in: collector, named: "s")
        _ = collector.openDatabaseConnection()
        #expect(
            Self.counts(
                "active_", "session_", "bip_", "tls_", "test", "database_", of: collector) == [
                    #"session_duration_seconds_count{session_type="ota",status="failed"} 1"#,
                    #"session_errors_total{session_type="ota",error_type="client_gone"} 1"#,
                    #"bip_connection_duration_seconds_count{bearer_type="default",status="failed"} 1"#,
                    #"tls_errors_total{error_type="connection_lost"} 1"#,
                    #"test_results_total{suite_name="s",status="error"} 1"#,
                    #"test_duration_seconds_count{suite_name="s"} 1"#,
                    #"database_errors_total{error_type="connection",operation="other"} 1"#,
                ])
    }

    /// Sessions that the probe's sources see and those that a program opens are one number.
    @Test func eventsAndMethodsAddUp() {
        let collector = Collector()
        let own = collector.openSession(.pcsc)
        collector.receive(CollectorScenario.opened(1))
        collector.receive(CollectorScenario.opened(1))
        #expect(Self.samples("active_sessions", of: collector) == [#"active_sessions{session_type="pcsc"} 2"#])
        collector.receive(CollectorScenario.closed(1))
        collector.receive(CollectorScenario.closed(1))
        own.end()
        #expect(Self.samples("active_sessions", of: collector) == [#"active_sessions{session_type="pcsc"} 0"#])
    }

    @Test func aCancelledOperationIsNoFailure() async {
        let collector = Collector()
        _ = try? await collector.countedOperation(.waitForChange, on: .reader) { () async throws in
            throw CancellationError()
        }
        #expect(
            Self.counts("device_", of: collector) == [
                #"device_operations_total{device_type="reader",operation="wait_for_change",status="cancelled"} 1"#
            ])
    }

    @Test func devicesAreMissedByName() {
        let collector = Collector()
        for name in ["a", "b"] { collector.expectDevice(.modem, named: name) }
        collector.setDevice(.modem, named: "a", isConnected: true)
        collector.setDevice(.modem, named: "a", isConnected: true)
        collector.setDevice(.modem, named: "c", isConnected: true)
        collector.setDevice(.modem, named: "c", isConnected: false)
        collector.expectDevice(.modem, named: "a")
        collector.forgetExpectedDevice(.modem, named: "b")
        #expect(
            Self.samples("device", of: collector) == [
                #"devices_connected{device_type="modem"} 1"#, #"device_up{device_type="modem",device="a"} 1"#,
                #"device_up{device_type="modem",device="b"} 0"#, #"device_up{device_type="modem",device="c"} 0"#,
                #"device_expected{device_type="modem",device="a"} 1"#,
            ])
    }

    /// What users name is bounded, and what had no room is counted.
    @Test func namesHaveALimit() {
        let collector = Collector(seriesLimit: 2)
        for number in 0..<10 { collector.recordQuery(.select, table: "t\(number)", .success, took: .zero) }
        #expect(
            Self.samples("database_operations", of: collector) == [
                #"database_operations_total{operation="select",table="t0",status="success"} 1"#,
                #"database_operations_total{operation="select",table="t1",status="success"} 1"#,
                #"database_operations_total{operation="select",table="other",status="success"} 8"#,
            ])
        #expect(
            Self.counts("series_refused_total{family=\"cardlink_database", of: collector) == [
                #"series_refused_total{family="cardlink_database_query_duration_seconds"} 8"#,
                #"series_refused_total{family="cardlink_database_operations_total"} 8"#,
            ])
    }
}

private enum Thread {
    static func sleep(milliseconds: Int) {
        _ = DispatchSemaphore(value: 0).wait(timeout: .now() + .milliseconds(milliseconds))
    }
}
