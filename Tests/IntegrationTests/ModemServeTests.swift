import Foundation
import Glibc
import TestSupport
import Testing

/// `serve` with modems: one that it watches, and one that a tester owns.
@Suite struct ModemServeTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func modem(_ name: String, _ options: [String] = []) throws -> RunningCommand {
        let modem = try RunningCommand(
            [Files.probe, "simulate", "modem", "--link", folder.file(name), "--log", folder.file("\(name).log")]
                + options)
        guard eventually(within: 20, { modem.errorsSoFar.contains("the modem ") }) else {
            throw TestFailure("the modem did not come: \(modem.errorsSoFar)")
        }
        return modem
    }

    private func serve(_ options: [String]) throws -> ServingProbe {
        try ServingProbe(sockets: folder.file("sockets"), options: options + ["--modems.poll-interval", "500ms"])
    }

    @Test func aWatchedModemIsShown() throws {
        let modem = try modem("modem")
        let probe = try serve(["--modem", "bench-a=\(folder.file("modem"))", "--modem", folder.file("missing")])
        #expect(
            try eventually(within: 20) {
                try probe.sum("cardlink_modem_signal_dbm", "modem=\"bench-a\"") < 0
            })
        let metrics = try probe.metrics()
        #expect(metrics["cardlink_modem_registration{modem=\"bench-a\",domain=\"eps\",state=\"home\"}"] == 1)
        #expect(metrics["cardlink_modem_sim_ready{modem=\"bench-a\"}"] == 1)
        #expect(metrics["cardlink_device_up{device_type=\"modem\",device=\"bench-a\"}"] == 1)
        #expect(metrics["cardlink_device_up{device_type=\"modem\",device=\"missing\"}"] == 0)
        #expect(metrics["cardlink_device_expected{device_type=\"modem\",device=\"missing\"}"] == 1)
        #expect(metrics["cardlink_devices_connected{device_type=\"modem\"}"] == 1)
        #expect(
            try eventually(within: 20) {
                try probe.get("/api/v1/status").body.contains(/"operator_name" ?: ?"CardLink Test"/)
            })
        let health = try probe.get("/health").body
        #expect(
            health.contains("missing: there is no port") && health.contains(/"modems" : \{[^}]*"status" : "degraded"/),
            "\(health)")

        modem.signal(SIGTERM)
        _ = try modem.end(within: 10)
        #expect(
            try eventually(within: 5) {
                try probe.metrics()["cardlink_device_up{device_type=\"modem\",device=\"bench-a\"}"] == 0
            })
        #expect(try probe.sum("cardlink_modem_registration") == 0)
        #expect(try probe.sum("cardlink_device_errors_total", "device_type=\"modem\"") > 0)
    }

    @Test func aTestersModemIsRelayed() throws {
        let modem = try modem("modem")
        let probe = try serve(["--modem.tap", "tester=\(folder.file("modem"))"])
        let link = folder.file("sockets/modems/tester")
        #expect(eventually { access(link, F_OK) == 0 })
        let config = try folder.write("[gammu]\ndevice = \(link)\nconnection = at115200\n", to: "gammurc")
        let end = try Command.run(["gammu", "-c", config, "identify"], within: 60)
        #expect(end.ending == .exited(0), "\(end.output)\(end.errors)")
        let commands = folder.read("modem.log").split(separator: "\n").count { $0.contains(" command ") }
        #expect(commands > 5)
        #expect(try eventually { try probe.sum("cardlink_at_command_duration_seconds_count") == Double(commands) })
        #expect(
            try probe.sum("cardlink_device_operations_total", "device_type=\"modem\",operation=\"command\"")
                == Double(commands))
        #expect(try eventually { try probe.sum("cardlink_sessions_total", "session_type=\"at\"") > 0 })
        #expect(try eventually { try probe.sum("cardlink_active_sessions", "session_type=\"at\"") == 0 })
        let health = try probe.get("/health").body
        #expect(health.contains(/"modems" : \{[^}]*"status" : "healthy"/), "\(health)")
        #expect(try probe.stop().ending == .exited(0))
        #expect(access(link, F_OK) != 0 && access(folder.file("sockets/modems"), F_OK) != 0)
        modem.kill()
    }

    /// Commands to the card that the modem does not get through with: those that may have reached it count as sent and by
    /// what went wrong, those that it refuses itself as AT commands alone.
    @Test func failedCommandsToTheCardAreCounted() throws {
        let script = try folder.write(
            """
            rules:
              - { command: 'AT+CSIM=14,"00A40004023F01"', answer: [ERROR] }
              - { command: 'AT+CSIM=14,"00A40004023F02"', answer: ['+CME ERROR: 13'] }
              - { command: 'AT+CSIM=14,"00A40004023F03"', answer: ['+CME ERROR: 10'] }
              - { command: 'AT+CSIM=14,"00A40004023F04"', silent: true }
            """, to: "script.yaml")
        let modem = try modem("modem", ["--script", script])
        defer { modem.kill() }
        let probe = try serve(["--modem.tap", "\(folder.file("tester"))=\(folder.file("modem"))"])
        #expect(eventually { access(folder.file("tester"), F_OK) == 0 })
        let client = """
            import serial, sys
            port = serial.Serial(sys.argv[1], timeout=1.2)
            for number in b"12340":
                port.write(b'AT+CSIM=14,"00A40004023F0%c"\\r' % number); line = b"?"
                while line and line.strip() not in (b"OK", b"ERROR", b"+CME ERROR: 10", b"+CME ERROR: 13"):
                    line = port.read_until(b"\\n")
            """
        let end = try Command.run([Files.python, "-c", client, folder.file("tester")], within: 60)
        #expect(end.ending == .exited(0), "\(end.errors)")
        #expect(try eventually { try probe.sum("cardlink_at_command_duration_seconds_count") == 5 })
        let metrics = try probe.metrics()
        #expect(metrics["cardlink_apdu_commands_total{command=\"SELECT\",interface=\"at\"}"] == 4)
        #expect(metrics["cardlink_apdu_response_time_seconds_count{command=\"SELECT\"}"] == 4)
        #expect(metrics["cardlink_apdu_errors_total{error_type=\"transport\",command=\"SELECT\"}"] == 2)
        #expect(metrics["cardlink_apdu_errors_total{error_type=\"timeout\",command=\"SELECT\"}"] == 1)
        #expect(try probe.sum("cardlink_apdu_errors_total") == 3)
        #expect(try probe.sum("cardlink_apdu_responses_total") == 1)
    }

    /// 100,000 lines before an answer, again and again: all are counted, and memory stays as it was after the first.
    @Test(.timeLimit(.minutes(5))) func aFloodLeavesMemoryFlat() throws {
        let script = try folder.write(
            "messages: [{line: '+CREG: 1', command: 'AT+CGATT?', before: true, times: 100000}]\n", to: "script.yaml")
        let modem = try modem("modem", ["--script", script])
        defer { modem.kill() }
        let probe = try serve(["--modem.tap", "\(folder.file("tester"))=\(folder.file("modem"))"])
        #expect(eventually { access(folder.file("tester"), F_OK) == 0 })
        let client = """
            import serial, sys
            port = serial.Serial(sys.argv[1], timeout=60); port.write(b"AT+CGATT?\\r"); print(len(port.read(int(sys.argv[2]))))
            """
        let bytes = 10 + 100_000 * 12 + "\r\n+CGATT: 1\r\n\r\nOK\r\n".utf8.count
        var memory: [Double] = []
        for round in 1...3 {
            let end = try Command.run([Files.python, "-c", client, folder.file("tester"), "\(bytes)"], within: 90)
            #expect(end.output == "\(bytes)\n", "\(end.errors)")
            #expect(
                try eventually(within: 30) {
                    try probe.sum("cardlink_at_command_duration_seconds_count") == Double(round)
                })
            #expect(try probe.sum("cardlink_events_received_total", "at_tap") >= Double(round) * 100_002)
            memory.append(try probe.sum("process_resident_memory_bytes"))
        }
        #expect(isSanitized || memory[2] - memory[0] < 3e6, "\(memory)")
    }

    /// Eight modems at the usual intervals: under 1% of a core in a release build, where this one is none.
    @Test func eightModemsTakeLittle() throws {
        let names = (1...8).map { "modem-\($0)" }
        let modems = try names.map { try modem($0) }
        defer { for modem in modems { modem.kill() } }
        let probe = try ServingProbe(
            sockets: folder.file("sockets"), options: names.flatMap { ["--modem", folder.file($0)] })
        #expect(try eventually(within: 30) { try probe.sum("cardlink_modem_sim_ready") == 8 })
        sleep(3)
        let before = try probe.metrics()
        sleep(isLongRun ? 60 : 12)
        let after = try probe.metrics()
        func passed(_ name: String) -> Double { (after[name] ?? 0) - (before[name] ?? 0) }
        let share = passed("process_cpu_seconds_total") / passed("cardlink_system_process_uptime_seconds")
        print("8 modems polled: \(share * 100)% of a core")
        #expect(share < 0.03)
    }
}
