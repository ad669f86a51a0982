import Foundation
import TestSupport
import Testing

/// Faults that happen for real on a virtual bench, and what `cardlink-probe explain` makes of each.
@Suite struct FlightTests {
    /// What is done to a bench, and what the file of it must say.
    private struct Case: Sendable, CustomStringConvertible {
        /// What the message contains, by which its file is found.
        var message: String
        var cause: String
        var certainty: String
        var description: String { "\(message) -> \(certainty) \(cause)" }
    }

    private static let wrong = "0020000108" + "3939393939FFFFFF"
    private static let other = "0020008108" + "3131313131FFFFFF"

    /// Steps of a program, in a session of its own each.
    private static let sessions: [(steps: [String], Case)] = [
        ([wrong], Case(message: "VERIFY 63C2", cause: "wrong_pin", certainty: "certain")),
        ([wrong], Case(message: "VERIFY 63C1", cause: "wrong_pin", certainty: "certain")),
        ([wrong], Case(message: "VERIFY 63C0", cause: "pin_blocked", certainty: "certain")),
        (
            [wrong],
            Case(message: "VERIFY 6983", cause: "pin_blocked", certainty: "certain")
        ),
        (["00B0698200"], Case(message: "READ BINARY 6982", cause: "no_pin", certainty: "likely")),
        (
            [wrong, "00D6698201FF"],
            Case(message: "UPDATE BINARY 6982", cause: "pin_refused_before", certainty: "certain")
        ),
        (
            [other, "00B2698200"],
            Case(message: "READ RECORD 6982", cause: "other_access_condition", certainty: "likely")
        ),
        (
            ["reconnect", "00DC698201FF"],
            Case(message: "UPDATE RECORD 6982", cause: "access_lost_by_reset", certainty: "likely")
        ),
        (
            ["00A40004027FAA", "00B0698600"],
            Case(message: "READ BINARY 6986", cause: "selection_failed", certainty: "likely")
        ),
        (["00B2698500"], Case(message: "READ RECORD 6985", cause: "wrong_order", certainty: "likely")),
        (
            ["008898628101FF"], Case(message: " 9862", cause: "authentication_failed", certainty: "likely")
        ),
        (["reset", "00B2000000"], Case(message: "SCARD_W_RESET_CARD", cause: "reset_by_itself", certainty: "likely")),
        (["00A40004023F00", "kill"], Case(message: "killed", cause: "program_killed", certainty: "certain")),
    ]

    private static let causes: [(cause: String, certainty: String, statusWords: [String])] = [
        ("malformed_command", "certain", ["6A80", "6A86", "6B00"]),
        ("memory_full", "certain", ["6A84"]), ("memory_failure", "certain", ["6581"]),
        ("card_internal", "likely", ["6F00", "6400", "6F42"]), ("secure_messaging", "likely", ["6987", "6988"]),
    ]
    private static let commands = [
        ("READ BINARY", "00B0", "00"), ("READ RECORD", "00B2", "00"), ("UPDATE BINARY", "00D6", "01FF"),
    ]

    /// Ten that are drawn anew each time: a command, and a failure that the card answers to it.
    private static func drawn() -> [(steps: [String], Case)] {
        let all = causes.flatMap { cause, certainty, words in
            words.flatMap { word in
                commands.map { name, header, rest in
                    ([header + word + rest], Case(message: "\(name) \(word)", cause: cause, certainty: certainty))
                }
            }
        }
        return Array(all.shuffled().prefix(10))
    }

    /// A card that answers to a file's offset with that status word, and to one of its PINs that it is right.
    private static let script = """
        pins:
          pin1: { value: "1234", puk: "12345678", tries: 3, enabled: true }
        rules:
          - { match: "00 20 00 81", status: "9000" }

        """
        + (causes.flatMap(\.statusWords) + ["6982", "6985", "6986", "9862"]).flatMap { word in
            ["00 B0", "00 B2", "00 D6", "00 DC", "00 88"].map { ins in
                "  - { match: \"\(ins) \(word.prefix(2)) \(word.suffix(2))\", status: \"\(word)\" }\n"
            }
        }.joined()

