import Foundation
import TestSupport
import Testing

/// No secret leaves the program that has it: not into the ring, an event line, a report, a metric or a log.
@Suite struct SecrecyTests {
    private static let canary = Canary(digits: "A5C3F00DBEE5D19E")
    /// The card's numbers, and the bytes of their files: digits swapped, padded (TS 102 221, 13.2; TS 31.102, 4.2.2).
    private static let iccid = Canary(digits: "988872635445362718", text: "898827364554637281")
    private static let imsi = Canary(digits: "2926897573648392", text: "262985737463829")

    /// A card that says the canary wherever one may: in files, answers, challenges, proactive commands.
    private static var script: String {
        let secret = canary.digits
        func proactive(_ type: String, _ more: [(tag: String, value: String)]) -> String {
            let rest = more.map { $0.tag + String(format: "%02X", $0.value.count / 2) + $0.value }.joined()
            let body = "810301\(type)008202818235010339020578" + rest
            return "      - raw: D0\(String(format: "%02X", body.count / 2))\(body)\n"
        }
        // Login and password of OPEN CHANNEL, its access name; SEND DATA; texts; a message; an item; an address.
        let steps =
            proactive("40", [("0D", "F4" + secret), ("0D", "F4" + secret), ("47", secret), ("3E", "57" + secret)])
            + proactive("43", [("B6", secret + secret)]) + proactive("21", [("8D", "04" + secret)])
            + proactive("23", [("8D", "04" + secret), ("91", "0008"), ("17", "04" + secret)])
            + proactive("13", [("06", "91" + secret), ("8B", secret + secret)])
            + proactive("25", [("85", secret), ("8F", "01" + secret)]) + proactive("15", [("31", secret)])
        let answers = ["A0 88", "80 50", "84 50", "00 CA", "80 CA", "00 84", "00 B1", "A0 B0", "00 B2", "80 F2 40"]
        return """
            identity: { iccid: "\(iccid.text ?? "")", imsi: "\(imsi.text ?? "")" }
            pins: { pin1: { value: "1234", enabled: false } }
            files:
              - { path: 3F00/2F99, data: \(secret) }
            rules:
              - { match: 00 88, response: 61 08 }
              - { match: 00 C0 00 00 08, response: \(secret) 90 00 }
            \(answers.map { "  - { match: \($0), response: \(secret) 90 00 }" }.joined(separator: "\n"))
            proactive:
              - on: { match: 80 C2 00 00 ?? D1 }
                continueAfterError: true
                steps:
            \(steps)
            """
    }

    /// No place has a canary, and each is there.
    private func expectNone(_ places: [(name: String, contents: Data)]) {
        for (name, place) in places {
            #expect(!place.isEmpty, "\(name)")
            for canary in [Self.canary, Self.iccid, Self.imsi] {
                #expect(!canary.isIn(place), "\(canary.digits) in \(name)")
            }
            #expect(place.range(of: Data("secrets.py".utf8)) == nil, "\(name)")
        }
    }

    /// And the card had it all: otherwise nothing was proved.
    private func expectAllSent(_ bench: Bench, runs: Int = 1) {
        let log = bench.cardLog
        for canary in [Self.canary, Self.iccid, Self.imsi] {
            #expect(canary.isIn(Data(bench.folder.read("card.log").utf8)))
        }
        let sent = log.lines.filter { $0.command.contains(Self.canary.digits) }
        let told = log.lines.filter { $0.response.contains(Self.canary.digits) }
        #expect(Set(sent.map { $0.command.prefix(4) }).count >= 60)
        #expect(told.count > 15, "\(told.map { $0.command })")
        #expect(told.count { $0.command.hasPrefix("8012") } == 7 * runs, "the proactive commands")
    }

    private static func program(_ folder: TemporaryFolder) -> [String] {
        [Files.python, Files.client("secrets.py"), folder.file("ring"), canary.digits]
    }

    @Test func noneLeavesTheProgram() throws {
        let bench = try Bench(script: Self.script)
        let folder = try TemporaryFolder()
        let sink = try RunningCommand([
            Files.python, Files.client("events_sink.py"), folder.file("events.sock"), folder.file("events"),
        ])
        #expect(eventually(within: 10) { sink.outputSoFar.contains("ready") })
        let run = try Command.run(
            [Files.probe, "run", "--runtime-dir", folder.path, "--summary", "--json", folder.file("report.json"), "--"]
                + Self.program(folder), environment: bench.environment)
        _ = try sink.end(within: 10)
        #expect(run.ending == .exited(0), "\(run.errors)")
        let places = try ["ring", "events", "report.json"].map { name in
            (name, try Data(contentsOf: URL(filePath: folder.file(name))))
        }
        expectNone(places + [("summary", Data(run.errors.utf8))])
        // What may leave did, so that the search can find.
        #expect(Self.canary.backwards.isIn(places[0].1))
        #expect(Self.canary.backwards.isIn(places[1].1))
        expectAllSent(bench)
    }

