import Foundation
import Observability
import ProbeEvents
import TestSupport
import Testing

@testable import ProbeStore

/// What two runs differ in.
@Suite struct RunComparisonTests {
    private static func exchange(
        _ command: String, _ header: String = "00A40004", sent: Int = 2, received: Int = 0, _ word: String? = "9000",
        _ nanoseconds: UInt64 = 1_000_000
    ) -> ComparedRun.Exchange {
        ComparedRun.Exchange(
            command: command, header: header, sentBytes: sent, receivedBytes: received, statusWord: word,
            nanoseconds: nanoseconds)
    }

    private static func changes(_ first: [ComparedRun.Exchange], _ second: [ComparedRun.Exchange]) -> [String] {
        let comparison = RunComparison(
            ComparedRun(name: "a", exchanges: first), ComparedRun(name: "b", exchanges: second))
        return ["\(comparison.sameExchanges) same"]
            + comparison.changes.map { change in
                let places = [change.firstPlace.value, change.secondPlace.value].map { $0.map(String.init) ?? "-" }
                let words = [change.firstStatusWord.value, change.secondStatusWord.value].map { $0 ?? "-" }
                return "\(change.kind.rawValue) \(change.command) ×\(change.count) \(places[0])/\(places[1]) "
                    + "\(words[0])/\(words[1])"
            }
    }

    private static let select = exchange("SELECT")
    private static let read = exchange("READ BINARY", "00B00000", sent: 0, received: 10)
    private static let verify = exchange("VERIFY", "00200001", sent: 8)

