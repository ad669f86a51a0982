import Foundation
import TestSupport
import Testing

/// One run on a bench that every program writes down: the probe live, pcscd, libpcscspy behind the shim, and OpenSC.
@Suite(.serialized) struct ReplayedLogTests {
    /// What is counted of commands, whoever wrote them down.
    private static let counts = [
        "command_count", "error_count", "error_types", "instructions", "probing_refusal_count", "probing_refusals",
        "status_words", "status_word_labels", "pins", "responses_without_status_word", "unsent_count",
        "failed_transmits", "bip", "secured_packets", "esim",
    ]
    private static let pin = "31 32 33 34 35 36 37 38"

    /// The run, and where its logs are: `live.json`, `live.ndjson`, `live.pcapng`, `pcscd.log`, `spy.log`, `opensc.log`.
    private func record() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        func library(_ name: String) throws -> String {
            let find = "/sbin/ldconfig -p | sed -n 's/.*\(name) .*=> //p' | head -n 1"
            return try Command.run(["sh", "-c", find]).output.trimmingCharacters(in: .newlines)
        }
        // It opens the real library by this name, and writes into a pipe in HOME.
        try FileManager.default.createSymbolicLink(
            atPath: folder.file("libpcsclite_nospy.so.1"), withDestinationPath: try library("libpcsclite.so.1"))
        #expect(mkfifo(folder.file("pcsc-spy"), 0o600) == 0)
        let spy = try RunningCommand(["sh", "-c", "exec cat \(folder.file("pcsc-spy")) > \(folder.file("spy.log"))"])
        let commands = [
            "00A40004023F00", "00A40004022FE2", "00B000000A", "00200001083132333435363738", "00FF0000",
            "00A40004021234", "80F2000000",
        ]
        let run =
            [
                Files.probe, "run", "--runtime-dir", folder.path, "--no-summary", "--json", folder.file("live.json"),
                "--events", folder.file("live.ndjson"), "--capture", folder.file("live.pcapng"), "--", "opensc-tool",
                "-c", "default",
            ] + commands.flatMap { ["-s", $0] }
        let end = try Command.run(
            [Files.probe, "simulate", "bench"] + Bench.logs(in: folder) + ["--"] + run,
            environment: [
                "HOME": folder.path, "LD_LIBRARY_PATH": folder.path, "OPENSC_DEBUG": "9",
                "CARDLINK_PCSC_LIBRARY": try library("libpcscspy.so.0"),
            ])
        try Data(end.errors.utf8).write(to: URL(filePath: folder.file("opensc.log")))
        #expect(try spy.end(within: 10).ending == .exited(0))
        return folder
    }

    private func report(_ path: String) throws -> [String: Any] {
        let object = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: path)))
        return try #require(object as? [String: Any])
    }

    /// The counts of a report, and those of each command by name.
    private func counts(_ report: [String: Any]) throws -> NSDictionary {
        var members = report.filter { Self.counts.contains($0.key) }
        let commands = try #require(report["commands"] as? [[String: Any]])
        for command in commands {
            let name = try #require(command["command"] as? String)
            members["command \(name)"] = ["calls", "errors", "probing_refusals", "expected_errors"].map {
                command[$0] as? Int
            }
        }
        return members as NSDictionary
    }

    @Test func everyLogCountsAsTheLiveRun() throws {
        let folder = try record()
        let live = try report(folder.file("live.json"))
        #expect(live["command_count"] as? Int == 8)
        for name in ["live.ndjson", "live.pcapng", "pcscd.log", "spy.log", "opensc.log"] {
            let end = try Command.run([
                Files.probe, "replay", "--no-summary", "--json", folder.file("again.json"), "--metrics",
                folder.file("metrics.txt"), "--redact", folder.file("redacted"), folder.file(name),
            ])
            #expect(end.ending == .exited(0), "\(name): \(end.errors)")
            let again = try report(folder.file("again.json"))
            #expect(try counts(again) == counts(live), "\(name)")
            #expect(
                folder.read("metrics.txt").contains(
                    "\ncardlink_apdu_commands_total{command=\"VERIFY\",interface=\"pcsc\"} 1\n"), "\(name)")
            let redacted = try Data(contentsOf: URL(filePath: folder.file("redacted")))
            for spelling in [Self.pin, Self.pin.replacing(" ", with: ""), "12345678"] {
                #expect(redacted.range(of: Data(spelling.utf8)) == nil, "\(name)")
            }
            #expect(redacted.count == (try Data(contentsOf: URL(filePath: folder.file(name)))).count)
            guard name == "spy.log" else { continue }
            // It has every call.
            for key in ["operations", "sessions", "pcsc_calls"] {
                #expect(again[key] as? NSObject == live[key] as? NSObject, "\(key)")
            }
        }
        // What was stored and what was told as events can be compared with one another.
        let outputs = ["--events", folder.file("pcscd.ndjson"), "--store", folder.file("history.db")]
        #expect(
            try Command.run(
                [Files.probe, "replay", "--no-summary"] + outputs + [folder.file("pcscd.log"), folder.file("spy.log")]
            ).ending == .exited(0))
        let runs = try Command.run([Files.metrics, "history", "--store", folder.file("history.db"), "--json"])
        let rows = try #require(JSONSerialization.jsonObject(with: Data(runs.output.utf8)) as? [[String: Any]])
        let stored = rows.filter { $0["commands"] as? Int == 8 }
        #expect(stored.compactMap { $0["program"] as? String }.sorted() == ["pcscd.log", "spy.log"])
        let numbers = try stored.map { "\(try #require($0["id"] as? Int))" }.sorted()
        let same = try Command.run(
            [Files.metrics, "compare", "--store", folder.file("history.db"), "--json"] + numbers)
        #expect(same.ending == .exited(0), "\(same.errors)")
        #expect(same.output.contains("\"same_exchanges\" : 8"), "\(same.output)")
    }

    /// Logs that other programs wrote, each with what the probe counted while they did.
    @Test(arguments: ["gp", "pysim-read", "pysim-shell", "pysim-trace"])
    func aSampleCountsAsItsLiveRunDid(name: String) throws {
        let folder = try TemporaryFolder()
        let sample = "\(Files.package)/Tests/Captures/replay/\(name)"
        let end = try Command.run([
            Files.probe, "replay", "--no-summary", "--json", folder.file("again.json"), "\(sample).log",
        ])
        #expect(end.ending == .exited(0), "\(end.errors)")
        let (live, again) = (try report("\(sample).json"), try report(folder.file("again.json")))
        #expect(live["command_count"] as? Int ?? 0 > 7)
        #expect(try counts(again) == counts(live), "\(name)")
    }

    @Test func aLogIsRedactedOntoStandardOutput() throws {
        let log = "00000000 APDU: 00 20 00 01 02 31 32 \n00000009 SW: 63 C2 \n00000001 APDU: 00 A4 0"
        let end = try Command.run([Files.probe, "replay", "--no-summary", "--redact", "-", "-"], input: log)
        #expect(end.ending == .exited(1))
        #expect(end.output == "00000000 APDU: 00 20 00 01 02 00 00 \n00000009 SW: 63 C2 \n00000001 APDU: 00 00 0")
        #expect(
            end.errors == """
                cardlink-probe: -:3: no whole command behind APDU:
                cardlink-probe: -: a log of pcscd, 1 command; 1 line could not be read; it has no date, so that they are told as of now
                cardlink-probe: -: cut 2 bytes of commands and answers (VERIFY ×1); hex in 1 other line

                """)
    }

    @Test(arguments: [
        (["--redact", "/dev/null", "a", "b"], 64, "--redact takes one file; call it for each"),
        (
            ["--format", "gp", "a"], 64,
            "no format 'gp'; there is: events, junit, pcscd, pcsc-spy, opensc, apdu4j, hex, pcap"
        ),
        (
            ["-"], 69,
            "cannot tell what - is; say it with --format: events, junit, pcscd, pcsc-spy, opensc, apdu4j, hex, pcap"
        ),
    ])
    func whatCannotBeIsOneLine(words: [String], code: Int32, line: String) throws {
        let end = try Command.run([Files.probe, "replay"] + words, input: "just words\n")
        #expect(end.ending == .exited(code))
        #expect(end.errors.contains(line), "\(end.errors)")
    }
}
