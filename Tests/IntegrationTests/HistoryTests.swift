import Foundation
import TestSupport
import Testing

/// The history of a daemon on a virtual bench, held against the card's own log, by sqlite3's command and by ours.
@Suite(.serialized) struct HistoryTests {
    private let bench: LiveBench
    private let state: [String: String]
    private let database: String

    init() throws {
        bench = try LiveBench()
        state = ["XDG_STATE_HOME": bench.folder.file("state")]
        database = bench.folder.file("state/cardlink-probe/history.db")
    }

    private func ask(_ sql: String) throws -> [String] {
        let end = try Command.run(["sqlite3", "-readonly", database, sql])
        guard end.ending == .exited(0) else { throw TestFailure("sqlite3 \(sql): \(end.errors)") }
        return end.output.split(separator: "\n").map(String.init)
    }

    private func history(_ words: [String]) throws -> Command {
        try Command.run([Files.metrics, "history"] + words, environment: state)
    }

    private func rows(_ words: [String]) throws -> [[String: Any]] {
        let end = try history(words + ["--json"])
        return try JSONSerialization.jsonObject(with: Data(end.output.utf8)) as? [[String: Any]] ?? []
    }

    @Test func countsAreThoseOfTheCard() throws {
        try bench.startDaemon(environment: state)
        #expect(try bench.run(["opensc-tool", "--name"]).status == 0)
        let card = bench.oracle
        #expect(card.commands > 40)
        // While the daemon writes.
        #expect(try eventually { try rows(["--limit", "5"]).contains { $0["state"] as? String == "ended" } })
        let run = try #require(try rows([]).first { $0["program"] as? String == "opensc-tool" })
        #expect(run["commands"] as? Int == card.commands)
        let head = try Command.run(["git", "-C", Files.package, "rev-parse", "HEAD"])
        #expect(run["tester_commit"] as? String == (head.status == 0 ? String(head.output.dropLast()) : nil))
        let number = try #require(run["id"] as? Int)
        let sessions = try rows(["sessions", "--run", "\(number)"])
        let apdus = try sessions.flatMap { session in
            try rows(["apdus", "\(session["id"] as? Int ?? 0)", "--limit", "10000"])
        }
        #expect(apdus.count == card.commands)
        let refused = try sessions.flatMap { session in
            try rows(["apdus", "\(session["id"] as? Int ?? 0)", "--limit", "10000", "--status-word", "6A82"])
        }
        #expect(refused.count == card.statusWords["6A82"])
        #expect(try bench.stopDaemon()?.status == 0)
        #expect(try ask("PRAGMA integrity_check; SELECT count(*) FROM apdus") == ["ok", "\(card.commands)"])
        let words = try ask("SELECT status_word, sum(count) FROM status_words GROUP BY 1 ORDER BY 1")
        #expect(words == card.statusWords.sorted { $0.key < $1.key }.map { "\($0.key)|\($0.value)" })
        let shown = try history(["show", "\(number)"]).output
        #expect(shown.contains("opensc-tool") && shown.contains("6A82 ×\(refused.count)"))
        #expect(shown.split(separator: "\n").allSatisfy { $0.count <= 80 }, "\(shown)")
        // With itself: all of it is the same.
        let compared = try Command.run(
            [Files.metrics, "compare", "\(number)", "\(number)", "--max-slowdown", "0"], environment: state)
        #expect(compared.status == 0 && compared.output.contains("\(card.commands) commands the same"), "\(compared)")
        let missing = try Command.run([Files.metrics, "compare", "\(number)", "999"], environment: state)
        #expect(missing.status == 1 && missing.errors.contains("there is no run 999"))
    }

    @Test func aKilledDaemonLeavesASoundFile() throws {
        try bench.startDaemon(environment: state)
        #expect(try bench.run(["opensc-tool", "--name"]).status == 0)
        let before = bench.oracle.commands
        #expect(try eventually { try ask("SELECT count(*) FROM apdus") == ["\(before)"] })
        let rate = try RunningCommand([
            Files.python, Files.client("apdu_rate.py"), "\(bench.sockets)/events.sock", "1000", "20",
        ])
        #expect(try eventually { try Int(ask("SELECT count(*) FROM apdus")[0]) ?? 0 > before + 500 })
        try bench.killDaemon()
        rate.kill()
        #expect(try ask("PRAGMA integrity_check; PRAGMA foreign_key_check") == ["ok"])
        let kept = try Int(ask("SELECT count(*) FROM apdus")[0]) ?? 0
        #expect(kept >= before + 500)
        try bench.startDaemon(environment: state)
        #expect(try eventually { try ask("SELECT count(*) FROM runs WHERE state = 'interrupted'") == ["2"] })
        #expect(try bench.sum("cardlink_export_dropped_total", "exporter=\"store\"") == 0)
        #expect(try bench.stopDaemon()?.status == 0)
        #expect(try Int(ask("SELECT count(*) FROM apdus")[0]) == kept)
    }

    @Test func whatIsWrongIsTold() throws {
        let missing = try history([])
        #expect(missing.status == 69)
        #expect(missing.errors.contains("there is no history"))
        // A folder in its place.
        try FileManager.default.createDirectory(atPath: database, withIntermediateDirectories: true)
        try bench.startDaemon(environment: state)
        #expect(try eventually { try bench.get("/health").body.contains("\"database\"") })
        #expect(try eventually { try bench.get("/health").body.contains("store.path") })
        #expect(try bench.run(["opensc-tool", "--name"]).status == 0)
        #expect(try bench.sum("cardlink_apdu_commands_total") == Double(bench.oracle.commands))
        #expect(bench.daemonErrors.contains("warning: store:"))
    }
}