    @Test func commandsAreAligned() {
        let (select, read, verify) = (Self.select, Self.read, Self.verify)
        #expect(Self.changes([select, read], [select, read]) == ["2 same"])
        #expect(
            Self.changes([select, read, verify], [select, verify, verify])
                == ["2 same", "gone READ BINARY ×1 2/- 9000/-", "added VERIFY ×1 -/2 -/9000"])
        var refused = verify
        refused.statusWord = "63C2"
        #expect(
            Self.changes([select, verify, read, verify], [select, refused, read, refused])
                == ["2 same", "status_word VERIFY ×2 2/2 9000/63C2"])
        var longer = read
        longer.receivedBytes = 12
        #expect(Self.changes([select, read], [select, longer]) == ["1 same", "length READ BINARY ×1 2/2 9000/9000"])
        #expect(Self.changes([], [read, read]) == ["0 same", "added READ BINARY ×2 -/1 -/9000"])
    }

    /// Which logical channel a session got is the card's choice.
    @Test(arguments: [
        ("01A40004", "00A40004"), ("03A40004", "00A40004"), ("41A40004", "40A40004"), ("4FA40004", "40A40004"),
        ("82F20000", "80F20000"), ("86E20000", "84E20000"), ("A0A40000", "A0A40000"), ("FF000000", "FF000000"),
        ("", ""),
    ])
    func channelsAreNoDifference(header: String, bare: String) {
        #expect(Self.exchange("X", header).header == bare)
    }

    @Test func theDiaryComesFirst() {
        func run(_ facts: [ComparedRun.Fact?]) -> ComparedRun {
            ComparedRun(name: "r", diary: facts.compactMap(\.self), exchanges: [])
        }
        typealias Fact = ComparedRun.Fact
        let first = run([
            Fact("kernel", "6.1"), Fact("pcscd", "1.9.9"), Fact("tester", "4.1"), Fact("site", nil),
            Fact("reader A", "used", isThing: true), Fact("reader A: firmware", "5.18"),
        ])
        let second = run([
            Fact("kernel", "6.12"), Fact("ccid", "1.5.2"), Fact("tester", "4.1"),
            Fact("reader B", "used", isThing: true),
        ])
        let differences = RunComparison(first, second).diary.map {
            "\($0.what): \($0.first.value ?? "-") → \($0.second.value ?? "-")"
        }
        #expect(differences == ["kernel: 6.1 → 6.12", "reader A: used → -", "reader B: - → used"])
    }

    // MARK: Times

    /// Times of a card as they are: most near each other, some far behind.
    private static func times(
        _ command: String, _ count: Int, milliseconds: Double, _ generator: inout SeededGenerator
    ) -> [ComparedRun.Exchange] {
        (0..<count).map { _ in
            let (u, v) = (Double.random(in: 1e-12..<1, using: &generator), Double.random(in: 0..<1, using: &generator))
            let normal = (-2 * log(u)).squareRoot() * cos(2 * .pi * v)
            let tail = Double.random(in: 0..<1, using: &generator) < 0.03 ? 4.0 : 1
            return exchange(command, "00A40004", "9000", UInt64(milliseconds * tail * exp(normal * 0.15) * 1e6))
        }
    }

    private static func run(_ seed: UInt64, slower: Double = 0) -> ComparedRun {
        var generator = SeededGenerator(seed: seed)
        return ComparedRun(
            name: "run \(seed)",
            exchanges: times("SELECT", 46, milliseconds: 3.1, &generator)
                + times("READ BINARY", 30, milliseconds: 2 + slower, &generator)
                + times("GET DATA", 8, milliseconds: 1.2, &generator)
                + times("AUTHENTICATE", 12, milliseconds: 40, &generator)
                + times("VERIFY", 2, milliseconds: 20 + slower * 100, &generator))
    }

    @Test(arguments: Array(UInt64(1)...20)) func equalRunsPass(seed: UInt64) {
        let comparison = RunComparison(Self.run(seed), Self.run(seed + 1_000))
        #expect(comparison.slower(thanPercent: 0).isEmpty)
    }

    @Test(arguments: Array(UInt64(1)...20)) func twoMillisecondsAreFound(seed: UInt64) throws {
        let comparison = RunComparison(Self.run(seed), Self.run(seed + 1_000, slower: 2))
        #expect(comparison.slower(thanPercent: 50).map(\.command) == ["READ BINARY"])
        #expect(comparison.slower(thanPercent: 200).isEmpty)
        let back = RunComparison(Self.run(seed + 1_000, slower: 2), Self.run(seed))
        #expect(back.commands.first { $0.command == "READ BINARY" }?.verdict == .faster)
        // Of two calls nothing can be said, however long they took.
        #expect(comparison.commands.first { $0.command == "VERIFY" }?.verdict == .few)
    }

    /// What is certain, and smaller than a machine's own unrest.
    @Test func microsecondsDoNotMatter() {
        func run(_ nanoseconds: UInt64) -> ComparedRun {
            ComparedRun(
                name: "r", exchanges: (0..<50).map { Self.exchange("SELECT", "00A40004", "9000", nanoseconds + $0) })
        }
        let command = RunComparison(run(50_000), run(299_999)).commands[0]
        #expect(command.verdict == .same && command.effect.value == 1)
        #expect(command.firstP50Nanoseconds.value == 50_024 && command.firstP95Nanoseconds.value == 50_047)
        #expect(RunComparison(run(50_000), run(300_000)).commands[0].verdict == .slower)
    }

    // MARK: Where runs are from

    @Test func runsOfTheHistoryAndRecordingsAreRead() async throws {
        let history = try WrittenHistory()
        let events = [
            Story.attached, Story.opened(1), Story.select, Story.apdu([0x00, 0xB0, 0x00, 0x00, 0x0A], [0x69, 0x82]),
            Story.closed(1),
        ]
        events.forEach(history.ring.receive)
        await history.store.flush()
        history.store.finish()
        let number = try #require(Int64(history.ask("SELECT id FROM runs WHERE pid = 42")[0]))
        let stored = try #require(try HistoryReader(path: history.path).comparedRun(number))
        #expect(stored.exchanges.map(\.command) == ["SELECT", "READ BINARY"])
        #expect(stored.diary.contains(try #require(ComparedRun.Fact("kernel", "6.1.0"))))
        #expect(try HistoryReader(path: history.path).comparedRun(999)?.name == nil)

        let lines = try events.map { String(decoding: try EventLine.encode($0), as: UTF8.self) + "\n" }.joined()
        let recorded = try ComparedRun(recording: try history.folder.write(lines, to: "run.ndjson"))
        #expect(recorded.exchanges == stored.exchanges && recorded.name == "run.ndjson" && !recorded.isCut)
        let comparison = RunComparison(stored, recorded)
        #expect(comparison.changes == [] && comparison.sameExchanges == 2)
        // What a recording does not know is no difference.
        #expect(comparison.diary == [])

        let cut = try ComparedRun(
            recording: try history.folder.write(
                lines + "{\"v\":1,\n" + String(repeating: "x", count: 1 << 20), to: "cut"))
        #expect(cut.isCut && cut.exchanges == stored.exchanges)
        let none = #expect(throws: RecordedRunError.self) {
            try ComparedRun(recording: try history.folder.write("nothing\n", to: "none"))
        }
        #expect(none?.what == "has no events")
        #expect(throws: RecordedRunError.self) { try ComparedRun(recording: history.folder.file("missing")) }
    }
}
