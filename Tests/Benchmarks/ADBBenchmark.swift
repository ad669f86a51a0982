import ProbeEvents
import Taps
import TestSupport

/// What the relay before the adb server adds to a request for a file's facts and its answer, and how fast a pushed file goes
/// through it: ours, and socat as a relay that looks at nothing, in turns.
enum ADBBenchmark {
    private static let okay = Array("OKAY".utf8)
    private static let stat = Array("STAT".utf8) + [2, 0, 0, 0] + Array("/x".utf8)
    private static let facts = Array("STAT".utf8) + [UInt8](repeating: 0, count: 12)
    private static let send = Array("SEND".utf8) + [4, 0, 0, 0] + Array("/x,0".utf8)
    private static let piece = Array("DATA".utf8) + [0, 0, 1, 0] + [UInt8](repeating: 0x55, count: 65_536)
    private static let done = Array("DONE".utf8) + [0, 0, 0, 0]
    private static let taken = okay + [0, 0, 0, 0]

    static func measure(_ size: BenchmarkSize) async throws -> [Row] {
        let (trips, megabytes) = size.hasBars ? (3_000, 256) : (100, 4)
        let pieces = megabytes << 20 / 65_536
        var times = RelayTimes()
        for _ in 0..<size.rounds {
            for way in TCPRelayBench.Way.allCases where way != .socat || TCPRelayBench.hasSocat {
                let sink = RecordingSink()
                let bench = try TCPRelayBench(way) { try tap(before: $0, sink) }
                try bench.exchange(Array("0010host:transport:x".utf8), okay)
                try bench.exchange(Array("0005sync:".utf8), okay)
                times.latencies[way, default: []].append(median(try bench.roundTrips(trips, stat, facts)))
                try bench.exchange(send, [])
                times.flows[way, default: []].append(try bench.flow(pieces, of: piece))
                try bench.exchange(done, taken)
                bench.end()
                if way == .ours { try check(sink, trips, pieces) }
            }
        }
        return times.rows(of: "adb", "facts of a file", "a megabyte pushed", size)
    }

    private static func tap(before target: Int, _ sink: RecordingSink) throws -> BenchedRelay {
        let tap = ADBTap(
            RelayEnds(
                name: "bench", key: ADBTap.key, listen: .init(host: "127.0.0.1", port: 0),
                target: .init(host: "127.0.0.1", port: target)))
        try tap.start(into: sink)
        return BenchedRelay(port: tap.standing.listening?.port ?? 0, stop: tap.stop)
    }

    /// Throws unless what was told is what was sent.
    private static func check(_ sink: RecordingSink, _ trips: Int, _ pieces: Int) throws {
        let operations = sink.events.compactMap { if case .phone(.operation(let done)) = $0 { done } else { nil } }
        let pushed = operations.filter { $0.operation == .push }
        guard operations.count(where: { $0.operation == .stat }) == trips, pushed.map(\.status) == [.success],
            pushed[0].sentBytes == UInt64(send.count + pieces * piece.count + done.count)
        else { throw TestFailure("the relay told \(pushed), of \(trips) requests and \(pieces) pieces") }
    }
}
