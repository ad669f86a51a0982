import Foundation
import TestSupport
import Testing

/// `serve` beside real programs, a real pcscd that dies and returns, and a real Prometheus.
@Suite(.serialized) struct DaemonTests {
    @Test func aRunIsCountedOnceByTheDaemon() throws {
        let bench = try LiveBench()
        try bench.startDaemon()
        for _ in 0..<5 {
            #expect(try bench.run([Files.python, Files.client("select_loop.py"), "20"]).ending == .exited(0))
        }
        let oracle = bench.oracle
        #expect(oracle.commands == 400)
        #expect(try bench.sum("cardlink_apdu_commands_total") == 400)
        #expect(try bench.sum("cardlink_apdu_commands_total", "command=\"SELECT\"") == 100)
        #expect(try bench.sum("cardlink_apdu_responses_total", "status_word=\"61XX\"") == 100)
        #expect(try bench.sum("cardlink_apdu_responses_total", "status_word=\"6CXX\"") == 100)
        #expect(try bench.sum("cardlink_apdu_responses_total", "status_word=\"9000\"") == 200)
        #expect(try bench.sum("cardlink_apdu_response_time_seconds_count") == 400)
        #expect(try bench.sum("cardlink_apdu_errors_total") == 0)
        #expect(try bench.sum("cardlink_sessions_total") == 5)
        #expect(try bench.sum("cardlink_active_sessions") == 0)
        #expect(try bench.sum("cardlink_events_dropped_total") == 0)
    }

    /// A program under `run --metrics`, and what the port served before the program ended.
    private static func scrapeWhileRunning(_ bench: LiveBench) throws -> String {
        let errors = bench.folder.file("errors")
        let script = try bench.folder.write(
            """
            \(Files.python) \(Files.client("select_loop.py")) 5 >/dev/null
            url=$(grep -o 'http://[^ ]*' \(errors))
            curl -s "$url" >\(bench.folder.file("scrape"))
            """, to: "script.sh")
        let run = "\(Files.probe) run --runtime-dir \(bench.sockets) --metrics 127.0.0.1:0 -- sh \(script) 2>\(errors)"
        #expect(try Command.run(["sh", "-c", run], environment: bench.environment).ending == .exited(0))
        return bench.folder.read("scrape")
    }

    /// A program that carries the shim by its environment tells the daemon without a `run`.
    @Test func aShimMayTellTheDaemonItself() throws {
        let bench = try LiveBench()
        try bench.startDaemon()
        // `run` makes the folder in which the shim has the library's name.
        let shown = try bench.run(["env"]).output.split(separator: "\n")
        var environment = bench.environment
        for name in ["LD_LIBRARY_PATH", "LD_AUDIT", "LIBPCSCLITE_DELEGATE"] {
            let entry = try #require(shown.first { $0.hasPrefix("\(name)=") })
            environment[name] = String(entry.dropFirst(name.count + 1))
        }
        environment["CARDLINK_RECEIVER"] = "\(bench.sockets)/receiver.sock"
        let client = [Files.python, Files.client("select_loop.py"), "25"]
        #expect(try Command.run(client, environment: environment).ending == .exited(0))
        #expect(try eventually(within: 2) { try bench.sum("cardlink_apdu_commands_total") == 100 })
        #expect(try bench.sum("cardlink_active_sessions") == 0)
    }

    /// A `run` that serves metrics itself leaves the card's families to the daemon.
    @Test func twoScrapesDoNotDoubleASum() throws {
        let bench = try LiveBench()
        try bench.startDaemon()
        let scrape = try Self.scrapeWhileRunning(bench)
        #expect(scrape.contains("cardlink_events_received_total{source=\"shim\"}"))
        #expect(!scrape.contains("cardlink_apdu_commands_total"))
        #expect(try bench.sum("cardlink_apdu_commands_total") == 20)
    }

    @Test func aRunAloneServesEverything() throws {
        let scrape = try Self.scrapeWhileRunning(try LiveBench())
        #expect(scrape.contains("cardlink_apdu_commands_total{command=\"SELECT\",interface=\"pcsc\"} 5\n"))
        #expect(scrape.contains("cardlink_apdu_commands_total{command=\"READ BINARY\",interface=\"pcsc\"} 10\n"))
        let check = try Command.run(["promtool", "check", "metrics"], input: scrape)
        #expect(check.output + check.errors == "")
    }

