import Foundation
import Observability
import ProbeEvents
import ProbeStore
import SmartCard
import TestSupport

/// What it costs whoever tells an APDU that somebody reads behind: the bus of the daemon alone, with the history, with the
/// state of the live page, with both.
enum LiveBenchmark {
    static func measure(_ size: BenchmarkSize) async throws -> [Row] {
        let readers: [Told.Readers] = [[], .history, .live, [.history, .live]]
        let contestants = try readers.map(Told.init)
        var figures = contestants.map { _ in Double.infinity }
        let bursts = size.rounds * 10
        // The best burst: other programs can only take time.
        for _ in 0..<bursts {
            for (number, contestant) in contestants.enumerated() {
                figures[number] = min(figures[number], await contestant.burst(of: 2_000))
            }
        }
        for contestant in contestants { try contestant.check(told: 2_000 * bursts) }
        func row(_ case: String, _ ours: Double, _ peer: String, _ peerValue: Double, bar: Double?) -> Row {
            Row(
                bench: "live", case: `case`, ours: ours, peer: peer, peerValue: peerValue, unit: "ns",
                ratio: peerValue / ours, bar: bar)
        }
        return [
            row("history", figures[1], "nobody", figures[0], bar: nil),
            row("live page", figures[2], "nobody", figures[0], bar: nil),
            row("history and live page", figures[3], "history", figures[1], bar: size.bar(0.9)),
        ]
    }
}

/// A bus that is told bursts, as taps tell what they drain.
private final class Told {
    struct Readers: OptionSet {
        let rawValue: Int
        static let history = Readers(rawValue: 1)
        static let live = Readers(rawValue: 2)
    }

    private let bus = EventBus()
    private let ring = EventRing()
    private let entry: StandardLevel
    private let collector = Collector()
    private let state = LiveState(BenchIdentity(bench: "bench", site: nil, instanceID: "1"))
    private let folder: TemporaryFolder
    private let history: HistoryStore?
    private let live: EventRing.Reader?

    init(_ readers: Readers) throws {
        folder = try TemporaryFolder()
        bus.add(collector)
        live =
            readers.contains(.live)
            ? EventRing.Reader(state, name: "live", capacity: 8_192, gathering: .milliseconds(20)) { _, _ in } : nil
        history = readers.contains(.history) ? .scratch(folder.file("history.db")) : nil
        if !readers.isEmpty { bus.add(ring) }
        if let live { ring.add(live) }
        if let history { ring.add(history.reader) }
        entry = StandardLevel(bus)
    }

    /// Nanoseconds for each of so many; who reads has its turn between bursts, as it has between drains.
    func burst(of count: Int) async -> Double {
        let stamp = EventStamp.now(source: .shim)
        let exchange = APDUExchange(
            stamp: stamp, client: ClientProcess(id: 7, pid: 4_711, program: "tester"), thread: 1, session: 1,
            reader: "Virtual PCD 00 00", interface: .pcsc, sessionProtocol: .t0, name: .select,
            command: HexBytes([0x00, 0xA4, 0x00, 0x04, 0x02, 0x2F, 0xE2]), response: [0x90, 0x00], isCut: false,
            resultCode: 0, waitNanoseconds: 0, isWaitExact: true)
        let start = ContinuousClock.now
        for _ in 0..<count { entry.receive(.apdu(exchange)) }
        let time = (ContinuousClock.now - start) / .nanoseconds(1) / Double(count)
        await live?.flush()
        await history?.flush()
        return time
    }

    func check(told: Int) throws {
        live?.finish(within: .seconds(10))
        let traffic = state.status(health: nil).traffic
        guard live == nil || traffic.commands == UInt64(told) else {
            throw TestFailure("the live state counted \(traffic.commands) of \(told) commands")
        }
        guard let history else { return }
        history.finish()
        let rows = try Command.run(["sqlite3", folder.file("history.db"), "SELECT count(*) FROM apdus"]).output
        guard rows == "\(told)\n" else { throw TestFailure("\(rows) of \(told) commands are in the history") }
    }
}
