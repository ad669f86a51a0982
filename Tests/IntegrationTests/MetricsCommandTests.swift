import Foundation
import TestSupport
import Testing

/// `cardlink-metrics` against a real probe, as a person and as a script call it.
@Suite struct MetricsCommandTests {
    private let folder: TemporaryFolder
    private let probe: ServingProbe
    private let bench: TestSupport.Bench

    init() throws {
        folder = try TemporaryFolder()
        bench = try TestSupport.Bench()
        probe = try ServingProbe(
            sockets: folder.file("sockets"), options: ["--bench.name", "bench-7"], environment: bench.environment)
    }

    private var url: String { "http://127.0.0.1:\(probe.port)" }

    private func ask(_ words: [String], environment: [String: String] = [:]) throws -> Command {
        try Command.run([Files.metrics] + words + ["--url", url], environment: environment)
    }

    /// Twelve SELECTs of the master file, each answered by the card.
    private func drive() throws {
        let end = try Command.run(
            [Files.probe, "run", "--no-summary", "--runtime-dir", probe.sockets, "--", "opensc-tool"]
                + (0..<12).flatMap { _ in ["-s", "00A4000C023F00"] },
            environment: bench.environment)
        #expect(end.status == 0, "\(end.errors)")
        #expect(try eventually { try probe.sum("cardlink_apdu_commands_total", "SELECT") >= 12 })
    }

    @Test func statusShowsWhatTheCardSaw() throws {
        try drive()
        let json = try ask(["status", "--json"])
        let object = try #require(try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
        let commands = try #require(object["commands"] as? [[String: Any]])
        let select = try #require(commands.first { $0["command"] as? String == "SELECT" })
        let calls = try #require(select["calls"] as? Int)
        #expect(Double(calls) == (try probe.sum("cardlink_apdu_commands_total", "command=\"SELECT\"")))
        let text = try ask(["status"])
        #expect(text.status == 0 && text.errors == "")
        let lines = text.output.split(separator: "\n").map(String.init)
        #expect(lines[0].hasPrefix(" bench-7"))
        #expect(lines.contains { $0.hasPrefix(" SELECT") && $0.split(separator: " ")[1] == "\(calls)" })
        #expect(lines.contains { $0.contains("Virtual PCD 00 00") && $0.contains("card") })
        #expect(!text.output.contains("\u{1B}"))
        #expect(try ask(["status", "--color", "always"]).output.contains("\u{1B}["))
        // What was saved is shown as it was.
        let file = try folder.write(json.output, to: "status.json")
        let saved = try Command.run([Files.metrics, "status", "--file", file])
        #expect(saved.output.contains("SELECT") && saved.status == 0)
    }

    @Test func watchingIntoAPipeIsOneBelowTheOther() throws {
        let watching = try RunningCommand([Files.metrics, "status", "--watch", "100ms", "--json", "--url", url])
        let documents = try (0..<3).map { _ in
            try JSONSerialization.jsonObject(with: Data(try watching.readLine().utf8)) as? [String: Any]
        }
        #expect(documents.allSatisfy { $0?["schema"] as? Int == 1 })
        watching.signal(SIGTERM)
        #expect(try watching.end().ending == .signalled(SIGTERM))
    }

    @Test func exportIsWhatTheProbeAnswers() throws {
        try drive()
        func names(_ text: String, _ format: ParsedMetrics.Format) throws -> [String] {
            try ParsedMetrics(text, format).families.map(\.name)
        }
        let whole = try names(try ask(["export"]).output, .text)
        #expect(try names(try probe.get("/metrics").body + "\n", .text) == whole)
        let open = try ask(["export", "--format", "openmetrics", "--family", "cardlink_apdu_*"]).output
        #expect(try names(open, .openmetrics) == whole.filter { $0.hasPrefix("cardlink_apdu_") })
        let file = folder.file("out.json")
        let written = try ask(["export", "--format", "json", "--output", file])
        #expect(written.output + written.errors == "" && written.status == 0)
        let object = try JSONSerialization.jsonObject(with: Data(folder.read("out.json").utf8)) as? [String: Any]
        #expect((object?["families"] as? [[String: Any]])?.count == whole.count)
    }

