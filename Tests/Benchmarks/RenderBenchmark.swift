import Foundation
import ProbeDaemon
import PrometheusClient
import TestSupport

/// An exposition of many series, each of which has a new value since the last: in memory, and over loopback from the
/// probe's own HTTP server and from each peer's.
@MainActor enum RenderBenchmark {
    static func measure(_ size: BenchmarkSize) async throws -> [Row] {
        var rows: [Row] = []
        for series in size.series { rows.append(contentsOf: try await measure(size, series: series)) }
        return rows
    }

    private static func measure(_ size: BenchmarkSize, series: Int) async throws -> [Row] {
        let folder = try TemporaryFolder()
        let mixture = SeriesMixture(series: series)
        let file = try folder.write(mixture.lines, to: "series")
        let ours = OurSeries(mixture)
        let peers = try size.peers.map { try PeerProgram($0, try $0.build(), "serve", file) }
        let registry = ours.registry
        let server = MetricsServer(
            configuration: MetricsServer.Configuration(web: [ListenAddress(host: "127.0.0.1", port: 0)]),
            metrics: ScrapeSource(
                prepare: {}, exposition: { TextExposition(of: registry) }, recordDuration: { _ in }),
            health: .unasked)
        try await server.start()
        guard let port = await server.webAddresses.first?.port else { throw TestFailure("the server has no port") }
        let race = RenderRace(size, ours: ours, port: Int(port), peers: peers, room: series * 256)
        let rows = try race.rows(series)
        await server.stop()
        return rows
    }
}

/// What is measured at one number of series.
private final class RenderRace {
    private let size: BenchmarkSize
    private let ours: OurSeries
    private let port: Int
    private let peers: [PeerProgram]
    private let room: UnsafeMutableRawBufferPointer

    init(_ size: BenchmarkSize, ours: OurSeries, port: Int, peers: [PeerProgram], room: Int) {
        self.size = size
        self.ours = ours
        self.port = port
        self.peers = peers
        self.room = .allocate(byteCount: room, alignment: 4_096)
        self.room.initializeMemory(as: UInt8.self, repeating: 0)
    }

    deinit { room.deallocate() }

    func rows(_ series: Int) throws -> [Row] {
        let inProcess = try inTurns(ours: { ours.render() }, peer: { try self.render($0) })
        let overHTTP = try inTurns(ours: scrapeOurs, peer: scrape)
        try checkEqual(series)
        return [copying(series, inProcess.ours)] + rows("\(series) series", inProcess)
            + rows("\(series) series, HTTP", overHTTP)
            + (try zip(peers, inProcess.peers).map { peer, figure in
                try checkLength(ours: inProcess.ours.bytes, peer: figure.bytes, peer.peer)
                return Row(
                    bench: "render", case: "\(series) series, length", ours: inProcess.ours.bytes,
                    peer: peer.peer.rawValue, peerValue: figure.bytes, unit: "bytes",
                    ratio: figure.bytes / inProcess.ours.bytes)
            })
    }

    /// What any rendering must spend: the bytes once from here to there.
    private func copying(_ series: Int, _ ours: Figure) -> Row {
        let text = exposition(of: self.ours.registry)
        let milliseconds = median(
            (0...size.rounds).map { _ in
                let start = ContinuousClock.now
                room.copyBytes(from: text)
                return (ContinuousClock.now - start) / .milliseconds(1)
            })
        return Row(
            bench: "render", case: "\(series) series", ours: ours.milliseconds, peer: "copying its bytes",
            peerValue: milliseconds, floor: milliseconds, unit: "ms", ratio: milliseconds / ours.milliseconds)
    }

    private typealias Figure = (milliseconds: Double, bytes: Double)
    private typealias Figures = (ours: Figure, peers: [Figure])

    /// Medians of as many turns as the size says, after one that warms up.
    private func inTurns(
        ours: () throws -> (nanoseconds: Double, bytes: Int),
        peer: (PeerProgram) throws -> (nanoseconds: Double, bytes: Int)
    ) throws -> Figures {
        var figures = [[(nanoseconds: Double, bytes: Int)]](repeating: [], count: peers.count + 1)
        for _ in 0...size.rounds {
            figures[0].append(try ours())
            for (number, program) in peers.enumerated() { figures[number + 1].append(try peer(program)) }
        }
        let medians = figures.map { turns in
            (median(turns.dropFirst().map(\.nanoseconds)) / 1e6, median(turns.map { Double($0.bytes) }))
        }
        return (medians[0], Array(medians.dropFirst()))
    }

    private func render(_ program: PeerProgram) throws -> (nanoseconds: Double, bytes: Int) {
        let answer = try program.ask("render")
        guard answer.count == 2 else { throw TestFailure("\(program.peer.rawValue) renders \(answer)") }
        return (answer[0], Int(answer[1]))
    }

    private func scrapeOurs() throws -> (nanoseconds: Double, bytes: Int) {
        ours.update()
        let scrape = try Scrape(port: port, into: room)
        return (scrape.nanoseconds, scrape.body.count)
    }

    private func scrape(_ program: PeerProgram) throws -> (nanoseconds: Double, bytes: Int) {
        try program.ask("update")
        let scrape = try Scrape(port: Int(try program.number(after: "port")), into: room)
        return (scrape.nanoseconds, scrape.body.count)
    }

    /// All have had the same updates by now: what they serve is the same.
    private func checkEqual(_ series: Int) throws {
        let own = try Samples(exposition(of: ours.registry), prefix: "bench_")
        guard own.values.count == series else { throw TestFailure("\(own.values.count) series, not \(series)") }
        let others = try peers.map { ($0.peer.rawValue, Int(try $0.number(after: "port"))) }
        for (name, port) in [("the probe's server", port)] + others {
            try own.check(equals: Samples(try Scrape(port: port, into: room).body, prefix: "bench_"), name)
        }
    }

    /// Who writes less has less to do.
    private func checkLength(ours: Double, peer: Double, _ name: Peer) throws {
        guard abs(ours - peer) <= 0.02 * peer else {
            throw TestFailure("\(ours) bytes, \(name.rawValue) \(peer): more than 2% apart")
        }
    }

    private func rows(_ name: String, _ figures: Figures) -> [Row] {
        zip(peers, figures.peers).map { peer, figure in
            Row(
                bench: "render", case: name, ours: figures.ours.milliseconds, peer: peer.peer.rawValue,
                peerValue: figure.milliseconds, unit: "ms", ratio: figure.milliseconds / figures.ours.milliseconds,
                bar: size.bar(5))
        }
    }
}

extension MetricsServer.Health {
    /// Nobody asks.
    fileprivate static let unasked = {
        let report: @Sendable () -> HealthReport = {
            HealthReport(version: "", uptimeSeconds: 0, checks: [:])
        }
        return MetricsServer.Health(all: report, live: report, ready: report)
    }()
}
