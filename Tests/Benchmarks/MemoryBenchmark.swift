import Foundation
import TestSupport

/// What a series takes in memory, ours and that of each other library in a process of its own: how much a process grew from
/// nothing to that many, rendered once.
enum MemoryBenchmark {
    static func measure(_ size: BenchmarkSize) throws -> [Row] {
        let counts = size.hasBars ? [100, 1_000, 10_000, 100_000] : [1_000]
        return try counts.flatMap { try measure(size, series: $0) }
    }

    private static func measure(_ size: BenchmarkSize, series: Int) throws -> [Row] {
        let folder = try TemporaryFolder()
        let mixture = SeriesMixture(series: series)
        let few = try folder.write(SeriesMixture(series: 20).lines, to: "few")
        let many = try folder.write(mixture.lines, to: "many")
        let before = try ProcessReading(getpid()).ownKilobytes
        let ours = OurSeries(mixture)
        _ = ours.render()
        let own = Double(max(1, try ProcessReading(getpid()).ownKilobytes - before)) * 1_024 / Double(series)
        func row(_ peer: String, _ value: Double, floor: Double? = nil) -> Row {
            Row(
                bench: "memory", case: "\(series) series", ours: own, peer: peer, peerValue: value, floor: floor,
                unit: "bytes", ratio: value / own)
        }
        return [row("its value alone", 8, floor: 8)]
            + (try size.peers.map { peer in
                let path = try peer.build()
                let kilobytes = max(1, try grown(peer, path, many) - grown(peer, path, few))
                return row(peer.rawValue, Double(kilobytes) * 1_024 / Double(series))
            })
    }

    /// Kilobytes of a peer's process that has these series.
    private static func grown(_ peer: Peer, _ path: String, _ file: String) throws -> Int {
        let program = try PeerProgram(peer, path, "serve", file)
        try program.ask("render")
        return try ProcessReading(program.pid).ownKilobytes
    }
}