    @Test func promtoolHasNoComplaint() throws {
        let bench = try LiveBench()
        try bench.startDaemon()
        _ = try bench.run(["opensc-tool", "--name"])
        let check = try Command.run(["promtool", "check", "metrics"], input: try bench.get("/metrics").body)
        #expect(check.ending == .exited(0))
        #expect(check.output + check.errors == "")
    }

    @Test func prometheusSumsEqualTheOracle() throws {
        let bench = try LiveBench()
        try bench.startDaemon()
        let prometheus = try PrometheusServer(scraping: ["127.0.0.1:\(bench.port)"])
        for _ in 0..<10 { #expect(try bench.run(["opensc-tool", "--atr", "--name"]).ending == .exited(0)) }
        let oracle = bench.oracle
        #expect(oracle.commands == 490)
        func query(_ text: String) throws -> Double? { try prometheus.ask(text).values.values.first }
        #expect(try eventually(within: 30) { try query("sum(cardlink_apdu_commands_total)") == 490 })
        #expect(try query("up") == 1)
        #expect(try query("sum(cardlink_apdu_response_time_seconds_count)") == 490)
        #expect(
            try query("sum(cardlink_apdu_commands_total{command=\"SELECT\"})") == Double(oracle.instructions["A4"] ?? 0)
        )
        for (word, count) in oracle.statusWords where ["9000", "6A82", "6D00"].contains(word) {
            #expect(try query("sum(cardlink_apdu_responses_total{status_word=\"\(word)\"})") == Double(count))
        }
        #expect(try query("cardlink_devices_connected{device_type=\"reader\"}") == 2)
    }

