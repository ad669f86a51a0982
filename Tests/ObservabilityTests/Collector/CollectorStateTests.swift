import Foundation
import ProbeEvents
import PrometheusClient
import SmartCard
import Testing

@testable import Observability

@Suite struct CollectorStateTests {
    typealias Scenario = CollectorScenario

    @Test(arguments: [
        ("none", [ProbeEvent](), 0, 0),
        ("two open", [Scenario.opened(1), Scenario.opened(2)], 2, 2),
        ("opened and closed", [Scenario.opened(1), Scenario.closed(1)], 0, 1),
        ("told twice", [Scenario.opened(1), Scenario.opened(1)], 1, 1),
        ("closed twice", [Scenario.opened(1), Scenario.opened(2), Scenario.closed(1), Scenario.closed(1)], 1, 2),
        ("opening lost", [Scenario.closed(9), Scenario.opened(1)], 1, 1),
        (
            "same number, other client", [Scenario.opened(1), Scenario.opened(1, of: 8), Scenario.closed(1, of: 8)], 1,
            2
        ),
        ("end lost", [Scenario.opened(1), Scenario.opened(2), Scenario.opened(1, of: 8), Scenario.ended(7)], 1, 3),
        ("ended, then closed", [Scenario.opened(1), Scenario.ended(7), Scenario.closed(1)], 0, 1),
        ("unknown client ended", [Scenario.opened(1), Scenario.ended(99)], 1, 1),
    ])
    func openSessions(name: String, events: [ProbeEvent], open: Int, total: Int) {
        let totals = total == 0 ? [] : [#"sessions_total{session_type="pcsc",protocol="T0"} \#(total)"#]
        #expect(
            Scenario.samples("active_sessions", "sessions_total", after: events)
                == [#"active_sessions{session_type="pcsc"} \#(open)"#] + totals, "\(name)")
    }

    @Test func openSessionsHaveABound() {
        let collector = Collector()
        for number in 0..<UInt64(OpenSessions.limit + 3) { collector.receive(Scenario.opened(number)) }
        #expect(collector.catalog.activeSessions[.pcsc].value == Double(OpenSessions.limit))
        #expect(collector.catalog.sessions[.pcsc, .t0].value == UInt64(OpenSessions.limit + 3))
        #expect(collector.health.seriesRefused["cardlink_active_sessions"].value == 3)
        collector.receive(Scenario.ended(7))
        #expect(collector.catalog.activeSessions[.pcsc].value == 0)
    }

    @Test func endsOfSessions() {
        let events = [
            Scenario.opened(1), Scenario.opened(2, of: 7, .t1), Scenario.closed(1, lasted: 400_000_000),
            Scenario.closed(2, lasted: 61_000_000_000, error: .cardRemoved),
            // A session that could not be opened, and a call whose failure the session's end tells.
            Scenario.operation(.connect, resultCode: 0x8010_000C), Scenario.operation(.connect),
            Scenario.operation(.reconnect, resultCode: 0x8010_0069),
        ]
        #expect(
            Scenario.samples("sessions_total", "session_", after: events) == [
                #"sessions_total{session_type="pcsc",protocol="T0"} 1"#,
                #"sessions_total{session_type="pcsc",protocol="T1"} 1"#,
                #"session_duration_seconds_sum{session_type="pcsc",status="completed"} 0.4"#,
                #"session_duration_seconds_count{session_type="pcsc",status="completed"} 1"#,
                #"session_duration_seconds_sum{session_type="pcsc",status="failed"} 61"#,
                #"session_duration_seconds_count{session_type="pcsc",status="failed"} 1"#,
                #"session_errors_total{session_type="pcsc",error_type="card_removed"} 1"#,
                #"session_errors_total{session_type="pcsc",error_type="no_card"} 1"#,
            ])
    }

    @Test func operations() {
        let events = [
            Scenario.operation(.connect), Scenario.operation(.connect),
            Scenario.operation(.waitForChange, resultCode: 0x8010_000A),
            Scenario.operation(.waitForChange, resultCode: 0x8010_0002),
            // A program that asks for a length, and one that tries a feature: the reader is well.
            Scenario.operation(.listReaders, resultCode: 0x8010_0008),
            Scenario.operation(.getAttribute, resultCode: 0x8010_001F),
            Scenario.operation(.status, resultCode: 0x8010_0003),
            Scenario.operation(.endTransaction, resultCode: 0x8010_001E),
        ]
        #expect(
            Scenario.samples("device_", after: events) == [
                #"device_errors_total{device_type="reader",error_type="no_service"} 1"#,
                #"device_operations_total{device_type="reader",operation="connect",status="success"} 2"#,
                #"device_operations_total{device_type="reader",operation="end_transaction",status="failed"} 1"#,
                #"device_operations_total{device_type="reader",operation="status",status="failed"} 1"#,
                #"device_operations_total{device_type="reader",operation="get_attribute",status="failed"} 1"#,
                #"device_operations_total{device_type="reader",operation="wait_for_change",status="cancelled"} 1"#,
                #"device_operations_total{device_type="reader",operation="wait_for_change",status="timeout"} 1"#,
                #"device_operations_total{device_type="reader",operation="list_readers",status="failed"} 1"#,
            ])
    }

