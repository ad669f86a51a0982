import Foundation
import Observability
import ProbeEvents
import SmartCard
import TestSupport

/// What it costs whoever tells an APDU that somebody watches the bench: the bus of the daemon with the state of the live
/// page behind its queue, and without it.
enum LiveBenchmark {
    static func measure(_ size: BenchmarkSize) throws -> [Row] {
        let (watched, alone) = (Told(isWatched: true), Told(isWatched: false))
        var figures: (watched: [Double], alone: [Double]) = ([], [])
        for _ in 0..<size.rounds {
            figures.alone.append(alone.burst(of: 2_000))
            figures.watched.append(watched.burst(of: 2_000))
        }
        for contestant in [watched, alone] { try contestant.check(told: 2_000 * size.rounds) }
        let (ours, peer) = (median(figures.watched), median(figures.alone))
        return [
            Row(
                bench: "live", case: "one APDU told", ours: ours, peer: "without it", peerValue: peer, unit: "ns",
                ratio: peer / ours, bar: nil)
        ]
    }
}

/// A bus that is told bursts, as taps tell what they drain.
private final class Told {
    private let bus = EventBus()
    private let entry: StandardLevel
    private let collector = Collector()
    private let state = LiveState(BenchIdentity(bench: "bench", site: nil, instanceID: "1"))
    private let queue: QueuedSink?

    init(isWatched: Bool) {
        bus.add(collector)
        queue =
            isWatched ? QueuedSink(state, name: "live", capacity: 8_192, gathering: .milliseconds(40)) { _, _ in } : nil
        if let queue { bus.add(queue) }
        entry = StandardLevel(bus)
    }

    /// Nanoseconds for each of so many; what is behind the queue has its turn between bursts, as it has between drains.
    func burst(of count: Int) -> Double {
        let stamp = EventStamp.now(source: .shim)
        let exchange = APDUExchange(
            stamp: stamp, client: ClientProcess(id: 7, pid: 4_711, program: "tester"), thread: 1, session: 1,
            reader: "Virtual PCD 00 00", interface: .pcsc, sessionProtocol: .t0, name: .select,
            command: HexBytes([0x00, 0xA4, 0x00, 0x04, 0x02, 0x2F, 0xE2]), response: [0x90, 0x00], isCut: false,
            resultCode: 0, waitNanoseconds: 0, isWaitExact: true)
        let start = ContinuousClock.now
        for _ in 0..<count { entry.receive(.apdu(exchange)) }
        let time = (ContinuousClock.now - start) / .nanoseconds(1) / Double(count)
        usleep(100_000)
        return time
    }

    func check(told: Int) throws {
        queue?.finish(within: .seconds(10))
        let traffic = state.status(health: nil).traffic
        guard queue == nil || traffic.commands == UInt64(told) else {
            throw TestFailure("the live state counted \(traffic.commands) of \(told) commands")
        }
    }
}