    @Test func causesAreNamed() throws {
        let bench = try LiveBench(script: Self.script)
        let state = ["XDG_STATE_HOME": bench.folder.file("state")]
        let modem = try RunningCommand([Files.probe, "simulate", "modem", "--link", bench.folder.file("modem")])
        defer { modem.kill() }
        #expect(eventually(within: 20) { modem.errorsSoFar.contains("the modem ") })
        let target = try freePort()
        let server = try RunningCommand(
            [
                "openssl", "s_server", "-accept", "127.0.0.1:\(target)", "-nocert", "-tls1_2", "-psk",
                "0102030405060708", "-cipher", "PSK-AES128-CBC-SHA256",
            ], input: .kept)
        defer { server.kill() }
        while try !server.readLine().hasPrefix("ACCEPT") {}
        try bench.startDaemon(
            options: [
                "--modem", "m=\(bench.folder.file("modem"))", "--psk-tls.tap", "ota=127.0.0.1:0/127.0.0.1:\(target)",
            ], environment: state)

        var cases: [Case] = []
        for (steps, expected) in (Self.sessions + Self.drawn()).shuffledKeepingFirst(4) {
            _ = try bench.run([Files.python, Files.client("card_steps.py")] + steps, options: ["--no-summary"])
            cases.append(expected)
        }
        cases += try Self.handshakes(bench)
        modem.signal(SIGTERM)
        cases.append(Case(message: "the modem is gone", cause: "modem_removed", certainty: "certain"))
        cases += try Self.pytest(bench)
        cases += try Self.pulledCard(bench)
        try bench.control("kill-pcscd")
        cases.append(Case(message: "the reader is gone", cause: "pcscd_ended", certainty: "certain"))
        #expect(cases.count == 30)
        try expect(cases, in: bench, state)
    }

    private static func handshakes(_ bench: LiveBench) throws -> [Case] {
        let relay = try #require(bench.daemonErrors.firstMatch(of: /relay ota on (127\.0\.0\.1:[0-9]+)/)).1
        for (key, cipher) in [("FF", "PSK-AES128-CBC-SHA256"), ("0102030405060708", "PSK-AES256-CBC-SHA384")] {
            _ = try Command.run(
                ["openssl", "s_client", "-connect", String(relay), "-tls1_2", "-psk", key, "-cipher", cipher])
        }
        return [
            Case(message: "bad record mac", cause: "wrong_psk", certainty: "certain"),
            Case(message: "handshake failure", cause: "no_shared_cipher_suite", certainty: "certain"),
        ]
    }

    private static func pytest(_ bench: LiveBench) throws -> [Case] {
        let end = try bench.run(
            [
                TraceSink.python, "-m", "pytest", "-p", "cardlink_probe_pytest", "--cardlink-suite", "cards", "-q",
                "-p",
                "no:cacheprovider", Files.client("test_cards.py"), "-k", "test_fails",
            ], options: ["--no-summary"],
            environment: ["PYTHONPATH": Files.package + "/examples/python", "PYTHONDONTWRITEBYTECODE": "1"])
        #expect(end.ending == .exited(1), "\(end.errors)")
        return [Case(message: "test_fails: failed", cause: "pin_blocked", certainty: "likely")]
    }