    @Test func readersComeAndGo() {
        let collector = Collector()
        func device() -> [String] { Scenario.samples(["device"], of: collector) }
        #expect(device() == [])
        // Watched, and none there: told as 0.
        collector.receive(Scenario.state(.readerMonitor))
        #expect(device() == [#"devices_connected{device_type="reader"} 0"#])
        collector.receive(Scenario.reader("A", .readerCame))
        collector.receive(Scenario.reader("A", .cardCame))
        collector.receive(Scenario.reader("A", .readerCame))
        collector.receive(Scenario.reader("B", .readerCame))
        #expect(
            device() == [
                #"devices_connected{device_type="reader"} 2"#, #"device_up{device_type="reader",device="A"} 1"#,
                #"device_up{device_type="reader",device="B"} 1"#,
            ])
        collector.receive(Scenario.reader("B", .readerWent))
        collector.receive(Scenario.reader("B", .readerWent))
        #expect(
            device() == [
                #"devices_connected{device_type="reader"} 1"#, #"device_up{device_type="reader",device="A"} 1"#,
                #"device_up{device_type="reader",device="B"} 0"#,
            ])
    }

    @Test func readerNamesHaveALimit() {
        let collector = Collector(seriesLimit: 2)
        for name in ["A", "B", "C", "D"] { collector.receive(Scenario.reader(name, .readerCame)) }
        #expect(
            Scenario.samples(
                ["devices", "device_up", "series_refused_total{family=\"cardlink_device_up"], of: collector) == [
                    #"devices_connected{device_type="reader"} 4"#, #"device_up{device_type="reader",device="A"} 1"#,
                    #"device_up{device_type="reader",device="B"} 1"#,
                    #"device_up{device_type="reader",device="other"} 1"#,
                    #"series_refused_total{family="cardlink_device_up"} 2"#,
                ])
    }

    @Test func theProbesOwnHealth() {
        let collector = Collector(scope: .probeHealth)
        for event in [
            Scenario.apdu("00B0000000", "9000"), Scenario.opened(1), Scenario.reader("A", .readerCame),
            Scenario.dropped(41, .ringFull), Scenario.dropped(1, .ringFull),
            Scenario.dropped(3, .malformed, source: .testerSocket),
        ] { collector.receive(event) }
        collector.countDropped(5, source: .shim)
        collector.recordScrape(nanoseconds: 1_500_000)
        let shown = Scenario.samples(["events", "scrape", "apdu", "active", "device"], of: collector)
        #expect(
            shown.filter { !$0.hasSuffix(" 0") } == [
                #"events_received_total{source="shim"} 2"#, #"events_received_total{source="reader_monitor"} 1"#,
                #"events_dropped_total{source="shim",reason="ring_full"} 42"#,
                #"events_dropped_total{source="shim",reason="queue_full"} 5"#,
                #"events_dropped_total{source="tester_socket",reason="malformed"} 3"#,
                "scrape_duration_seconds_sum 0.0015", "scrape_duration_seconds_count 1",
            ])
        // Of each source what came and each way to be lost, less the five above. A loss is no event that came.
        #expect(
            shown.count { $0.hasSuffix(" 0") } == SourceKind.allCases.count * (1 + DropReason.allCases.count) - 5)
        #expect(collector.catalog.apduCommands[.other, .pcsc].value == 0)
    }

    @Test func machineAndProcess() throws {
        let text = TextExposition.text(Collector(sampler: SystemSampler(diskPaths: ["/"])).registry)
        func value(_ sample: String) -> Double? {
            let line = text.split(separator: "\n").first { $0.hasPrefix(sample + " ") }
            return line.flatMap { Double($0.dropFirst(sample.count + 1)) }
        }
        // Another way of asking the kernel, and bounds that any Linux machine keeps.
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let openFiles = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
        let resident = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
            .compactMap { Double($0) }.map { $0 * Double(sysconf(Int32(_SC_PAGESIZE))) }
        for (name, range) in [
            ("process_cpu_seconds_total", 0.001...100_000),
            ("process_open_fds", 3...Double(openFiles + 100)),
            ("process_max_fds", Double(limit.rlim_cur)...Double(limit.rlim_cur)),
            ("process_virtual_memory_bytes", resident[0] / 2...resident[0] * 2),
            ("process_resident_memory_bytes", resident[1] / 2...resident[1] * 2),
            ("process_threads", 1...10_000),
            ("cardlink_system_threads_active", 1...10_000),
            ("cardlink_system_memory_usage_bytes", 1e6...1e15),
            ("cardlink_system_disk_usage_bytes{path=\"/\"}", 1e6...1e18),
            ("cardlink_system_network_bytes_total{direction=\"sent\",interface=\"lo\"}", 0...1e18),
        ] as [(String, ClosedRange<Double>)] {
            #expect(range.contains(value(name) ?? -1), "\(name) \(value(name) ?? -1), not in \(range)")
        }
        let uptime = value("cardlink_system_process_uptime_seconds") ?? -1
        let now = Double(EventClock.now.wallNanoseconds) / 1e9
        #expect(abs((value("process_start_time_seconds") ?? 0) + uptime - now) < 3)
        #expect(text.contains("cardlink_application_info{name=\"cardlink-probe\",version=\"\(ProbeVersion.current)\""))
        #expect(text.contains("platform=\"Linux "))
    }

    /// What cannot be read is left out: no 0, no NaN.
    @Test func withoutProc() {
        let sampler = SystemSampler(procFS: ProcFS(root: "/nonexistent"), diskPaths: [])
        let text = TextExposition.text(Collector(sampler: sampler).registry)
        #expect(!text.split(separator: "\n").contains { $0.hasPrefix("process_") || $0.hasPrefix("cardlink_system_") })
    }
}
