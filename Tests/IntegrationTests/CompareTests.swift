import Foundation
import TestSupport
import Testing

/// Two runs on virtual benches, one with a card that is slower in one command.
@Suite struct CompareTests {
    private let folder: TemporaryFolder

    /// Whether each tag of a page is closed where it must be, for Python's own parser.
    private static let balance = """
        import sys, html.parser
        class Tags(html.parser.HTMLParser):
            open = []
            def handle_startendtag(self, tag, attributes): pass
            def handle_starttag(self, tag, attributes):
                if tag != "meta": self.open.append(tag)
            def handle_endtag(self, tag): assert self.open.pop() == tag, (tag, self.getpos())
        tags = Tags(); tags.feed(open(sys.argv[1], encoding="utf-8").read())
        print("balanced" if not tags.open else tags.open)
        """

    init() throws { folder = try TemporaryFolder() }

    /// What a client says to a card with this script, recorded.
    private func record(_ name: String, script: String, rounds: Int = 30) throws -> String {
        let bench = try Bench(script: script)
        defer { bench.end() }
        let file = folder.file(name)
        let end = try Command.run(
            [
                Files.probe, "run", "--runtime-dir", folder.path, "--no-summary", "--tester-version", name, "--events",
                file, "--", Files.python, Files.client("select_loop.py"), "\(rounds)",
            ], environment: bench.environment)
        guard end.ending == .exited(0) else { throw TestFailure("\(end.output)\(end.errors)") }
        return file
    }

    private func compare(_ words: [String]) throws -> Command {
        try Command.run([Files.metrics, "compare"] + words)
    }

    private func document(_ words: [String]) throws -> [String: Any] {
        let end = try compare(words + ["--json"])
        return try JSONSerialization.jsonObject(with: Data(end.output.utf8)) as? [String: Any] ?? [:]
    }

    @Test func aSlowerCommandIsFound() throws {
        let before = try record("before", script: "delay: 0\n")
        let after = try record("after", script: "rules:\n  - { command: READ BINARY, delay: 2 }\n")
        let page = folder.file("page.html")
        let end = try compare([before, after, "--max-slowdown", "50", "--report", page])
        #expect(end.status == 1, "\(end.output)\(end.errors)")
        #expect(end.output.contains("READ BINARY") && end.output.contains("too slow"))
        #expect(end.output.split(separator: "\n").allSatisfy { $0.count <= 80 }, "\(end.output)")

        let said = try document([before, after, "--max-slowdown", "50"])
        #expect((said["too_slow"] as? [String])?.contains("READ BINARY") == true)
        #expect(said["changes"] as? [String] == [] && said["same_exchanges"] as? Int == 120)
        let diary = said["diary"] as? [[String: String]]
        #expect(diary == [["what": "tester", "first": "before", "second": "after"]])
        let commands = said["commands"] as? [[String: Any]] ?? []
        let read = try #require(commands.first { $0["command"] as? String == "READ BINARY" })
        let times = ["first", "second"].map { read["\($0)_p50_nanoseconds"] as? Int ?? 0 }
        #expect(times[1] - times[0] > 1_500_000 && read["verdict"] as? String == "slower")

        let html = try String(contentsOfFile: page, encoding: .utf8)
        #expect(html.contains("READ BINARY") && html.contains("<svg") && html.contains("prefers-color-scheme"))
        #expect(!html.contains("http") && !html.contains("src="))
        #expect(try Command.run([Files.python, "-c", Self.balance, page]).output == "balanced\n")

        let same = try compare([before, before, "--max-slowdown", "0"])
        #expect(same.status == 0 && same.output.contains("120 commands the same in both"), "\(same.output)")
    }

    @Test func theArticleHasEveryKey() throws {
        let file = try record("a", script: "delay: 0\n", rounds: 6)
        let other = try record("b", script: "rules:\n  - { command: READ BINARY, status: 6982 }\n", rounds: 6)
        let said = try document([file, other])
        var keys = Set(said.keys)
        for name in ["first", "diary", "changes", "commands"] {
            let rows = (said[name] as? [[String: Any]]) ?? [said[name] as? [String: Any] ?? [:]]
            #expect(!rows.isEmpty)
            keys.formUnion(rows.first.map { Array($0.keys) } ?? [])
        }
        let article = try String(
            contentsOfFile: Files.package + "/Sources/ProbeDaemon/ProbeDaemon.docc/Compare.md", encoding: .utf8)
        #expect(keys.filter { !article.contains("`\($0)`") } == [])
        let changes = said["changes"] as? [[String: Any]] ?? []
        #expect(
            changes.contains { $0["kind"] as? String == "status_word" && $0["second_status_word"] as? String == "6982" }
        )
    }

    @Test func whatIsNotThereIsTold() throws {
        let missing = try compare([folder.file("none"), folder.file("none")])
        #expect(missing.status == 69 && missing.errors.contains("cannot be opened"))
        let file = try folder.write("no event\n", to: "nonsense")
        #expect(try compare([file, file]).status == 69)
        #expect(try compare([file, file, "--max-slowdown", "-1"]).status == 64)
    }
}