    /// A reader of the file sees the old page or the new one, whole.
    @Test func anExportIsNeverAPart() throws {
        let file = folder.file("page.om")
        var isWhole = true
        for _ in 0..<20 {
            let writing = try RunningCommand([
                Files.metrics, "export", "--format", "openmetrics", "--output", file, "--url", url,
            ])
            while writing.isRunning {
                let text = folder.read("page.om")
                if !text.isEmpty, !text.hasSuffix("# EOF\n") { isWhole = false }
            }
        }
        #expect(isWhole && folder.read("page.om").hasSuffix("# EOF\n"))
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasPrefix("page") } == [
                "page.om"
            ])
    }

    @Test func healthIsTheStatusAndTheLine() throws {
        let good = try ask(["health"])
        #expect(good.status == 0, "\(good.output)")
        #expect(good.output.contains("cardlink-probe"))
        let all = try ask(["health", "--verbose"]).output
        #expect(all.contains("pcscd") && all.contains("metrics endpoint"))
        let json =
            try JSONSerialization.jsonObject(with: Data(try ask(["health", "--json"]).output.utf8)) as? [String: Any]
        #expect((json?["checks"] as? [String: Any])?.isEmpty == false)
    }

    @Test func anUnhealthyProbeIsOne() throws {
        let sick = try ServingProbe(
            sockets: folder.file("sick"), environment: ["PCSCLITE_CSOCK_NAME": folder.file("nobody")])
        let end = try Command.run([Files.metrics, "health", "--url", "http://127.0.0.1:\(sick.port)"])
        #expect(end.status == 1 && end.output.hasPrefix("unhealthy") && end.output.contains("pcscd"))
    }

    @Test func everyStepIsTold() throws {
        let sink = try TraceSink()
        let words = ["test", "--metrics", "--health", "--otlp", "--pcsc"]
        let environment = bench.environment.merging(["OTEL_EXPORTER_OTLP_ENDPOINT": sink.endpoint]) { $1 }
        let good = try ask(words, environment: environment)
        #expect(good.status == 0, "\(good.output)")
        #expect(good.output.split(separator: "\n").filter { $0.hasPrefix("passed") }.count == 4)
        #expect(good.output.contains(": Virtual PCD 00 00"))
        let bad = try ask(
            words + ["--json"],
            environment: [
                "PCSCLITE_CSOCK_NAME": folder.file("nobody"), "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1",
            ])
        #expect(bad.status == 1)
        let object = try JSONSerialization.jsonObject(with: Data(bad.output.utf8)) as? [String: Any]
        let steps = try #require(object?["steps"] as? [[String: Any]])
        #expect(steps.map { $0["outcome"] as? String } == ["passed", "passed", "failed", "failed"])
        #expect(
            steps[2]["message"] as? String
                == "http://127.0.0.1:1/v1/traces: connection refused; start the collector, or correct the endpoint")
        #expect((steps[3]["message"] as? String)?.contains("pcscd") == true)
        #expect(steps.allSatisfy { ($0["duration_seconds"] as? Double ?? -1) >= 0 })
        let none = try ask(["test", "--otlp"])
        #expect(
            none.status == 0 && none.output.contains("skipped") && none.output.contains("OTEL_EXPORTER_OTLP_ENDPOINT"))
    }

    @Test func theHelpOfEachHasAnExample() throws {
        struct Help: Decodable {
            struct Command: Decodable {
                var commandName: String
                var discussion: String?
                var subcommands: [Command]?

                /// It and those below it, but `help`.
                var all: [(name: String, discussion: String)] {
                    [(commandName, discussion ?? "")]
                        + (subcommands ?? []).filter { $0.commandName != "help" }.flatMap { below in
                            below.all.map { ("\(commandName) \($0.name)", $0.discussion) }
                        }
                }
            }
            var command: Command
        }
        let dump = try Command.run([Files.metrics, "--experimental-dump-help"]).output
        let all = try JSONDecoder().decode(Help.self, from: Data(dump.utf8)).command.all
        #expect(all.count >= 11)
        for (name, discussion) in all {
            #expect(discussion.contains(/Examples?:/) && discussion.contains(name), "\(name)")
        }
    }

    /// As bash calls it: the words so far, and what may follow.
    @Test func bashCompletes() throws {
        let script = try Command.run([Files.metrics, "--generate-completion-script", "bash"]).output
        let file = try folder.write(script, to: "completions")
        func completions(_ words: String) throws -> [String] {
            let end = try Command.run([
                "bash", "-c",
                """
                source /usr/share/bash-completion/bash_completion 2>/dev/null; source \(file)
                PATH=\(Files.products):$PATH
                COMP_WORDS=(\(words) ''); COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 ))
                COMP_LINE='\(words) '; COMP_POINT=${#COMP_LINE}
                $(complete -p cardlink-metrics | sed -n 's/.*-F \\([^ ]*\\).*/\\1/p') cardlink-metrics '' "${COMP_WORDS[-2]}"
                printf '%s\\n' "${COMPREPLY[@]}"
                """,
            ])
            return end.output.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        }
        let first = try completions("cardlink-metrics")
        for name in ["status", "export", "health", "test", "config"] { #expect(first.contains(name), "\(first)") }
        let formats = try completions("cardlink-metrics export --format")
        #expect(Set(formats) == ["prometheus", "openmetrics", "json"])
    }
}
