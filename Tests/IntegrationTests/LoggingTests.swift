import Foundation
import TestSupport
import Testing

/// The log of `serve`: levels and formats that change while it runs, and files that come and go.
@Suite(.serialized) struct LoggingTests {
    /// A line of JSON.
    private struct Line: Decodable {
        var timestamp: String
        var level: String
        var logger: String
        var component: String
        var message: String
    }

    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func lines(_ name: String = "log") throws -> [Line] {
        try folder.read(name).split(separator: "\n").map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
    }

    /// A `serve` that logs JSON lines to the file `log`, and has said where it listens.
    private func serve(_ words: [String] = [], log: String? = nil) throws -> RunningCommand {
        let running = try RunningCommand(
            [Files.probe, "serve", "--runtime-dir", folder.file("sockets"), "--web.listen-address", "127.0.0.1:0"]
                + ["--logging.file", log ?? folder.file("log"), "--logging.format", "json"] + words)
        guard log == nil else { return running }
        guard eventually(within: 20, { folder.read("log").contains("sockets in") }) else {
            throw TestFailure("no line in the log: \(running.errorsSoFar)")
        }
        return running
    }

    private func end(_ running: RunningCommand) throws -> Command {
        running.signal(SIGTERM)
        return try running.end(within: 10)
    }

    @Test func aFileHasWhatStandardErrorHadOtherwise() throws {
        let end = try end(try serve())
        #expect(end.ending == .exited(0) && end.output + end.errors == "")
        let lines = try lines()
        #expect(lines.map(\.message).contains { $0.hasPrefix("metrics on http://127.0.0.1:") })
        #expect(lines.map(\.message).contains { $0.hasPrefix("the bench as it is now on http://127.0.0.1:") })
        #expect(lines.allSatisfy { $0.logger == "cardlink-probe.\($0.component)" })
        #expect(lines.allSatisfy { $0.timestamp.wholeMatch(of: /\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z/) != nil })
    }

    @Test func aHangupChangesLevelsAndFormat() throws {
        func configure(_ text: String) throws { try folder.write("logging: {\(text)}\n", to: "config.yaml") }
        try configure("level: info")
        let running = try RunningCommand(
            [Files.probe, "serve", "--runtime-dir", folder.file("sockets"), "--web.listen-address", "127.0.0.1:0"]
                + ["--config", folder.file("config.yaml")])
        func hangUp(_ text: String, until line: String) throws {
            try configure(text)
            running.signal(SIGHUP)
            #expect(eventually(within: 10) { running.errorsSoFar.contains(line) })
        }
        #expect(eventually(within: 20) { running.errorsSoFar.contains("cardlink-probe: sockets in") })
        // What changes nothing is a notice, and a fault is an error.
        try hangUp("level: notice", until: "cardlink-probe: logging.level is now notice\n")
        try hangUp(
            "level: loud", until: "cardlink-probe: error: \(folder.file("config.yaml")):1: logging.level 'loud' is")
        try hangUp(
            "level: error, format: json, components: [config=notice]",
            until: #""message":"logging.level is now error"}"#)
        try hangUp(
            "level: odd", until: #""level":"error","logger":"cardlink-probe.config","component":"config","message":""#)
        try hangUp("components: [serve=debug]", until: "cardlink-probe: logging.components is now serve=debug\n")
        #expect(!running.errorsSoFar.contains("debug:"))
        let end = try end(running)
        #expect(end.ending == .exited(0))
        #expect(end.errors.contains("cardlink-probe: debug: serve.lifecycle: Graceful shutdown caught."))
        #expect(!end.errors.contains("debug: http"))
    }

    @Test func logrotateBesideARunningDaemon() throws {
        let running = try serve()
        let rotation = try folder.write(
            "\(folder.file("log")) {\nrotate 9\nnodateext\ncreate 0640\n}\n", to: "logrotate.conf")
        chmod(rotation, 0o644)
        let words = ["/usr/sbin/logrotate", "-f", "-s", folder.file("state"), rotation]
        #expect(try Command.run(words).errors == "")
        #expect(folder.read("log") == "" && !folder.read("log.1").isEmpty)
        running.signal(SIGHUP)
        #expect(eventually(within: 5) { folder.read("log").contains("the configuration has not changed") })
        #expect(try end(running).ending == .exited(0))
        #expect(try lines().first?.component == "config")
        #expect(!folder.read("log.1").contains("configuration"))
    }

    /// A disk without room: the daemon serves, counts what the log loses, says so on standard error, and ends in time.
    @Test func aFullDiskIsCountedAndHoldsUpNothing() throws {
        let config = try folder.write("", to: "config.yaml")
        let port = try freePort()
        let running = try serve(
            ["--web.listen-address", "127.0.0.1:\(port)", "--config", config], log: "/dev/full")
        func metric(_ pattern: some RegexComponent<(Substring, Substring)>) throws -> Int? {
            let page = try Command.run(["curl", "-s", "http://127.0.0.1:\(port)/metrics"]).output
            return page.firstMatch(of: pattern).flatMap { Int($0.output.1) }
        }
        let lost = /cardlink_export_dropped_total{exporter="log",reason="write"} (\d+)\n/
        let waiting = /cardlink_export_queue_length{exporter="log"} (\d+)\n/
        #expect(try eventually(within: 20) { try metric(lost) == 0 })
        #expect(try metric(waiting) ?? 0 > 0)
        // A fault is a line: more of them than there is room for.
        for round in 0..<2 {
            try folder.write((0..<4_500).map { "k\($0)r\(round): 1\n" }.joined(), to: "config.yaml")
            running.signal(SIGHUP)
            #expect(try eventually(within: 30) { try metric(waiting) ?? 0 > 4_000 })
        }
        #expect(try eventually(within: 30) { try metric(lost) ?? 0 > 4_500 })
        let start = ContinuousClock.now
        let end = try end(running)
        #expect(end.ending == .exited(0) && ContinuousClock.now - start < .seconds(5))
        let lines = end.errors.split(separator: "\n")
        #expect(lines.first?.hasPrefix("cardlink-probe: the log cannot be written to /dev/full: No space left") == true)
        #expect(lines.last?.hasSuffix(" lines of the log were lost at its end") == true && lines.count == 2)
    }

    @Test func aFailedStartIsInTheFileToo() throws {
        let end = try Command.run(
            [Files.probe, "serve", "--runtime-dir", folder.file("sockets"), "--web.listen-address", "192.0.2.1:1"]
                + ["--logging.file", folder.file("log"), "--logging.format", "json"])
        #expect(end.ending == .exited(69))
        let line = try #require(try lines().last)
        #expect(line.level == "critical" && end.errors == "cardlink-probe: \(line.message)\n")
    }

    @Test(arguments: [("", true), ("1", false)])
    func aTerminalHasColours(_ noColour: String, _ isColoured: Bool) throws {
        let command =
            "timeout -s TERM 2 \(Files.probe) serve --runtime-dir \(folder.file("sockets")) "
            + "--web.listen-address 127.0.0.1:0"
        let terminal = try Command.run(
            ["script", "-qec", command, "/dev/null"],
            environment: ["TERM": "xterm", "NO_COLOR": noColour, "CARDLINK_ODD": "1"])
        let warning = isColoured ? "\u{1B}[33mwarning\u{1B}[0m" : "warning"
        #expect(
            terminal.output.contains("cardlink-probe: \(warning): the environment variable CARDLINK_ODD is not known"))
        #expect(terminal.output.contains("\u{1B}") == isColoured)
    }
}
