import Foundation
import TestSupport
import Testing

/// `run --events` on a bench, and `replay` of what it wrote.
@Suite(.serialized) struct ReplayTests {
    /// What is of the program, and not of its events.
    private static let ofTheProgram = [
        "program", "exit_code", "started_at", "ended_at", "wall_nanoseconds", "card_share", "remark",
        "flights",
    ]

    private func report(_ path: String) throws -> NSDictionary {
        let object = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: path)))
        var members = try #require(object as? [String: Any])
        for name in Self.ofTheProgram { members[name] = nil }
        return members as NSDictionary
    }

    private func record(_ folder: TemporaryFolder) throws {
        let bench = try Bench()
        let options = ["--no-summary", "--events", folder.file("run.ndjson"), "--json", folder.file("live.json")]
        let run = try Command.run(
            [Files.probe, "run", "--runtime-dir", folder.path] + options + ["--", "opensc-tool", "--name"],
            environment: bench.environment)
        #expect(run.errors.split(separator: "\n").filter { $0.hasPrefix("cardlink-probe") } == [])
    }

    private func replay(_ words: [String], input: String? = nil) throws -> Command {
        try Command.run([Files.probe, "replay", "--no-summary"] + words, input: input)
    }

    @Test func theReportIsTheLiveOne() throws {
        let folder = try TemporaryFolder()
        try record(folder)
        #expect(try replay(["--json", folder.file("again.json"), folder.file("run.ndjson")]).ending == .exited(0))
        let live = try report(folder.file("live.json"))
        #expect(try report(folder.file("again.json")) == live)
        #expect((live["command_count"] as? Int ?? 0) > 3)

        #expect(try Command.run(["gzip", folder.file("run.ndjson")]).status == 0)
        #expect(try replay(["--json", folder.file("packed.json"), folder.file("run.ndjson.gz")]).ending == .exited(0))
        #expect(try report(folder.file("packed.json")) == live)
    }

    @Test func faultsAreToldByLine() throws {
        let end = try replay(["-"], input: "x\n\n{\"v\":1}\n")
        #expect(end.ending == .exited(1))
        #expect(
            end.errors == """
                cardlink-probe: -:1: not JSON, or a number in it is out of range
                cardlink-probe: -:3: member 'event' is missing

                """)
    }

    @Test func aFileThatIsNotThereIsToldInOneLine() throws {
        let end = try replay(["/nowhere/events"])
        #expect(end.ending == .exited(69))
        #expect(
            end.errors == "cardlink-probe: cannot read /nowhere/events: No such file or directory; "
                + "name a file with an event a line, or - for standard input\n")
    }
}
