import Foundation
import Observability
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
                prepare: {}, exposition: { $0.exposition(of: registry) }, recordDuration: { _ in }),
            health: .unasked)
        try await server.start()
        guard let port = await server.webAddresses.first?.port else { throw TestFailure("the server has no port") }
        let rows = try RenderRace(size, ours: ours, port: Int(port), peers: peers, series: series).rows()
        await server.stop()
        return rows
    }
}

/// What is measured at one number of series.
private final class RenderRace {
    private let size: BenchmarkSize
    private let series: Int
    private let ours: OurSeries
    private let peers: [PeerProgram]
    private let room: UnsafeMutableRawBufferPointer
    private let ourScraper: Scraper
    private let scrapers: [Scraper]

    init(_ size: BenchmarkSize, ours: OurSeries, port: Int, peers: [PeerProgram], series: Int) throws {
        self.size = size
        self.series = series
        self.ours = ours
        self.peers = peers
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: series * 256, alignment: 4_096)
        room.initializeMemory(as: UInt8.self, repeating: 0)
        self.room = room
        ourScraper = Scraper(port: port, room: room)
        scrapers = try peers.map { Scraper(port: Int(try $0.number(after: "port")), room: room) }
    }

    deinit { room.deallocate() }

    func rows() throws -> [Row] {
        let inProcess = try inTurns(ours: ours.render, peer: render)
        let overHTTP = try inTurns(ours: scrapeOurs, peer: scrape)
        try checkEqual()
        return [copying(inProcess.ours)] + rows("\(series) series", inProcess)
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
    private func copying(_ ours: Figure) -> Row {
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

    /// Medians of as many turns as the size says; peers by number. In a turn each one goes several times and the
    /// best counts: the first finds the caches as the one before left them, and other programs can only take time.
    private func inTurns(
        ours: () throws -> (nanoseconds: Double, bytes: Int), peer: (Int) throws -> (nanoseconds: Double, bytes: Int)
    ) throws -> Figures {
        var figures = [[(nanoseconds: Double, bytes: Double)]](repeating: [], count: peers.count + 1)
        func turn(_ number: Int, _ body: () throws -> (nanoseconds: Double, bytes: Int)) throws {
            let times = try (0..<5).map { _ in try body() }
            figures[number].append((times.map(\.nanoseconds).min() ?? .nan, median(times.map { Double($0.bytes) })))
        }
        for _ in 0..<size.rounds {
            try turn(0, ours)
            for number in peers.indices { try turn(number + 1) { try peer(number) } }
        }
        let medians = figures.map { turns in (median(turns.map(\.nanoseconds)) / 1e6, median(turns.map(\.bytes))) }
        return (medians[0], Array(medians.dropFirst()))
    }

    private func render(_ number: Int) throws -> (nanoseconds: Double, bytes: Int) {
        let answer = try peers[number].ask("render")
        guard answer.count == 2 else { throw TestFailure("\(peers[number].peer.rawValue) renders \(answer)") }
        return (answer[0], Int(answer[1]))
    }

    private func scrapeOurs() throws -> (nanoseconds: Double, bytes: Int) {
        ours.update()
        let (nanoseconds, body) = try ourScraper.scrape()
        return (nanoseconds, body.count)
    }

    private func scrape(_ number: Int) throws -> (nanoseconds: Double, bytes: Int) {
        try peers[number].ask("update")
        let (nanoseconds, body) = try scrapers[number].scrape()
        return (nanoseconds, body.count)
    }

    /// All have had the same updates by now: what they serve is the same.
    private func checkEqual() throws {
        let own = try Samples(exposition(of: ours.registry), prefix: "bench_")
        guard own.values.count == series else { throw TestFailure("\(own.values.count) series, not \(series)") }
        for (name, scraper) in [("the probe's server", ourScraper)] + zip(peers.map(\.peer.rawValue), scrapers) {
            try own.check(equals: Samples(try scraper.scrape().body, prefix: "bench_"), name)
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
