import ProbeEvents
import SmartCard
import Testing

@testable import Observability

/// What testers, taps of the network and phones tell.
@Suite struct CollectorTesterEventsTests {
    typealias Scenario = CollectorScenario

    private static let link = TLSLink(tap: "t", connection: 1)
    private static let session = OTALink(device: "t", session: 1, connection: 1)
    private static let suite = TestSuiteRun(run: 1, suite: "ota")

    private static func stamp(_ duration: UInt64 = 0, _ source: SourceKind = .testerSocket) -> EventStamp {
        Scenario.stamp(duration, source: source)
    }

    private static func opened(_ connection: UInt64) -> ProbeEvent {
        .tls(.opened(TLSConnectionOpened(stamp: stamp(), link: TLSLink(tap: "t", connection: connection))))
    }

    private static func closed(_ connection: UInt64, _ error: TLSErrorType? = nil) -> ProbeEvent {
        .tls(
            .closed(
                TLSConnectionClosed(
                    stamp: stamp(), link: TLSLink(tap: "t", connection: connection), error: error, endedBy: .client,
                    sentBytes: 1, receivedBytes: 1, sentRecords: 1, receivedRecords: 1)))
    }

    @Test func connectionsAndHandshakes() {
        let failed = TLSHandshakeDone(
            stamp: Self.stamp(2_000_000_000), link: Self.link, version: .tls12, cipherSuite: .pskNullSHA256,
            result: .failed, error: .decryptError, step: .clientFinished)
        #expect(
            Scenario.samples(
                "tls_",
                after: [
                    Self.opened(1), Self.opened(1), Self.opened(2), .tls(.handshake(failed)),
                    Self.closed(2, .connectionLost), Self.closed(2), Self.closed(9),
                ])
                == [
                    #"tls_handshakes_total{cipher_suite="TLS_PSK_WITH_NULL_SHA256",result="failed"} 1"#,
                    #"tls_handshake_duration_seconds_sum{cipher_suite="TLS_PSK_WITH_NULL_SHA256"} 2"#,
                    #"tls_handshake_duration_seconds_count{cipher_suite="TLS_PSK_WITH_NULL_SHA256"} 1"#,
                    "tls_connections_active 1",
                    #"tls_errors_total{error_type="decrypt_error"} 1"#,
                    #"tls_errors_total{error_type="connection_lost"} 1"#,
                ])
    }

    @Test func sessionsOverTheAir() {
        let began = OTASessionBegan(stamp: Self.stamp(), link: Self.session, sessionProtocol: .scp81)
        let leg = OTALegDone(stamp: Self.stamp(500_000_000), link: Self.session, leg: .script)
        let ended = OTASessionEnded(
            stamp: Self.stamp(3_000_000_000), link: Self.session, sessionProtocol: .scp81, status: .timeout,
            error: .timeout)
        let samples = Scenario.samples(
            "active_sessions", "session", "ota_",
            after: [.ota(.began(began)), .ota(.began(began)), .ota(.leg(leg)), .ota(.ended(ended))])
        #expect(
            samples == [
                #"active_sessions{session_type="pcsc"} 0"#,
                #"active_sessions{session_type="ota"} 0"#,
                #"sessions_total{session_type="ota",protocol="scp81"} 1"#,
                #"session_duration_seconds_sum{session_type="ota",status="timeout"} 3"#,
                #"session_duration_seconds_count{session_type="ota",status="timeout"} 1"#,
                #"session_errors_total{session_type="ota",error_type="timeout"} 1"#,
                #"ota_leg_duration_seconds_sum{leg="script"} 0.5"#,
                #"ota_leg_duration_seconds_count{leg="script"} 1"#,
                "ota_por_duration_seconds_sum 0", "ota_por_duration_seconds_count 0",
            ])
    }

    /// A proof of receipt is counted by what it says, and timed when it came; one that nobody wanted is neither.
    @Test func securedPackets() {
        let packet = { (receipt: OTAReceipt?) -> ProbeEvent in
            .ota(
                .packet(
                    OTAPacketDone(
                        stamp: Self.stamp(250_000_000), link: Self.session,
                        security: TriggerSeen.Security(
                            parameters: 0x1201, cipheringKey: 0x12, integrityKey: 0x12, application: [0xB0, 0x00, 0x10]),
                        packetBytes: 40, receipt: receipt)))
        }
        let samples = Scenario.samples("ota_", after: [packet(.ok), packet(.ok), packet(.missing), packet(nil)])
        #expect(
            samples == [
                #"ota_por_total{status="ok"} 2"#, #"ota_por_total{status="missing"} 1"#,
                "ota_por_duration_seconds_sum 0.5", "ota_por_duration_seconds_count 2",
            ])
    }

    /// Functions by what came of them, each timed; downloads by what ended them.
    @Test func profiles() {
        let link = ESIMLink(
            device: "R", interface: .pcsc, client: ClientProcess(id: 1, pid: 2, program: "lpac"), session: 3)
        let function = { (result: ESIMResult) -> ProbeEvent in
            .esim(
                .function(
                    ESIMFunctionDone(
                        stamp: Self.stamp(250_000_000), link: link, function: .deleteProfile, result: result, blocks: 1,
                        sentBytes: 17, receivedBytes: 6)))
        }
        let download = { (result: ESIMDownloadResult) -> ProbeEvent in
            .esim(.download(ESIMDownloadDone(stamp: Self.stamp(), link: link, result: result, steps: [])))
        }
        let events = [
            function(.ok), function(.ok), function(.disallowedByPolicy), download(.installed), download(.failed),
            download(.installed),
        ]
        #expect(
            Scenario.samples("esim_", after: events) == [
                #"esim_functions_total{function="delete_profile",result="ok"} 2"#,
                #"esim_functions_total{function="delete_profile",result="disallowed_by_policy"} 1"#,
                #"esim_function_duration_seconds_sum{function="delete_profile"} 0.75"#,
                #"esim_function_duration_seconds_count{function="delete_profile"} 3"#,
                #"esim_downloads_total{result="installed"} 2"#, #"esim_downloads_total{result="failed"} 1"#,
            ])
    }

    @Test(arguments: [
        ([PhoneState.device], #"device_up{device_type="phone",device="p"} 1"#, "1", nil),
        ([.device, .unauthorized], #"device_up{device_type="phone",device="p"} 0"#, "1", "access_denied"),
        ([.device, .offline], #"device_up{device_type="phone",device="p"} 0"#, "1", "unresponsive"),
        ([.device, .gone], #"device_up{device_type="phone",device="p"} 0"#, "0", nil),
    ])
    func phones(_ states: [PhoneState], _ isUp: String, _ connected: String, _ error: String?) {
        let events = states.map { ProbeEvent.phone(.changed(PhoneChange(stamp: Self.stamp(), phone: "p", state: $0))) }
        let errors = error.map { [#"device_errors_total{device_type="phone",error_type="\#($0)"} 1"#] } ?? []
        #expect(
            Scenario.samples("devices_connected", "device_up", "device_errors", after: events)
                == [#"devices_connected{device_type="phone"} \#(connected)"#, isUp] + errors)
    }

    @Test func servicesOfADB() {
        let failed = ADBOperationDone(
            stamp: Self.stamp(250_000_000, .adb), phone: "p", operation: .shell, status: .failed, error: .unavailable)
        #expect(
            Scenario.samples("adb_", "device_op", "device_err", after: [.phone(.operation(failed))]) == [
                #"device_errors_total{device_type="phone",error_type="unavailable"} 1"#,
                #"device_operations_total{device_type="phone",operation="command",status="failed"} 1"#,
                #"adb_operation_duration_seconds_sum{operation="shell"} 0.25"#,
                #"adb_operation_duration_seconds_count{operation="shell"} 1"#,
            ])
    }

    @Test func tests() {
        func began(_ test: String) -> ProbeEvent {
            .test(.began(TestBegan(stamp: Self.stamp(), suite: Self.suite, test: test)))
        }
        let ended = TestEnded(
            stamp: Self.stamp(2_000_000_000), suite: Self.suite, test: "a", status: .failed, passedAssertions: 3,
            failedAssertions: 1)
        let suiteEnded = TestSuiteEnded(stamp: Self.stamp(4_000_000_000), suite: Self.suite)
        #expect(
            Scenario.samples(
                "test",
                after: [began("a"), began("a"), began("b"), .test(.ended(ended)), .test(.suiteEnded(suiteEnded))])
                == [
                    #"test_results_total{suite_name="ota",status="failed"} 1"#,
                    #"test_duration_seconds_sum{suite_name="ota"} 2"#,
                    #"test_duration_seconds_count{suite_name="ota"} 1"#,
                    #"test_suite_duration_seconds_sum{suite_name="ota"} 4"#,
                    #"test_suite_duration_seconds_count{suite_name="ota"} 1"#,
                    #"tests_running{suite_name="ota"} 1"#,
                    #"test_assertions_total{suite_name="ota",result="passed"} 3"#,
                    #"test_assertions_total{suite_name="ota",result="failed"} 1"#,
                ])
    }

    @Test func databases() {
        func pool(_ pool: UInt64, _ connections: UInt32) -> ProbeEvent {
            .database(.pool(DatabasePoolChanged(stamp: Self.stamp(), pool: pool, connections: connections)))
        }
        let failed = DatabaseOperationDone(
            stamp: Self.stamp(1_000_000), operation: .insert, table: "sessions", status: .failed, error: .locked)
        #expect(
            Scenario.samples("database_", after: [pool(1, 4), pool(2, 3), pool(1, 0), .database(.operation(failed))])
                == [
                    "database_connections_active 3",
                    #"database_query_duration_seconds_sum{operation="insert",table="sessions"} 0.001"#,
                    #"database_query_duration_seconds_count{operation="insert",table="sessions"} 1"#,
                    #"database_operations_total{operation="insert",table="sessions",status="failed"} 1"#,
                    #"database_errors_total{error_type="locked",operation="insert"} 1"#,
                ])
    }
}
