import ProbeEvents
import Taps
import TestSupport

/// What the relay for TLS adds to a message and its answer, and how fast it hands data on, read and all: ours, and socat
/// as a relay that looks at nothing, in turns.
enum PSKTLSBenchmark {
    private static let answer = record(64)
    private static let piece = record(5 + 16_384)

    static func measure(_ size: BenchmarkSize) async throws -> [Row] {
        let (trips, megabytes) = size.hasBars ? (3_000, 256) : (100, 4)
        let pieces = megabytes << 20 / piece.count
        var times = RelayTimes()
        for _ in 0..<size.rounds {
            for way in TCPRelayBench.Way.allCases where way != .socat || TCPRelayBench.hasSocat {
                let sink = RecordingSink()
                let bench = try TCPRelayBench(way) { try tap(before: $0, sink) }
                times.latencies[way, default: []].append(median(try bench.roundTrips(trips, answer, answer)))
                times.flows[way, default: []].append(try bench.flow(pieces, of: piece))
                bench.end()
                if way == .ours { try check(sink, trips, pieces) }
            }
        }
        return times.rows(of: "psk-tls", "a message and its answer", "a megabyte", size) + [try handshakes(size)]
    }

    /// How long handshakes took as the relay tells it, and as a client without one has it; both from ClientHello going out
    /// to the last Finished. The ratio is that of the smaller to the larger.
    private static func handshakes(_ size: BenchmarkSize) throws -> Row {
        let cipher = "ADH-AES128-SHA256:@SECLEVEL=0"
        let server = try RunningCommand(
            ["openssl", "s_server", "-accept", "127.0.0.1:0", "-nocert", "-tls1_2", "-cipher", cipher, "-rev"])
        defer { server.kill() }
        guard eventually({ server.outputSoFar.contains("ACCEPT ") }),
            let target = server.outputSoFar.firstMatch(of: /ACCEPT [0-9.]+:([0-9]+)/).flatMap({ Int($0.1) })
        else { throw TestFailure("s_server does not come up: \(server.errorsSoFar)") }
        let sink = RecordingSink()
        let tap = PSKTLSTap(
            RelayEnds(
                name: "bench", key: PSKTLSTap.key, listen: .init(host: "127.0.0.1", port: 0),
                target: .init(host: "127.0.0.1", port: target)))
        try tap.start(into: sink)
        defer { tap.stop() }
        let count = size.hasBars ? 100 : 5
        var direct: [Double] = []
        for _ in 0..<size.rounds {
            for port in [target, tap.standing.listening?.port ?? 0] {
                let end = try Command.run(
                    [Files.python, Files.client("tls_handshakes.py"), "\(port)", "\(count)"], within: 120)
                guard end.ending == .exited(0) else { throw TestFailure("no handshakes: \(end.errors)") }
                if port == target { direct += end.output.split(separator: "\n").compactMap { Double($0) } }
            }
        }
        let told = sink.events.compactMap { event -> Double? in
            guard case .tls(.handshake(let done)) = event, done.result == .success else { return nil }
            return Double(done.stamp.durationNanoseconds) / 1_000
        }
        guard told.count == size.rounds * count else { throw TestFailure("\(told.count) handshakes were told") }
        let (ours, theirs) = (median(told), median(direct))
        return Row(
            bench: "psk-tls", case: "a handshake", ours: ours, peer: "client", peerValue: theirs, unit: "us",
            ratio: min(ours, theirs) / max(ours, theirs), bar: size.bar(0.95))
    }

    private static func tap(before target: Int, _ sink: RecordingSink) throws -> BenchedRelay {
        var settings = RelayEnds(
            name: "bench", key: PSKTLSTap.key, listen: .init(host: "127.0.0.1", port: 0),
            target: .init(host: "127.0.0.1", port: target))
        settings.connectionLimit = 2
        let tap = PSKTLSTap(settings)
        try tap.start(into: sink)
        return BenchedRelay(port: tap.standing.listening?.port ?? 0, stop: tap.stop)
    }

    /// Throws unless what was told is what was sent.
    private static func check(_ sink: RecordingSink, _ trips: Int, _ pieces: Int) throws {
        let ends = sink.events.compactMap { if case .tls(.closed(let closed)) = $0 { closed } else { nil } }
        guard ends.count == 1, ends[0].receivedRecords == UInt64(trips + pieces),
            ends[0].receivedBytes == UInt64(trips * answer.count + pieces * piece.count)
        else { throw TestFailure("the relay told \(ends), of \(trips + pieces) records") }
    }

    private static func record(_ length: Int) -> [UInt8] {
        [0x17, 3, 3, UInt8((length - 5) >> 8), UInt8((length - 5) & 0xFF)] + [UInt8](repeating: 0x55, count: length - 5)
    }
}

/// Times of a relay's messages and of its flow, microseconds.
struct RelayTimes {
    var latencies: [TCPRelayBench.Way: [Double]] = [:]
    var flows: [TCPRelayBench.Way: [Double]] = [:]

    func rows(of bench: String, _ message: String, _ flow: String, _ size: BenchmarkSize) -> [Row] {
        guard TCPRelayBench.hasSocat else { return [row(bench, message, latencies, "direct", .direct, nil)] }
        return [
            row(bench, message, latencies, "socat", .socat, size.bar(1)),
            row(bench, flow, flows, "socat", .socat, size.bar(0.8)),
        ]
    }

    private func row(
        _ bench: String, _ name: String, _ times: [TCPRelayBench.Way: [Double]], _ peer: String,
        _ way: TCPRelayBench.Way,
        _ bar: Double?
    ) -> Row {
        let (ours, theirs) = (median(times[.ours] ?? []), median(times[way] ?? []))
        return Row(
            bench: bench, case: name, ours: ours, peer: peer, peerValue: theirs,
            floor: median(times[.direct] ?? []), unit: "us", ratio: theirs / ours, bar: bar)
    }
}
