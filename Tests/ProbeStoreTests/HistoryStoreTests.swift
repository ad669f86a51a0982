import Foundation
import Observability
import ProbeEvents
import SmartCard
import TestSupport
import Testing

@testable import Observability
@testable import ProbeStore

/// The history, read by sqlite3's own command.
@Suite(.serialized) struct HistoryStoreTests {
    @Test func aSessionIsWritten() async throws {
        let history = try WrittenHistory()
        let events = [
            Story.attached, Story.opened(1), Story.select,
            Story.apdu([0x00, 0xB0, 0x00, 0x00, 0x0A], [0x69, 0x82]),
            Story.apdu([0x00, 0xA4, 0x00, 0x04, 0x02, 0x2F, 0x01], [0x6A, 0x82]), Story.closed(1),
        ]
        events.forEach(history.ring.receive)
        await history.store.flush()
        #expect(
            try history.ask("SELECT program, pid, commands, errors, bench, load FROM runs WHERE pid = 42") == [
                "opensc-tool|42|3|1|bench-7|0.5"
            ])
        #expect(
            try history.ask("SELECT device, type, protocol, status, commands, errors FROM sessions") == [
                "Virtual PCD 00 00|pcsc|T1|completed|3|1"
            ])
        #expect(
            try history.ask("SELECT command, header, sent_bytes, status_word, verdict, error_type FROM apdus") == [
                "SELECT|00A40004|2|9000|ok|", "READ BINARY|00B00000|0|6982|error|security",
                "SELECT|00A40004|2|6A82|probing|not_found",
            ])
        #expect(
            try history.ask("SELECT status_word, count FROM status_words ORDER BY 1") == [
                "6982|1", "6A82|1", "9000|1",
            ])
        history.store.finish()
        #expect(try history.ask("PRAGMA integrity_check; PRAGMA foreign_key_check") == ["ok"])
        #expect(try history.ask("SELECT state FROM runs WHERE program = 'cardlink-probe'") == ["ended"])
        let mode = try FileManager.default.attributesOfItem(atPath: history.path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        #expect(history.lost == [:])
        #expect(history.errors == [])
    }

    /// One row for each kind of session over the air, of the run whose program had it, with its steps.
    @Test func sessionsOverTheAirAreWritten() async throws {
        let history = try WrittenHistory()
        let steps = [
            OTATimeline.Step("trigger_to_envelope", .unknown),
            OTATimeline.Step("open_channel", .seen, after: 5, took: 7, result: "ok"),
            OTATimeline.Step("script", .notReached),
        ]
        var timeline = OTATimeline(
            kind: .scp81, device: "R", tap: "ota", port: 8443, identity: "0f1e2d3c4b5a6978", client: Story.client,
            began: EventClock(monotonicNanoseconds: 1, wallNanoseconds: Story.stamp().wallNanoseconds),
            durationNanoseconds: 12, status: .failed, error: "dropped", steps: steps)
        history.ring.receive(Story.attached)
        history.store.receive(timeline)
        (timeline.kind, timeline.client, timeline.status, timeline.error) = (.download, nil, .completed, nil)
        history.store.receive(timeline)
        await history.store.flush()
        #expect(
            try history.ask(
                "SELECT program, kind, tap, port, duration_nanoseconds, status, error, identity_hash FROM ota "
                    + "JOIN runs ON runs.id = ota.run ORDER BY ota.id") == [
                    "opensc-tool|scp81|ota|8443|12|failed|dropped|0f1e2d3c4b5a6978",
                    "cardlink-probe|download|ota|8443|12|completed||0f1e2d3c4b5a6978",
                ])
        let reader = try HistoryReader(path: history.path)
        var filter = HistoryFilter(limit: 9)
        #expect(try reader.ota(filter).map(\.kind) == ["download", "scp81"])
        filter.hasErrors = true
        let row = try #require(try reader.ota(filter).first)
        #expect(
            row.steps == [
                StoredOTA.Step(name: "trigger_to_envelope", state: "unknown"),
                StoredOTA.Step(
                    name: "open_channel", state: "seen", afterNanoseconds: 5, durationNanoseconds: 7, result: "ok"),
                StoredOTA.Step(name: "script", state: "not_reached"),
            ])
        #expect(try reader.run(row.run, limit: 5)?.ota == [row])
        #expect(history.lost == [:] && history.errors == [])
    }

    /// A program that makes itself known only by its sessions, as one does that opens a tap's terminal, is over with them.
    @Test func whoNeverAttachedEndsWithItsLastSession() async throws {
        let history = try WrittenHistory()
        for event in [Story.opened(1), Story.opened(2), Story.closed(1)] { history.ring.receive(event) }
        await history.store.flush()
        #expect(try history.ask("SELECT state FROM runs WHERE pid = 42") == ["running"])
        history.ring.receive(Story.closed(2))
        await history.store.flush()
        #expect(try history.ask("SELECT state, ended_at IS NULL FROM runs WHERE pid = 42") == ["ended|0"])
        for event in [Story.attached, Story.opened(3), Story.closed(3)] { history.ring.receive(event) }
        await history.store.flush()
        #expect(
            try history.ask("SELECT state FROM runs WHERE pid = 42 ORDER BY id") == ["ended", "running"])
        #expect(history.lost == [:] && history.errors == [])
    }

    /// What a program does behind its end, in the same transaction, is still its own, and holds up nothing.
    @Test func whatComesBehindAnEndIsWritten() async throws {
        let history = try WrittenHistory()
        let first = [Story.attached, Story.opened(1), Story.closed(1), Story.ended, Story.opened(2)]
        first.forEach(history.ring.receive)
        await history.store.flush()
        let select = Story.apdu([0x00, 0xA4, 0x00, 0x04, 0x02, 0x3F, 0x00], [0x90, 0x00], session: 2)
        for event in [select, Story.closed(2)] { history.ring.receive(event) }
        await history.store.flush()
        #expect(history.errors == [] && history.lost == [:])
        #expect(
            try history.ask(
                "SELECT runs.pid, sessions.status FROM sessions JOIN runs ON runs.id = run ORDER BY sessions.id")
                == ["42|completed", "42|completed"])
        #expect(try history.ask("SELECT state FROM runs WHERE pid = 42") == ["ended"])
    }

    /// A test of which only the begin was heard has no result when its suite is over, unless its end comes late.
    @Test func whatASuiteLeftRunningIsInterrupted() async throws {
        let history = try WrittenHistory()
        let suite = TestSuiteRun(run: 1, suite: "s")
        history.ring.receive(.test(.began(TestBegan(stamp: Story.stamp(), suite: suite, test: "a"))))
        await history.store.flush()
        history.ring.receive(.test(.suiteEnded(TestSuiteEnded(stamp: Story.stamp(1), suite: suite))))
        await history.store.flush()
        #expect(try history.ask("SELECT test, status FROM tests") == ["a|interrupted"])
        let late = TestEnded(stamp: Story.stamp(1), suite: suite, test: "a", status: .passed)
        history.ring.receive(.test(.ended(late)))
        await history.store.flush()
        #expect(try history.ask("SELECT test, status FROM tests") == ["a|passed"])
    }

    /// Commands that are read along in an administration session are that session's, which is one row with an end.
    @Test func commandsOverTheAirAreInTheirSession() async throws {
        let history = try WrittenHistory()
        let tap = ClientProcess(id: 7, pid: 0, program: "")
        let link = OTALink(device: "ota", session: 5)
        let exchange = APDUExchange(
            stamp: Story.stamp(), client: tap, thread: 0, session: 5, reader: link.device, interface: .pskTls,
            sessionProtocol: .scp81, name: .select, command: [0x00, 0xA4, 0x04, 0x00], response: [0x90, 0x00],
            isCut: false, resultCode: 0, waitNanoseconds: 0, isWaitExact: false)
        let events: [ProbeEvent] = [
            .ota(.began(OTASessionBegan(stamp: Story.stamp(), link: link, sessionProtocol: .scp81))), .apdu(exchange),
            .ota(
                .ended(OTASessionEnded(stamp: Story.stamp(), link: link, sessionProtocol: .scp81, status: .completed))),
        ]
        events.forEach(history.ring.receive)
        await history.store.flush()
        #expect(
            try history.ask(
                "SELECT type, status, commands, (SELECT count(*) FROM apdus WHERE session = sessions.id) FROM sessions")
                == ["ota|completed|1|1"])
        #expect(try history.ask("SELECT count(*) FROM runs") == ["1"])
        #expect(history.errors == [] && history.lost == [:])
    }

    @Test func theDiaryHasTesterDevicesAndCard() async throws {
        let history = try WrittenHistory(
            senses: BenchSenses(load: { 0.5 }) { type, name in
                type == .reader && name == "Virtual PCD 00 00"
                    ? DeviceHardware(port: "1-2.3", firmware: "5.18") : DeviceHardware()
            })
        let attached = ClientAttached(
            stamp: Story.stamp(), client: Story.client, library: "", isWaitExact: true, testerVersion: "4.2.1",
            testerCommit: "3f2a9c4")
        let card = CardIdentified(
            stamp: Story.stamp(), client: Story.client, reader: "Virtual PCD 00 00", atr: [],
            iccidHash: "0f1e2d3c4b5a6978")
        let seen = CardIdentified(
            stamp: Story.stamp(), client: Story.client, reader: "Virtual PCD 00 00", atr: [0x3B, 0x00])
        var eUICC = card
        (eUICC.iccidHash, eUICC.eidHash) = (nil, "1e2d3c4b5a69780f")
        let events: [ProbeEvent] = [
            .clientAttached(attached), Story.opened(1), .cardIdentified(seen), .cardIdentified(card),
            .cardIdentified(eUICC), .cardIdentified(seen),
        ]
        events.forEach(history.ring.receive)
        await history.store.flush()
        #expect(
            try history.ask("SELECT tester_version, tester_commit FROM runs WHERE pid = 42") == ["4.2.1|3f2a9c4"])
        #expect(
            try history.ask("SELECT name, atr, firmware, port, iccid_hash, eid_hash FROM devices") == [
                "Virtual PCD 00 00|3B00|5.18|1-2.3|0f1e2d3c4b5a6978|1e2d3c4b5a69780f"
            ])
        // Another card.
        for change in [ReaderChange.Change.cardWent, .cardCame] {
            history.ring.receive(
                .readerChanged(
                    ReaderChange(
                        stamp: Story.stamp(), reader: "Virtual PCD 00 00", change: change,
                        atr: change == .cardCame ? [0x3B, 0x00] : [])))
        }
        history.ring.receive(Story.opened(2))
        await history.store.flush()
        #expect(try history.ask("SELECT atr, iccid_hash, eid_hash FROM devices") == ["3B00||"])
        history.store.finish()
    }

    /// A tester's suite may begin before its process meets a card, or behind that; what the process says itself is nearer.
    @Test(arguments: [true, false]) func testersSayWhoTheyAre(isFirst: Bool) async throws {
        let history = try WrittenHistory()
        let suite = TestSuiteRun(run: 5, suite: "ota")
        let told: [ProbeEvent] = [
            .test(
                .suiteBegan(
                    TestSuiteBegan(stamp: Story.stamp(), suite: suite, testerVersion: "4.2.1", testerCommit: "3f2a9c4"))
            ),
            .test(.began(TestBegan(stamp: Story.stamp(), suite: suite, test: "a", pid: 42))),
        ]
        (isFirst ? told + [Story.attached] : [Story.attached] + told).forEach(history.ring.receive)
        let other = ClientProcess(id: 2, pid: 43, program: "p")
        history.ring.receive(
            .clientAttached(
                ClientAttached(
                    stamp: Story.stamp(), client: other, library: "", isWaitExact: true, testerVersion: "5")))
        history.ring.receive(.test(.began(TestBegan(stamp: Story.stamp(), suite: suite, test: "b", pid: 43))))
        history.ring.receive(.test(.suiteEnded(TestSuiteEnded(stamp: Story.stamp(), suite: suite))))
        // Behind the suite's end a process of the same number is another one.
        history.ring.receive(
            .clientAttached(
                ClientAttached(
                    stamp: Story.stamp(), client: ClientProcess(id: 3, pid: 42, program: "later"), library: "",
                    isWaitExact: true)))
        await history.store.flush()
        #expect(
            try history.ask("SELECT program, tester_version, tester_commit FROM runs WHERE pid IN (42, 43) ORDER BY 1")
                == ["later||", "opensc-tool|4.2.1|3f2a9c4", "p|5|3f2a9c4"])
        history.store.finish()
    }

    /// Whatever a source tells: what the standard level cuts is not in the file.
    @Test func noSecretIsWritten() async throws {
        let history = try WrittenHistory()
        let secret: [UInt8] = [0xA5, 0xC3, 0xF0, 0x0D, 0xBE, 0xE5, 0xD1, 0x9E]
        let instructions: [(UInt8, UInt8)] = [
            (0x00, 0x20), (0x00, 0x24), (0x00, 0x2C), (0x00, 0x26), (0x00, 0x28), (0xA0, 0x20), (0xA0, 0x24),
            (0xA0, 0x88), (0x00, 0x88), (0x00, 0x82), (0x80, 0x82), (0x84, 0x82), (0x80, 0xD8), (0x84, 0xD8),
            (0x80, 0xE2), (0x00, 0xD6), (0x00, 0xDC), (0x00, 0xDA), (0x00, 0x2A), (0x0C, 0x20), (0x80, 0xE8),
        ]
        for (cla, ins) in instructions {
            history.ring.receive(
                Story.apdu(HexBytes([cla, ins, 0x00, 0x01, 0x08] + secret), HexBytes(secret + [0x90, 0x00])))
        }
        await history.store.flush()
        for part in ["", "-wal"] {
            let bytes = try Data(contentsOf: URL(filePath: history.path + part))
            for start in 0...4 {
                let piece = Array(secret[start..<start + 4])
                #expect(bytes.range(of: Data(piece)) == nil)
                #expect(bytes.range(of: Data(HexBytes(piece).description.utf8)) == nil)
            }
        }
        #expect(
            try history.ask("SELECT count(*), sum(is_cut), sum(length(command_bytes)) FROM apdus") == [
                "\(instructions.count)|\(instructions.count)|\(instructions.count * 13)"
            ])
        history.store.finish()
    }

    @Test func aFileOfTheFirstVersionIsReadAndWritten() async throws {
        let history = try WrittenHistory()
        try FileManager.default.createDirectory(atPath: history.folder.file("state"), withIntermediateDirectories: true)
        let first = try String(contentsOfFile: Files.package + "/Tests/ProbeStoreTests/first.sql", encoding: .utf8)
        let made = try Command.run(["sqlite3", history.path], input: first)
        #expect(made.ending == .exited(0), "\(made.errors)")
        history.ring.receive(Story.select)
        await history.store.flush()
        history.store.finish()
        #expect(
            try history.ask("SELECT identifier FROM grdb_migrations ORDER BY 1") == [
                "1: tables", "2: filters", "3: commands of tests", "4: diary", "5: eUICCs", "6: sessions over the air",
            ])
        #expect(
            try history.ask("SELECT count(*) FROM apdus WHERE session = 1; SELECT count(*) FROM apdus") == ["2", "3"])
        let reader = try HistoryReader(path: history.path)
        var filter = HistoryFilter(limit: 10)
        filter.hasErrors = true
        #expect(try reader.runs(filter).map(\.program) == ["opensc-tool"])
        #expect(try reader.apdus(session: 1, filter)?.map(\.statusWord) == ["6982"])
    }

    @Test func aDamagedFileIsKeptAndANewOneBegins() async throws {
        let history = try WrittenHistory()
        try FileManager.default.createDirectory(atPath: history.folder.file("state"), withIntermediateDirectories: true)
        try history.folder.write(String(repeating: "no database ", count: 1_000), to: "state/history.db")
        history.ring.receive(Story.select)
        await history.store.flush()
        #expect(try history.ask("SELECT count(*) FROM apdus") == ["1"])
        let names = try FileManager.default.contentsOfDirectory(atPath: history.folder.file("state"))
        let aside = try #require(names.first { $0.hasPrefix("history.db.damaged-") })
        #expect(history.folder.read("state/\(aside)").hasPrefix("no database"))
        #expect(history.states.contains { $0.contains(aside) })
        #expect(history.store.problem == nil)
        #expect(history.lost == [:])
        history.store.finish()
    }

    /// A disk that damages each file fills up slowly.
    @Test func ofDamagedFilesTheNewestAreKept() async throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: folder.file("state"), withIntermediateDirectories: true)
        let old = (1...4).map { "history.db.damaged-2025-01-0\($0)T000000.000Z" }
        for name in old.flatMap({ [$0, $0 + "-wal"] }) + ["history.db.damaged"] {
            try folder.write("x", to: "state/\(name)")
        }
        let history = try WrittenHistory(in: folder)
        try folder.write(String(repeating: "no database ", count: 1_000), to: "state/history.db")
        history.ring.receive(Story.select)
        await history.store.flush()
        history.store.finish()
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.file("state")).sorted()
        let kept = names.filter { $0.hasPrefix("history.db.damaged-") }
        #expect(kept.prefix(4) == [old[2], old[2] + "-wal", old[3], old[3] + "-wal"] && kept.count == 5, "\(kept)")
        #expect(names.contains("history.db.damaged"))
    }

    /// Another program's transaction is waited for; what the queue has no room for is counted.
    @Test func aLockedFileLosesNothingUncounted() async throws {
        let history = try WrittenHistory()
        history.ring.receive(Story.select)
        await history.store.flush()
        let holder = try RunningCommand(["sqlite3", history.path], input: .kept)
        try holder.say("BEGIN EXCLUSIVE; SELECT 'held';")
        #expect(try holder.readLine() == "held")
        let sent = 20_000
        for _ in 0..<sent { history.ring.receive(Story.select) }
        #expect(try await eventually(within: 20) { history.store.problem?.contains("locked") == true })
        try holder.say("ROLLBACK;")
        _ = try holder.end(within: 10)
        await history.store.flush()
        #expect(history.store.problem == nil)
        #expect(history.errors.contains(.locked))
        let lost = history.lost[.queueFull] ?? 0
        #expect(lost > 0)
        #expect(try history.ask("SELECT count(*) FROM apdus") == ["\(1 + sent - lost)"])
        history.store.finish()
        #expect(history.lost == [.queueFull: lost])
    }

    @Test func whatIsTooOldGoesAndItsRoomComesBack() async throws {
        let folder = try TemporaryFolder()
        let history = try WrittenHistory(in: folder)
        for _ in 0..<8_000 { history.ring.receive(Story.select) }
        await history.store.flush()
        history.store.finish()
        let before = history.diskBytes
        #expect(try history.ask("SELECT count(*) FROM apdus") == ["8000"])
        // Its commands are of the year 2025.
        let later = try WrittenHistory(in: folder, maxAge: .seconds(60))
        later.ring.receive(Story.attached)
        await later.store.flush()
        later.store.finish()
        #expect(try later.ask("SELECT count(*) FROM apdus") == ["0"])
        #expect(before > 500_000)
        #expect(later.diskBytes < before / 4)
    }

    /// Rows that a clock wrote before it was set back by a year do not take what was written behind them along.
    @Test func rowsOfATimeToComeTakeNothingAlong() async throws {
        let history = try WrittenHistory(maxBytes: 1 << 20)
        for round in 0..<8 {
            for index in 0..<2_500 {
                let ahead = round == 0 ? 365 * 86_400 : 0
                history.ring.receive(
                    Story.apdu(
                        [0x00, 0xA4, 0x00, 0x04, 0x02, 0x3F, 0x00], [0x90, 0x00], at: ahead + round * 2_500 + index))
            }
            await history.store.flush()
            // Were the first of a table the oldest of it, all but those of the year to come would go.
            let kept = try history.ask("SELECT count(*) FROM apdus WHERE started_at < '2026'")
            #expect(Int(kept[0]) ?? 0 >= min(round, 1) * 1_000, "round \(round)")
        }
        history.store.finish()
        #expect(history.lost == [:])
    }

    @Test func theOldestGoesWhenThereIsTooMuch() async throws {
        let most: Int64 = 1 << 20
        let history = try WrittenHistory(maxBytes: most)
        for round in 0..<8 {
            for index in 0..<2_500 {
                history.ring.receive(
                    Story.apdu(
                        [0x00, 0xA4, 0x00, 0x04, 0x02, 0x3F, 0x00], [0x90, 0x00], at: round * 2_500 + index))
            }
            await history.store.flush()
        }
        history.store.finish()
        #expect(history.diskBytes <= Int(most))
        let kept = try history.ask("SELECT count(*), max(id) - min(id) + 1, max(id) FROM apdus")[0].split(
            separator: "|")
        // The newest, without a gap.
        #expect(kept[0] == kept[1])
        #expect(kept[2] == "20000")
        #expect((Int(kept[0]) ?? 0) > 1_000)
        #expect(history.lost == [:])
    }
}
