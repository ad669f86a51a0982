import Foundation
import Observability
import ProbeEvents
import ProbeStore
import SmartCard
import TestSupport

/// Commands into the history, from event to row: ours, and Python's sqlite3 that writes rows of as many columns which it
/// has at hand, both in transactions of 500.
enum StoreBenchmark {
    static func measure(_ size: BenchmarkSize) async throws -> [Row] {
        let count = size.hasBars ? 40_000 : 1_000
        var figures: (ours: [Double], peer: [Double]) = ([], [])
        for _ in 0..<min(size.rounds, 5) {
            figures.ours.append(try await own(count))
            figures.peer.append(try peer(count))
        }
        let (ours, peer) = (median(figures.ours), median(figures.peer))
        return [
            Row(
                bench: "store", case: "a command", ours: ours, peer: "sqlite3 of Python", peerValue: peer, unit: "ns",
                ratio: peer / ours, bar: nil)
        ]
    }

    private static func own(_ count: Int) async throws -> Double {
        let folder = try TemporaryFolder()
        let path = folder.file("history.db")
        let store = HistoryStore.scratch(path)
        let ring = EventRing()
        ring.add(store.reader)
        await store.flush()
        var time = Duration.zero
        // As many at once as the queue holds.
        for start in stride(from: 0, to: count, by: 8_000) {
            let began = ContinuousClock.now
            for number in start..<min(start + 8_000, count) { ring.receive(command(number)) }
            await store.flush()
            time += ContinuousClock.now - began
        }
        store.finish()
        let rows = try Command.run(["sqlite3", path, "SELECT count(*) FROM apdus"]).output
        guard rows == "\(count)\n" else { throw TestFailure("\(rows) of \(count) commands are in the history") }
        return time / .nanoseconds(1) / Double(count)
    }

    private static func command(_ number: Int) -> ProbeEvent {
        .apdu(
            APDUExchange(
                stamp: .now(source: .shim), client: ClientProcess(id: 1, pid: 2, program: "tester"), thread: 1,
                session: 1, reader: "R", interface: .pcsc, sessionProtocol: .t1, name: .select,
                command: [0x00, 0xA4, 0x00, 0x04, 0x02, 0x3F, 0x00],
                response: HexBytes([UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 30) + [0x90, 0x00]),
                isCut: false, resultCode: 0, waitNanoseconds: 0, isWaitExact: true))
    }

    private static func peer(_ count: Int) throws -> Double {
        let folder = try TemporaryFolder()
        let script = """
            import sqlite3, sys, time
            count = int(sys.argv[2])
            base = sqlite3.connect(sys.argv[1])
            base.execute("PRAGMA journal_mode = WAL")
            names = ", ".join(f"c{n}" for n in range(18))
            base.execute(f"CREATE TABLE apdus (id INTEGER PRIMARY KEY AUTOINCREMENT, {names})")
            base.execute("CREATE INDEX by_session ON apdus (c0)")
            row = (1, "2025-01-31T12:00:00.000Z", 500, 400, 0, "pcsc", "SELECT", "00A40004", 2, 30, "9000", "ok", None, 0,
                   b"0123456", b"0" * 32, 0, None)
            began = time.monotonic()
            for start in range(0, count, 500):
                with base:
                    base.executemany(f"INSERT INTO apdus ({names}) VALUES ({','.join('?' * 18)})", [row] * 500)
            print((time.monotonic() - began) * 1e9 / count)
            """
        let end = try Command.run(["python3", "-c", script, folder.file("peer.db"), "\(count)"], within: 120)
        guard let figure = Double(end.output.split(separator: "\n").first ?? "") else { throw TestFailure(end.errors) }
        return figure
    }
}

extension HistoryStore {
    /// A history of a bench without devices, which forgets nothing.
    static func scratch(_ path: String) -> HistoryStore {
        HistoryStore(
            HistoryStore.Settings(path: path, maxAge: .seconds(1e9), maxBytes: 1 << 40),
            diary: BenchDiary(probe: "", bench: "", site: "", kernel: "", pcscLite: nil, ccid: nil),
            probe: ClientProcess(id: 0, pid: getpid(), program: "benchmark"),
            senses: BenchSenses(load: { nil }) { _, _ in DeviceHardware() }, tell: { _ in },
            onLoss: { _, _ in })
    }
}
