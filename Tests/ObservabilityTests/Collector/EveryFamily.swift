import ProbeEvents
import PrometheusClient
import SmartCard

@testable import Observability

/// Everything that a program can record by the collector's methods, and what a scrape then has.
enum EveryFamily {
    struct Sample {
        var name: String
        var labels: [String: String]
        var value: Double
    }

    /// Records each thing; what a bench names has this name.
    static func record(in collector: Collector, named name: String) {
        collector.setBench(name, site: name, instanceID: "id-1")
        collector.recordCommand(.select, over: .at)
        collector.recordResponse(StatusWord(0x6A82), to: .select)
        collector.recordExpectedError(.security, of: .select)
        collector.recordResponseTime(.milliseconds(43), of: .select)
        collector.recordWait(.milliseconds(20), .connect)
        collector.recordSharingViolation(on: name)
        collector.recordData(bytes: 32, .sent)
        collector.recordData(bytes: 0, .received)
        collector.recordBIPTransfer(bytes: 1_400, .received, over: .default)
        collector.recordBIPError(.networkBusy, over: .default)
        collector.recordTLSHandshake(.pskNullSHA256, .success, took: .milliseconds(250))
        collector.recordTLSError(.badRecordMac)
        collector.recordOTALeg(.script, took: .seconds(2))
        collector.recordOTAReceipt(.ok, after: .seconds(1))
        collector.recordESIMFunction(.enableProfile, .catBusy, took: .milliseconds(700))
        collector.recordESIMDownload(.installed)
        collector.recordTriggerSent(.sms)
        collector.recordTriggerFailure(.poll)
        collector.setDevice(.modem, named: name, isConnected: true)
        collector.expectDevice(.phone, named: name)
        collector.recordDeviceError(.unresponsive, of: .phone)
        collector.recordOperation(.connect, on: .modem, .timeout)
        collector.recordReaderCommand(on: name)
        collector.recordContactEvent(.atrChanged, on: name)
        collector.setContactQuality(0.875, of: name)
        collector.setCardSlowdown(1.5, of: .select, in: name)
        collector.setUnusualAnswers(0.25, to: .select, in: name)
        collector.recordForgottenCard()
        collector.recordFlightFile(.suppressed)
        collector.recordATCommand(.csq, took: .milliseconds(30))
        collector.recordADBOperation(.shell, took: .milliseconds(40))
        collector.setSignal(-97.5, of: name, .rsrp, .eutran)
        collector.setSignalQuality(-11, of: name, .rsrq, .eutran)
        collector.setRegistration(.searching, of: name, .eps)
        collector.setRegistration(.roaming, of: name, .eps)
        collector.setSIMReady(true, of: name)
        collector.recordTest(in: name, .failed, took: .seconds(1))
        collector.recordTestSuite(name, took: .seconds(90))
        collector.recordAssertions(3, in: name, .passed)
        collector.setDatabaseConnections(4)
        collector.recordQuery(.select, table: name, .success, took: .microseconds(500))
        collector.recordDatabaseError(.locked, in: .commit)
        collector.recordSessionError(.noCard, of: .ota)
    }

    /// What is still open keeps the gauges up while it is held.
    static func open(in collector: Collector, named name: String) -> [any Sendable] {
        [
            collector.openSession(.ota, speaking: .scp81), collector.openBIPChannel(over: .default),
            collector.openTLSConnection(), collector.openTest(in: name),
        ]
    }

