import Foundation
import PrometheusClient
import TestSupport
import Testing

@testable import Observability

/// The contract with dashboards and alerts, typed from the specification: name, kind, labels, buckets.
@Suite struct MetricCatalogTests {
    private static let contract = """
        cardlink_apdu_commands_total | counter | command, interface
        cardlink_apdu_responses_total | counter | status_word, success
        cardlink_apdu_errors_total | counter | error_type, command
        cardlink_apdu_expected_errors_total | counter | error_type, command
        cardlink_apdu_pin_answers_total | counter | tries_left
        cardlink_apdu_response_time_seconds | histogram | command | .0001 .00025 .0005 .001 .0025 .005 .01 .025 .05 .1 .25 .5 1 2.5 5 10
        cardlink_apdu_data_bytes | histogram | direction | 16 32 64 128 256 512 1024 2048 4096
        cardlink_active_sessions | gauge | session_type
        cardlink_sessions_total | counter | session_type, protocol
        cardlink_session_duration_seconds | histogram | session_type, status | 1 5 10 30 60 300 600 1800 3600
        cardlink_session_errors_total | counter | session_type, error_type
        cardlink_bip_connections_active | gauge | bearer_type
        cardlink_bip_bytes_transferred_total | counter | direction, bearer_type
        cardlink_bip_connection_duration_seconds | histogram | bearer_type, status | 1 5 10 30 60 300 600 1800 3600
        cardlink_bip_errors_total | counter | error_type, bearer_type
        cardlink_tls_handshakes_total | counter | cipher_suite, result
        cardlink_tls_handshake_duration_seconds | histogram | cipher_suite | .005 .01 .025 .05 .1 .25 .5 1 2.5 5
        cardlink_tls_connections_active | gauge |
        cardlink_tls_errors_total | counter | error_type
        cardlink_devices_connected | gauge | device_type
        cardlink_device_up | gauge | device_type, device
        cardlink_device_expected | gauge | device_type, device
        cardlink_bench_info | info | bench, site, instance_id
        cardlink_device_errors_total | counter | device_type, error_type
        cardlink_device_operations_total | counter | device_type, operation, status
        cardlink_at_command_duration_seconds | histogram | command | .01 .05 .1 .25 .5 1 2.5 5 10 30 60 120 300
        cardlink_apdu_wait_seconds | histogram | reason | .001 .01 .1 .25 .5 1 2.5 5 10 30
        cardlink_reader_sharing_violations_total | counter | reader
        cardlink_reader_commands_total | counter | reader
        cardlink_contact_events_total | counter | reader, event
        cardlink_contact_quality_ratio | gauge | reader
        cardlink_card_slowdown_ratio | gauge | reader, command
        cardlink_card_unusual_answers_ratio | gauge | reader, command
        cardlink_modem_signal_dbm | gauge | modem, measure, technology
        cardlink_modem_signal_quality_db | gauge | modem, measure, technology
        cardlink_modem_registration | gauge | modem, domain, state
        cardlink_modem_sim_ready | gauge | modem
        cardlink_ota_leg_duration_seconds | histogram | leg | .01 .05 .1 .25 .5 1 2.5 5 10 30 60 300
        cardlink_adb_operation_duration_seconds | histogram | operation | .01 .05 .1 .5 1 2.5 5 10 30
        cardlink_test_results_total | counter | suite_name, status
        cardlink_test_duration_seconds | histogram | suite_name | .1 .5 1 5 10 30 60 300
        cardlink_test_suite_duration_seconds | histogram | suite_name | 1 5 10 30 60 300 600 1800
        cardlink_tests_running | gauge | suite_name
        cardlink_test_assertions_total | counter | suite_name, result
        cardlink_ota_por_total | counter | status
        cardlink_ota_por_duration_seconds | histogram | | .01 .05 .1 .25 .5 1 2.5 5 10 30
        cardlink_esim_functions_total | counter | function, result
        cardlink_esim_function_duration_seconds | histogram | function | .01 .05 .1 .25 .5 1 2.5 5 10 30 60 120
        cardlink_esim_downloads_total | counter | result
        cardlink_triggers_sent_total | counter | trigger_type
        cardlink_trigger_failures_total | counter | trigger_type
        cardlink_database_connections_active | gauge |
        cardlink_database_query_duration_seconds | histogram | operation, table | .0001 .0005 .001 .005 .01 .05 .1 .5 1 5
        cardlink_database_operations_total | counter | operation, table, status
        cardlink_database_errors_total | counter | error_type, operation
        cardlink_system_cpu_usage_percent | gauge |
        cardlink_system_memory_usage_bytes | gauge |
        cardlink_system_disk_usage_bytes | gauge | path
        cardlink_system_disk_available_bytes | gauge | path
        cardlink_system_network_bytes_total | counter | direction, interface
        cardlink_system_process_uptime_seconds | gauge |
        cardlink_system_threads_active | gauge |
        """

