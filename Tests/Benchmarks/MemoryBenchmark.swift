import Foundation
import TestSupport

/// What a series takes in memory: how much a process grew from few to that many, rendered once; ours, and each other
/// library. Each has a process of its own, whose memory nobody has used before.
enum MemoryBenchmark {
    /// What every process has first, so that what is made once is not counted.
    private static let few = SeriesMixture(series: 20)
    /// The argument that makes this program the process of ours.
    static let argument = "--grow-to"

    static func measure(_ size: BenchmarkSize) throws -> [Row] {
        let counts = size.hasBars ? [10, 100, 1_000, 10_000, 100_000] : [1_000]
        return try counts.flatMap { try measure(size, series: $0) }
    }

    private static func measure(_ size: BenchmarkSize, series: Int) throws -> [Row] {
        let folder = try TemporaryFolder()
        let fewSeries = try folder.write(few.lines, to: "few")
        let many = try folder.write(SeriesMixture(series: series).lines, to: "many")
        let end = try Command.run([Files.products + "/benchmark", argument, "\(series)"])
        guard let kilobytes = Int(end.output.trimmingCharacters(in: .newlines)) else { throw TestFailure(end.errors) }
        let own = Double(kilobytes) * 1_024 / Double(series)
        func row(_ peer: String, _ value: Double, floor: Double? = nil) -> Row {
            Row(
                bench: "memory", case: "\(series) series", ours: own, peer: peer, peerValue: value, floor: floor,
                unit: "bytes", ratio: value / own)
        }
        // Of so few a peer's process tells nothing: from start to start it differs by more.
        let peers = series < 100 ? [] : size.peers
        return [row("its value alone", 8, floor: 8)]
            + (try peers.map { peer in
                let path = try peer.build()
                let kilobytes = max(1, try grown(peer, path, many) - grown(peer, path, fewSeries))
                return row(peer.rawValue, Double(kilobytes) * 1_024 / Double(series))
            })
    }

    /// How much this process grows by so many series of ours, kilobytes.
    static func grow(to series: Int) throws -> Int {
        let warm = OurSeries(few)
        _ = warm.render()
        let mixture = SeriesMixture(series: series)
        let before = try ProcessReading(getpid()).ownKilobytes
        let ours = OurSeries(mixture)
        _ = ours.render()
        return try withExtendedLifetime((warm, ours)) { max(1, try ProcessReading(getpid()).ownKilobytes - before) }
    }

    /// Kilobytes of a peer's process that has these series.
    private static func grown(_ peer: Peer, _ path: String, _ file: String) throws -> Int {
        let program = try PeerProgram(peer, path, "serve", file)
        try program.ask("render")
        return try ProcessReading(program.pid).ownKilobytes
    }
}