    /// The samples of both, buckets left out.
    static func samples(named name: String) -> [Sample] {
        let shown = OpenLabel(name).labelText
        func histogram(_ name: String, _ labels: [String: String], _ sum: Double) -> [Sample] {
            [
                Sample(name: "\(name)_sum", labels: labels, value: sum),
                Sample(name: "\(name)_count", labels: labels, value: 1),
            ]
        }
        let plain: [(String, [String: String], Double)] = [
            ("bench_info", ["bench": shown, "site": shown, "instance_id": "id-1"], 1),
            ("apdu_commands_total", ["command": "SELECT", "interface": "at"], 1),
            ("apdu_responses_total", ["status_word": "6A82", "success": "false"], 1),
            ("apdu_errors_total", ["error_type": "not_found", "command": "SELECT"], 1),
            ("apdu_expected_errors_total", ["error_type": "security", "command": "SELECT"], 1),
            ("active_sessions", ["session_type": "ota"], 1), ("active_sessions", ["session_type": "pcsc"], 0),
            ("sessions_total", ["session_type": "ota", "protocol": "scp81"], 1),
            ("session_errors_total", ["session_type": "ota", "error_type": "no_card"], 1),
            ("bip_connections_active", ["bearer_type": "default"], 1),
            ("bip_bytes_transferred_total", ["direction": "received", "bearer_type": "default"], 1_400),
            ("bip_errors_total", ["error_type": "network_busy", "bearer_type": "default"], 1),
            ("tls_handshakes_total", ["cipher_suite": "TLS_PSK_WITH_NULL_SHA256", "result": "success"], 1),
            ("tls_connections_active", [:], 1), ("tls_errors_total", ["error_type": "bad_record_mac"], 1),
            ("triggers_sent_total", ["trigger_type": "sms"], 1),
            ("trigger_failures_total", ["trigger_type": "poll"], 1),
            ("devices_connected", ["device_type": "modem"], 1),
            ("device_up", ["device_type": "modem", "device": shown], 1),
            ("device_up", ["device_type": "phone", "device": shown], 0),
            ("device_expected", ["device_type": "phone", "device": shown], 1),
            ("device_errors_total", ["device_type": "phone", "error_type": "unresponsive"], 1),
            (
                "device_operations_total", ["device_type": "modem", "operation": "connect", "status": "timeout"], 1
            ),
            ("reader_sharing_violations_total", ["reader": shown], 1),
            ("reader_commands_total", ["reader": shown], 1),
            ("contact_events_total", ["reader": shown, "event": "atr_changed"], 1),
            ("contact_quality_ratio", ["reader": shown], 0.875),
            ("card_slowdown_ratio", ["reader": shown, "command": "SELECT"], 1.5),
            ("card_unusual_answers_ratio", ["reader": shown, "command": "SELECT"], 0.25),
            ("cards_forgotten_total", [:], 1), ("flight_files_total", ["result": "suppressed"], 1),
            ("modem_signal_dbm", ["modem": shown, "measure": "rsrp", "technology": "eutran"], -97.5),
            ("modem_signal_quality_db", ["modem": shown, "measure": "rsrq", "technology": "eutran"], -11),
            ("modem_registration", ["modem": shown, "domain": "eps", "state": "roaming"], 1),
            ("modem_sim_ready", ["modem": shown], 1),
            ("test_results_total", ["suite_name": shown, "status": "failed"], 1),
            ("tests_running", ["suite_name": shown], 1),
            ("test_assertions_total", ["suite_name": shown, "result": "passed"], 3),
            ("database_connections_active", [:], 4), ("ota_por_total", ["status": "ok"], 1),
            ("esim_functions_total", ["function": "enable_profile", "result": "cat_busy"], 1),
            ("esim_downloads_total", ["result": "installed"], 1),
            ("database_operations_total", ["operation": "select", "table": shown, "status": "success"], 1),
            ("database_errors_total", ["error_type": "locked", "operation": "commit"], 1),
        ]
        let histograms = [
            histogram("apdu_response_time_seconds", ["command": "SELECT"], 0.043),
            histogram("apdu_wait_seconds", ["reason": "connect"], 0.02),
            histogram("apdu_data_bytes", ["direction": "sent"], 32),
            histogram("tls_handshake_duration_seconds", ["cipher_suite": "TLS_PSK_WITH_NULL_SHA256"], 0.25),
            histogram("ota_leg_duration_seconds", ["leg": "script"], 2),
            histogram("ota_por_duration_seconds", [:], 1),
            histogram("esim_function_duration_seconds", ["function": "enable_profile"], 0.7),
            histogram("at_command_duration_seconds", ["command": "AT+CSQ"], 0.03),
            histogram("adb_operation_duration_seconds", ["operation": "shell"], 0.04),
            histogram("test_duration_seconds", ["suite_name": shown], 1),
            histogram("test_suite_duration_seconds", ["suite_name": shown], 90),
            histogram("database_query_duration_seconds", ["operation": "select", "table": shown], 0.0005),
        ]
        return plain.map { Sample(name: $0.0, labels: $0.1, value: $0.2) } + histograms.flatMap(\.self)
    }
}