    private static let health = """
        cardlink_application_info | info | name, version, description, swift_version, platform
        cardlink_events_received_total | counter | source
        cardlink_events_dropped_total | counter | source, reason
        cardlink_series_refused_total | counter | family
        cardlink_scrape_duration_seconds | histogram | | .001 .0025 .005 .01 .025 .05 .1 .25 .5 1
        cardlink_export_queue_length | gauge | exporter
        cardlink_export_failures_total | counter | exporter, reason
        cardlink_export_dropped_total | counter | exporter, reason
        cardlink_cards_forgotten_total | counter |
        cardlink_flight_files_total | counter | result
        process_cpu_seconds_total | counter |
        process_open_fds | gauge |
        process_max_fds | gauge |
        process_virtual_memory_bytes | gauge |
        process_virtual_memory_max_bytes | gauge |
        process_resident_memory_bytes | gauge |
        process_start_time_seconds | gauge |
        process_threads | gauge |
        """

    private static func rows(_ text: String) -> [String: String] {
        var rows: [String: String] = [:]
        for line in text.split(separator: "\n") {
            let cells = line.split(separator: "|", omittingEmptySubsequences: false).map {
                $0.trimmingCharacters(in: .whitespaces)
            }
            let buckets = cells.count > 3 ? cells[3].split(separator: " ").compactMap { Double($0) } : []
            rows[cells[0]] = "\(cells[1]) (\(cells[2])) \(buckets)"
        }
        return rows
    }

    private static func rows(_ descriptors: [FamilyDescriptor]) -> [String: String] {
        Dictionary(
            uniqueKeysWithValues: descriptors.map { family in
                let labels = family.labels.map(\.name).joined(separator: ", ")
                return (
                    family.name, "\(family.kind.rawValue) (\(labels)) \(family.bucketBounds.compactMap { Double($0) })"
                )
            })
    }

    @Test func everyFamilyIsDeclaredAsSpecified() {
        let declared = Self.rows(Collector().registry.descriptors)
        let expected = Self.rows(Self.contract).merging(Self.rows(Self.health)) { first, _ in first }
        #expect(declared.count == 80 && expected.count == 80)
        for name in Set(declared.keys).union(expected.keys).sorted() {
            #expect(declared[name] == expected[name], "\(name)")
        }
    }

    @Test func besideADaemonOnlyTheProbesHealth() {
        #expect(Self.rows(Collector(scope: .probeHealth).registry.descriptors) == Self.rows(Self.health))
    }