    /// A daemon that hears it all, a terminal, and the port of a `run`.
    @Test func noneIsServedOrShown() throws {
        let bench = try Bench(script: Self.script)
        let folder = try TemporaryFolder()
        let state = ["XDG_STATE_HOME": folder.file("state")]
        let daemon = try ServingProbe(
            sockets: folder.file("sockets"), environment: bench.environment.merging(state) { $1 })
        let errors = folder.file("errors")
        let program = Self.program(folder).joined(separator: " ")
        let inside = try folder.write(
            """
            \(program)
            url=$(grep -o 'http://[^ ]*' \(errors))
            curl -s "$url" >\(folder.file("scrape"))
            """, to: "inside.sh")
        let wrapped =
            "\(Files.probe) run --runtime-dir \(folder.file("sockets")) --metrics 127.0.0.1:0 -- sh \(inside) 2>\(errors)"
        #expect(try Command.run(["sh", "-c", wrapped], environment: bench.environment).ending == .exited(0))
        #expect(try daemon.sum("cardlink_apdu_commands_total") == Double(bench.cardLog.lines.count))
        let database = folder.file("state/cardlink-probe/history.db")
        // All of it is written, some in the file and some in the log of transactions.
        #expect(
            try eventually {
                let count = try Command.run(["sqlite3", "-readonly", database, "SELECT count(*) FROM apdus"]).output
                return count == "\(bench.cardLog.lines.count)\n"
            })
        let history = try ["", "-wal"].map { ("history\($0)", try Data(contentsOf: URL(filePath: database + $0))) }
        let alone = "\(Files.probe) run --runtime-dir \(folder.file("alone")) -- \(program)"
        let terminal = try Command.run(
            ["script", "-qec", alone, "/dev/null"],
            environment: bench.environment.merging(["TERM": "xterm", "COLUMNS": "200"]) { $1 })
        #expect(terminal.output.contains("cardlink-probe: python3"))
        let title = try ["comm", "cmdline", "environ"].map { name in
            ("\(name) of serve", try Data(contentsOf: URL(filePath: "/proc/\(daemon.pid)/\(name)")))
        }
        let served = try ["text/plain", "application/openmetrics-text;version=1.0.0"].map { type in
            (type, Data(try daemon.get("/metrics", headers: ["Accept: \(type)"]).body.utf8))
        }
        let pages = try ["/", "/health"].map { ($0, Data(try daemon.get($0).body.utf8)) }
        expectNone(
            history + title + served + pages + [
                ("errors", Data(folder.read("errors").utf8)), ("scrape", Data(folder.read("scrape").utf8)),
                ("terminal", Data(terminal.output.utf8)), ("errors of serve", Data(daemon.errors.utf8)),
            ])
        expectAllSent(bench, runs: 2)
    }

    /// Programs that get their secrets as arguments: `run` says how many there were.
    @Test(arguments: [
        ["opensc-tool", "-s", "0020000108" + canary.digits],
        ["pkcs11-tool", "--login", "--pin", canary.digits, "-O"],
        ["python3", "-c", "import smartcard.System; smartcard.System.readers()", canary.digits],
    ])
    func argumentsStay(program: [String]) throws {
        let bench = try Bench()
        let folder = try TemporaryFolder()
        let sink = try RunningCommand([
            Files.python, Files.client("events_sink.py"), folder.file("events.sock"), folder.file("events"),
        ])
        #expect(eventually(within: 10) { sink.outputSoFar.contains("ready") })
        let options = ["--runtime-dir", folder.path, "--summary", "--json", folder.file("report.json")]
        let run = try Command.run(
            [Files.probe, "run"] + options + ["--", "sh", "-c", "exec \"$@\" >\(folder.file("own")) 2>&1", "sh"]
                + program,
            environment: bench.environment)
        _ = try sink.end(within: 10)
        expectNone([
            ("summary", Data(run.errors.utf8)), ("report", Data(folder.read("report.json").utf8)),
            ("events", Data(folder.read("events").utf8)),
        ])
        #expect(folder.read("report.json").contains("\"program\""))
    }

    /// What is told of a program that has a card, a secret and an argument.
    @Test func noneOfAProgramAtWork() throws {
        let bench = try Bench()
        let folder = try TemporaryFolder()
        let program = """
            import sys
            from smartcard.System import readers
            connection = readers()[0].createConnection()
            connection.connect()
            connection.transmit([0x00, 0x20, 0x00, 0x01, 0x08] + list(bytes.fromhex(sys.argv[1])))
            print("here", flush=True)
            sys.stdin.readline()
            """
        let wrapped = try RunningCommand(
            [Files.probe, "run", "--runtime-dir", folder.file("sockets"), "--"]
                + [Files.python, "-c", program, Self.canary.digits],
            environment: bench.environment.merging(["CARDLINK_PIN": Self.canary.digits]) { $1 }, input: .kept)
        try #require(try wrapped.readLine() == "here")
        let asked = [
            ["readers"], ["readers", "--json"], ["doctor", "--bundle", folder.file("bundle"), Files.python],
            ["doctor", "--json"],
        ]
        let environment = bench.environment.merging(["CARDLINK_PIN": Self.canary.digits]) { $1 }
        let told = try asked.map { words in
            let end = try Command.run([Files.probe] + words, environment: environment)
            return (words.joined(separator: " "), Data((end.output + end.errors).utf8))
        }
        #expect(String(decoding: told[0].1, as: UTF8.self).contains("python3"))
        expectNone(told + [("bundle", Data(folder.read("bundle").utf8))])
        #expect(try wrapped.end().ending == .exited(0))
    }
}
