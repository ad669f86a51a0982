import Foundation
import TestSupport

/// What one series costs where there are few and where there are many: to find it by its labels and count, and to render
/// it; ours, and the other libraries on the same data. `memory` says what it takes there, `load` and `events` what it
/// costs to have many sources.
enum GrowthBenchmark {
    static func measure(_ size: BenchmarkSize) throws -> [Row] {
        let counts = size.hasBars ? [10, 100, 1_000, 10_000, 100_000] : [10, 1_000]
        let races = try counts.map { try GrowthRace(size, series: $0) }
        return races.flatMap { $0.rows("found and counted, of \($0.series) series", \.lookUp) }
            + races.flatMap { $0.rows("rendered, of \($0.series) series", \.render) }
    }
}

/// What is measured at one number of series.
private struct GrowthRace {
    let series: Int
    private let peers: [Peer]
    /// Nanoseconds a series, ours first.
    private(set) var lookUp: [Double] = []
    private(set) var render: [Double] = []

    init(_ size: BenchmarkSize, series: Int) throws {
        self.series = series
        peers = size.peers
        let folder = try TemporaryFolder()
        let mixture = SeriesMixture(series: series)
        let file = try folder.write(mixture.lines, to: "series")
        let ours = OurSeries(mixture)
        let programs = try size.peers.map { try PeerProgram($0, try $0.build(), "serve", file) }
        let passes = max(1, 30_000 / mixture.counters)
        lookUp = try Self.inTurns(
            size,
            [{ ours.lookUp(passes) }]
                + programs.map { program in
                    { try program.number(after: "look-up \(passes)") }
                })
        render = try Self.inTurns(
            size,
            [{ ours.render().nanoseconds }]
                + programs.map { program in
                    { try program.number(after: "render") }
                }
        ).map { $0 / Double(series) }
        let own = try Samples(exposition(of: ours.registry), prefix: "bench_")
        for program in programs {
            try own.check(
                equals: Samples(try program.exposition(in: folder), prefix: "bench_"), program.peer.rawValue)
        }
    }

    /// Medians of as many turns as the size says; in a turn the best of several counts: other programs can only take time.
    private static func inTurns(_ size: BenchmarkSize, _ contestants: [() throws -> Double]) throws -> [Double] {
        var figures = contestants.map { _ in [Double]() }
        for _ in 0..<size.rounds {
            for (number, contestant) in contestants.enumerated() {
                figures[number].append(try (0..<5).map { _ in try contestant() }.min() ?? .nan)
            }
        }
        return figures.map(median)
    }

    func rows(_ name: String, _ figures: KeyPath<GrowthRace, [Double]>) -> [Row] {
        let (ours, others) = (self[keyPath: figures][0], self[keyPath: figures].dropFirst())
        return zip(peers, others).map { peer, value in
            Row(
                bench: "growth", case: name, ours: ours, peer: peer.rawValue, peerValue: value, unit: "ns",
                ratio: value / ours)
        }
    }
}