    /// Closed label values that the specification lists, by family and label; a change of one breaks users.
    @Test(arguments: [
        ("cardlink_apdu_commands_total", "interface", "pcsc at psk_tls"),
        ("cardlink_apdu_responses_total", "success", "false true"),
        (
            "cardlink_apdu_errors_total", "error_type",
            "not_found not_supported wrong_length security pin_blocked conditions memory card_internal malformed "
                + "transport card_removed timeout other"
        ),
        ("cardlink_apdu_data_bytes", "direction", "sent received"),
        ("cardlink_apdu_pin_answers_total", "tries_left", "0 1 2 more"),
        ("cardlink_apdu_wait_seconds", "reason", "transaction connect sharing"),
        ("cardlink_active_sessions", "session_type", "pcsc ota bip at"),
        ("cardlink_sessions_total", "protocol", "T0 T1 raw scp81 scp80 unknown"),
        ("cardlink_session_duration_seconds", "status", "completed failed timeout"),
        ("cardlink_devices_connected", "device_type", "reader modem phone"),
        (
            "cardlink_bip_errors_total", "bearer_type",
            "csd packet default local bluetooth irda rs232 cdma2000 packet_ext wlan eutran ngran usb none other"
        ),
        (
            "cardlink_contact_events_total", "event",
            "mute communication reset bounce atr_changed retry length_corrected"
        ),
        ("cardlink_flight_files_total", "result", "written suppressed failed"),
        ("cardlink_modem_signal_dbm", "measure", "rssi rsrp rscp"),
        ("cardlink_modem_signal_quality_db", "measure", "rsrq sinr ecio"),
        (
            "cardlink_ota_leg_duration_seconds", "leg",
            "trigger_to_envelope envelope_to_open_channel open_channel bearer_to_tls tls_handshake "
                + "tls_to_first_command script to_close"
        ),
        ("cardlink_test_results_total", "status", "passed failed skipped error"),
        ("cardlink_test_assertions_total", "result", "passed failed"),
        ("cardlink_triggers_sent_total", "trigger_type", "sms poll"),
        (
            "cardlink_tls_handshakes_total", "cipher_suite",
            "TLS_PSK_WITH_AES_128_CBC_SHA256 TLS_PSK_WITH_NULL_SHA256 TLS_PSK_WITH_AES_128_CBC_SHA "
                + "TLS_PSK_WITH_3DES_EDE_CBC_SHA TLS_PSK_WITH_NULL_SHA TLS_AES_128_GCM_SHA256 TLS_AES_128_CCM_SHA256 "
                + "TLS_PSK_WITH_RC4_128_SHA TLS_PSK_WITH_AES_256_CBC_SHA TLS_PSK_WITH_AES_128_GCM_SHA256 "
                + "TLS_PSK_WITH_AES_256_GCM_SHA384 TLS_PSK_WITH_AES_256_CBC_SHA384 TLS_PSK_WITH_NULL_SHA384 "
                + "TLS_PSK_WITH_AES_128_CCM TLS_PSK_WITH_AES_128_CCM_8 TLS_AES_256_GCM_SHA384 "
                + "TLS_CHACHA20_POLY1305_SHA256 TLS_AES_128_CCM_8_SHA256 other none"
        ),
    ])
    func closedLabels(family: String, label: String, values: String) throws {
        let descriptor = try #require(Collector().registry.descriptors.first { $0.name == family })
        let domain = descriptor.labels.first { $0.name == label }?.domain
        #expect(domain?.joined(separator: " ") == values)
    }

    /// Only what a user or a bench names may be open.
    @Test func openLabels() {
        let open = Set(
            Collector().registry.descriptors.filter { $0.kind != .info }
                .flatMap { family in family.labels.filter { $0.domain == nil }.map(\.name) })
        #expect(
            open == ["device", "reader", "modem", "suite_name", "table", "path", "interface", "family"])
    }

    @Test func promtoolHasNoComplaint() throws {
        let collector = Collector()
        collector.catalog.benchInfo.set("bench \"1\"", "site\\one", "id\n2")
        collector.receive(CollectorScenario.apdu("00A40004023F00", "6110"))
        collector.recordScrape(nanoseconds: 3_000_000)
        let check = try Command.run(
            ["promtool", "check", "metrics"], input: TextExposition.text(collector.registry))
        #expect(check.output + check.errors == "" && check.ending == .exited(0))
    }
}