    private static func pulledCard(_ bench: LiveBench) throws -> [Case] {
        let client = try RunningCommand(
            [Files.probe, "run", "--no-summary", "--runtime-dir", bench.sockets, "--", Files.python]
                + [Files.client("card_steps.py"), "line", "00A40004023F00"],
            environment: bench.environment, input: .kept)
        #expect(try client.readLine() == "here")
        #expect(try eventually { try bench.sum("cardlink_active_sessions", "pcsc") == 1 })
        try bench.control("remove")
        #expect(
            try eventually {
                let status = try JSONSerialization.jsonObject(with: Data(try bench.get("/api/v1/status").body.utf8))
                let readers = (status as? [String: Any])?["readers"] as? [[String: Any]]
                return readers?.allSatisfy { $0["has_card"] as? Bool == false } == true
            })
        try client.say("")
        _ = try client.end(within: 10)
        return [
            Case(message: "the card was taken out", cause: "card_removed", certainty: "certain"),
            Case(message: "SELECT: SCARD_", cause: "card_removed", certainty: "certain"),
        ]
    }

    /// Each has a file, whose explanation names the cause, and none a cause that it has not with certainty.
    private func expect(_ cases: [Case], in bench: LiveBench, _ state: [String: String]) throws {
        func explain(_ words: String...) throws -> Command {
            try Command.run([Files.probe, "explain"] + words, environment: state)
        }
        func names() throws -> [String] { try explain("--list").output.split(separator: "\n").map(String.init) }
        var told: [(message: String, cause: String, certainty: String, words: String)] = []
        #expect(try eventually(within: 10) { try names().count >= cases.count })
        for name in try names() {
            let json = try JSONSerialization.jsonObject(with: Data(try explain(name, "--json").output.utf8))
            let object = try #require(json as? [String: Any])
            let (flight, cause) = (object["flight"] as? [String: Any], object["cause"] as? [String: Any])
            told.append(
                (
                    flight?["message"] as? String ?? "", cause?["name"] as? String ?? "",
                    cause?["certainty"] as? String ?? "", "\(cause?["words"] ?? ""); \(cause?["evidence"] ?? "")"
                ))
        }
        for expected in cases {
            let found = told.first { $0.message.contains(expected.message) }
            #expect(
                found?.cause == expected.cause && found?.certainty == expected.certainty,
                "\(expected): \(found.map { "\($0)" } ?? "no file of \(told.map(\.message))")")
        }
        // Of each fault it is counted what became of it.
        let written = try bench.sum("cardlink_flight_files_total", "written")
        #expect(written == Double(try names().count))
        #expect(try bench.sum("cardlink_flight_files_total", "failed") == 0)
        let last = try explain()
        #expect(last.status == 0 && last.output.contains("\n cause "), "\(last.output) \(last.errors)")
        #expect(last.output.split(separator: "\n").count <= 12)
    }

    /// A run that no daemon watches has files of its own, which its summary, its report and its trace name.
    @Test func aLoneRunHasItsOwn() throws {
        let bench = try LiveBench(script: Self.script)
        let sink = try TraceSink()
        let environment = ["XDG_STATE_HOME": bench.folder.file("state"), "OTEL_EXPORTER_OTLP_ENDPOINT": sink.endpoint]
        func run(_ steps: [String], _ more: [String: String] = [:]) throws -> Command {
            try bench.run(
                [Files.python, Files.client("card_steps.py")] + steps,
                options: ["--summary", "--json", bench.folder.file("report.json")],
                environment: environment.merging(more) { $1 })
        }
        let folder = bench.folder.file("state/cardlink-probe/flights")
        let end = try run(["00A40004023F00", Self.wrong, "00D6698201FF"])
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        let last = try #require(names.last)
        #expect(names.count == 2, "\(names)")
        #expect(
            end.errors.hasSuffix(
                " explain  \(last)\n          1 more: cardlink-probe explain --list\n"),
            "\(end.errors)")
        let report = try JSONSerialization.jsonObject(with: Data(bench.folder.read("report.json").utf8))
        #expect((report as? [String: Any])?["flights"] as? [String] == names)
        let told = try Command.run([Files.probe, "explain", last], environment: environment)
        #expect(told.output.contains(" cause    certain: the PIN was refused before"), "\(told.output)")
        let list = try Command.run([Files.probe, "explain", "--list"], environment: ["CARDLINK_FLIGHTS_PATH": folder])
        #expect(list.output == names.reversed().map { $0 + "\n" }.joined())
        let faults = try sink.spans.filter { $0.name == "fault" }
        #expect(names.allSatisfy { name in faults.contains { $0.attributes["cardlink.flight.file"] == .text(name) } })
        #expect(faults.count == 2)
        let session = try #require(try sink.spans.first { $0.name == "reader session" })
        #expect(faults.allSatisfy { $0.parent_span_id == session.span_id })
        // None without a fault, and none where nobody wants them.
        #expect(!(try run(["00A40004023F00"])).errors.contains("explain"))
        #expect(!(try run(["00B2698500"], ["CARDLINK_FLIGHTS_ENABLED": "false"])).errors.contains("explain"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == 2)
    }

    @Test(arguments: [
        (["/no/such.ndjson"], 69, "/no/such.ndjson cannot be read: No such file or directory"),
        (["--folder", "/no/such"], 69, "no fault has left a file in /no/such"),
        ([Files.client("commands.txt")], 78, "is no file of a fault; for recorded events: cardlink-probe replay"),
    ])
    func whatCannotBeExplained(words: [String], status: Int32, error: String) throws {
        let end = try Command.run([Files.probe, "explain"] + words)
        #expect(end.status == status && end.output.isEmpty, "\(end)")
        #expect(end.errors.contains(error) && end.errors.split(separator: "\n").count == 1, "\(end.errors)")
    }
}

extension Array {
    /// In any order behind those that are first.
    fileprivate func shuffledKeepingFirst(_ count: Int) -> [Element] {
        Array(prefix(count)) + dropFirst(count).shuffled()
    }
}