    @Test func pcscdKilledInMidTrafficAndBack() throws {
        let bench = try LiveBench(script: "delay: 3\n")
        try bench.startDaemon()
        #expect(try eventually(within: 3) { try bench.sum("cardlink_devices_connected", "reader") == 2 })
        let client = try RunningCommand(
            [Files.probe, "run", "--runtime-dir", bench.sockets, "--json", bench.folder.file("report.json"), "--"]
                + [Files.python, Files.client("select_loop.py"), "100000"], environment: bench.environment)
        #expect(try eventually(within: 10) { try bench.sum("cardlink_apdu_commands_total") > 50 })
        try bench.control("kill-pcscd")
        #expect(try eventually(within: 1.5) { try bench.sum("cardlink_devices_connected", "reader") == 0 })
        #expect(try client.end(within: 20).ending == .exited(1))
        #expect(bench.daemonErrors.contains("reader monitor: pcscd"))
        #expect(try bench.get("/health").status == 503)
        #expect(try bench.get("/health/live").status == 200)
        #expect(try bench.get("/health/ready").status == 200)
        try bench.control("start-pcscd")
        #expect(try eventually(within: 2.5) { try bench.sum("cardlink_devices_connected", "reader") == 2 })
        // What checks found is told for a second.
        #expect(try eventually(within: 2) { try bench.get("/health").status == 200 })
        #expect(bench.daemonErrors.contains("reader monitor: works"))
        // The daemon, the run and the card agree, but for the command that pcscd died with.
        let report =
            try JSONSerialization.jsonObject(with: Data(bench.folder.read("report.json").utf8)) as? [String: Any]
        let answered = bench.oracle.statusWords.values.reduce(0, +)
        let told = Oracle(report: report ?? [:]).statusWords.values.reduce(0, +)
        #expect(told == answered || told == answered - 1)
        #expect(
            try bench.sum("cardlink_apdu_responses_total", "status_word=\"9000\"")
                == Double(Oracle(report: report ?? [:]).statusWords["9000"] ?? -1))
        #expect(try bench.sum("cardlink_active_sessions") == 0)
        _ = try bench.run([Files.python, Files.client("select_loop.py"), "5"])
        #expect(try bench.sum("cardlink_sessions_total") == 2)
    }

    @Test func cardRemovedInTheMiddleOfACommand() throws {
        let bench = try LiveBench(script: "delay: 300\n")
        try bench.startDaemon()
        let client = try RunningCommand(
            [Files.probe, "run", "--runtime-dir", bench.sockets, "--json", bench.folder.file("report.json"), "--"]
                + [Files.python, Files.client("select_loop.py"), "3"], environment: bench.environment)
        #expect(try eventually(within: 10) { try bench.control("status").contains("busy=true") })
        try bench.control("remove")
        #expect(try client.end(within: 20).ending == .exited(1))
        let report =
            try JSONSerialization.jsonObject(with: Data(bench.folder.read("report.json").utf8)) as? [String: Any]
        #expect(report?["error_count"] as? Int == 1)
        // The card had the command under way too, and the log has its line.
        #expect(report?["command_count"] as? Int == bench.oracle.commands)
        // vpcd gives pcscd, and pcscd the program, a success without a byte, or an error.
        let failed = (report?["failed_transmits"] as? [Any])?.count ?? 0
        #expect(failed + (report?["responses_without_status_word"] as? Int ?? 0) == 1)
        #expect(try eventually(within: 2) { try bench.sum("cardlink_apdu_errors_total") == 1 })
        #expect(try bench.sum("cardlink_apdu_commands_total") == Double(bench.oracle.commands))
        // pcscd looks every 400 ms: a card that is back before keeps its place there, and is never powered.
        usleep(1_000_000)
        try bench.control("insert")
        #expect(try bench.run([Files.python, Files.client("select_loop.py"), "1"]).ending == .exited(0))
    }

    /// A run that is killed leaves no session behind in the daemon, and a daemon that is killed loses no count of a run
    /// that goes on.
    @Test func killedOnEitherSide() throws {
        let bench = try LiveBench(script: "delay: 5\n")
        try bench.startDaemon()
        let first = try RunningCommand(
            [
                Files.probe, "run", "--runtime-dir", bench.sockets, "--", Files.python, Files.client("select_loop.py"),
                "200",
            ],
            environment: bench.environment)
        #expect(try eventually(within: 10) { try bench.sum("cardlink_active_sessions") == 1 })
        first.signal(SIGSTOP)
        let child = try Command.run(["pgrep", "-P", "\(first.pid)"]).output
        let program = try #require(Int32(child.trimmingCharacters(in: .newlines)))
        first.signal(SIGKILL)
        defer { kill(program, SIGKILL) }
        #expect(try eventually(within: 3) { try bench.sum("cardlink_active_sessions") == 0 })
        #expect(try bench.sum("cardlink_session_errors_total", "client_gone") == 1)

        kill(program, SIGKILL)
        let second = try RunningCommand(
            [Files.probe, "run", "--runtime-dir", bench.sockets, "--json", bench.folder.file("report.json"), "--"]
                + [Files.python, Files.client("select_loop.py"), "200"], environment: bench.environment)
        usleep(500_000)
        try bench.killDaemon()
        usleep(200_000)
        try bench.startDaemon()
        #expect(try eventually(within: 3) { try bench.sum("cardlink_active_sessions") == 1 })
        #expect(try second.end(within: 30).ending == .exited(0))
        #expect(try eventually(within: 3) { try bench.sum("cardlink_active_sessions") == 0 })
        let report =
            try JSONSerialization.jsonObject(with: Data(bench.folder.read("report.json").utf8)) as? [String: Any]
        #expect(report?["command_count"] as? Int == 800)
    }

    @Test(arguments: [SIGTERM, SIGINT])
    func stopsCleanly(signal: Int32) throws {
        let bench = try LiveBench()
        let folder = try TemporaryFolder()
        let running = try RunningCommand(
            [Files.probe, "serve", "--web.listen-address", "127.0.0.1:0", "--runtime-dir", folder.path],
            environment: bench.environment)
        #expect(eventually(within: 10) { running.errorsSoFar.contains("sockets in") })
        running.signal(signal)
        #expect(try running.end(within: 5).ending == .exited(0))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
    }

    @Test func whatStandsInItsWayIsOneLine() throws {
        let bench = try LiveBench()
        try bench.startDaemon()
        let taken = try Command.run([
            Files.probe, "serve", "--web.listen-address", "127.0.0.1:\(bench.port)", "--runtime-dir",
            bench.folder.file("other"),
        ])
        #expect(taken.ending == .exited(69))
        #expect(
            taken.errors.hasPrefix("cardlink-probe: cannot listen on 127.0.0.1:\(bench.port): address already in use"))
        let sockets = try Command.run([
            Files.probe, "serve", "--web.listen-address", "127.0.0.1:0", "--runtime-dir", bench.sockets,
        ])
        #expect(sockets.ending == .exited(69))
        #expect(sockets.errors.contains("another probe answers there"))
        let directory = try Command.run([
            Files.probe, "serve", "--web.listen-address", "127.0.0.1:0", "--runtime-dir", "/proc/cardlink",
        ])
        #expect(directory.ending == .exited(69))
        for end in [taken, sockets, directory] { #expect(end.errors.split(separator: "\n").count == 1) }
        #expect(try bench.get("/metrics").status == 200)
    }

    /// A page of a stranger cannot read it by pointing its own name here.
    @Test func itAnswersToItsOwnNamesOnly() throws {
        let folder = try TemporaryFolder()
        let running = try RunningCommand([
            Files.probe, "serve", "--web.listen-address", "127.0.0.1:0", "--runtime-dir", folder.path,
            "--web.host", "bench7.example",
        ])
        #expect(eventually(within: 10) { running.errorsSoFar.contains("sockets in") })
        let line = running.errorsSoFar.split(separator: "\n").first { $0.contains("metrics on") } ?? ""
        let url = String(line.split(separator: " ").last ?? "")
        func status(_ host: String) throws -> String {
            try Command.run(["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-H", "Host: \(host)", url]).output
        }
        #expect(try status("localhost") == "200")
        #expect(try status("bench7.example:7816") == "200")
        #expect(try status("evil.example") == "403")
        running.signal(SIGTERM)
        #expect(try running.end(within: 5).ending == .exited(0))
    }

    /// The clients of a daemon that hangs are held up for a moment, no longer.
    @Test func aDaemonThatHangsIsTold() throws {
        let bench = try LiveBench()
        try bench.startDaemon()
        kill(bench.daemonPID, SIGSTOP)
        let end = try bench.run([Files.python, Files.client("select_loop.py"), "2"])
        kill(bench.daemonPID, SIGCONT)
        #expect(end.ending == .exited(0))
        #expect(end.errors.contains("does not answer; it may hang, then restart it"))
        #expect(end.errors.split(separator: "\n").count == 1)
    }

    @Test func aPCSCDThatHangsIsTold() throws {
        let bench = try LiveBench()
        try bench.startDaemon()
        #expect(try eventually(within: 3) { try bench.get("/health").status == 200 })
        let path = try #require(bench.environment["PCSCLITE_CSOCK_NAME"])
        // The bench's pcscd is the one that has this socket folder mounted over its own.
        let folder = URL(filePath: path).deletingLastPathComponent().deletingLastPathComponent().lastPathComponent
        let found = try Command.run([
            "sh", "-c", "for p in $(pgrep -x pcscd); do grep -q \(folder) /proc/$p/mountinfo && echo $p; done",
        ])
        let pcscd = try #require(Int32(found.output.trimmingCharacters(in: .newlines)))
        kill(pcscd, SIGSTOP)
        defer { kill(pcscd, SIGCONT) }
        let readers = try Command.run([Files.probe, "readers"], environment: bench.environment)
        #expect(readers.ending == .exited(69))
        #expect(
            readers.errors
                == "cardlink-probe: pcscd does not answer, it may hang; restart it: systemctl restart pcscd\n")
        #expect(try eventually(within: 8) { try bench.get("/health").status == 503 })
        kill(pcscd, SIGCONT)
        #expect(try eventually(within: 8) { try bench.get("/health").status == 200 })
    }

    /// A card that is away for a moment between two looks of pcscd is not missed.
    @Test func cardsComeAndGoQuickly() throws {
        let bench = try LiveBench()
        for _ in 0..<3 {
            try bench.control("remove")
            try bench.control("insert")
        }
        #expect(
            try Command.run([Files.python, Files.client("select_loop.py"), "1"], environment: bench.environment).ending
                == .exited(0))
    }

    @Test func readersAreListed() throws {
        let bench = try LiveBench()
        let table = try Command.run([Files.probe, "readers"], environment: bench.environment)
        #expect(table.ending == .exited(0))
        #expect(
            table.output == """
                reader             state    ATR
                Virtual PCD 00 00  present  3B 9F 96 80 1F 87 80 31 E0 73 FE 21 1B 67 4A 4C 75 30 34 05 4B A9
                                            T=0, 512/32, UICC (sysmoISIM-SJA2), 4 channels
                Virtual PCD 00 01  empty    -

                """)
        let json = try Command.run([Files.probe, "readers", "--json"], environment: bench.environment)
        let listing = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: [[String: Any]]]
        #expect(listing?["readers"]?.map { $0["name"] as? String } == ["Virtual PCD 00 00", "Virtual PCD 00 01"])
        let absent = try Command.run(
            [Files.probe, "readers"], environment: ["PCSCLITE_CSOCK_NAME": "/nonexistent/pcscd.comm"])
        #expect(absent.ending == .exited(69))
        #expect(absent.errors.split(separator: "\n").count == 1)
        #expect(absent.errors.contains("pcscd is not running"))
    }
}
