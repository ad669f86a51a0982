import Foundation
import Observability
import Synchronization
import TestSupport

/// A span with eight attributes, made, ended and queued, while batches are taken from the queue as a fast endpoint
/// takes them: ours, and OpenTelemetry's SDKs for Go and Python.
enum SpanBenchmark {
    static func measure(_ size: BenchmarkSize) throws -> [Row] {
        let contestants: [any SpanMaker] =
            [OurSpans()] + (try size.tracers.map { PeerSpans(try PeerProgram($0, try $0.build())) })
        // A burst of each takes as long: the first, which also warms up, tells how many spans that are.
        let counts = try contestants.map { max(1, Int(size.burst / (try $0.make(1_000)))) }
        var figures = contestants.map { _ in [Double]() }
        // The best burst of a turn: other programs can only take time.
        for _ in 0..<size.rounds {
            for (number, contestant) in contestants.enumerated() {
                let bursts = try (0..<5).map { _ in try contestant.make(counts[number]) }
                figures[number].append(bursts.min() ?? .nan)
            }
        }
        let medians = figures.map(median)
        for (count, contestant) in zip(counts, contestants) {
            try contestant.check(made: 1_000 + 5 * size.rounds * count)
        }
        return zip(size.tracers, medians.dropFirst()).map { peer, figure in
            Row(
                bench: "span", case: "8 attributes", ours: medians[0], peer: peer.rawValue, peerValue: figure,
                unit: "ns", ratio: figure / medians[0], bar: size.bar(peer == .pythonSDK ? 10 : 1))
        }
    }

    /// Throws unless all spans that were taken had their attributes, and no more were taken than made.
    fileprivate static func check(_ whose: String, made: Int, taken: Int, attributes: Int) throws {
        guard taken > 0, taken <= made, attributes == 8 * taken else {
            throw TestFailure("\(whose) took \(taken) of \(made) spans, with \(attributes) attributes")
        }
    }
}

/// Who makes spans.
private protocol SpanMaker: AnyObject {
    /// Makes so many; nanoseconds of wall time for each.
    func make(_ count: Int) throws -> Double
    /// Throws unless what came out of the queue is what was made.
    func check(made: Int) throws
}

private final class OurSpans: SpanMaker {
    private let spans: SpanManager
    private let taker: Taker

    init() {
        let taker = Taker()
        spans = SpanManager(sampler: .parentBased(.alwaysOn), queue: ExportQueue<SpanData> { taker.drop($0) })
        self.taker = taker
        taker.take(from: spans.queue)
    }

    deinit { taker.stop() }

    func make(_ count: Int) -> Double {
        let start = ContinuousClock.now
        for number in 0..<count {
            let span = spans.start(
                "SELECT", parent: nil,
                attributes: [
                    Attribute("cardlink.apdu.command", "SELECT"), Attribute("cardlink.apdu.cla", 0),
                    Attribute("cardlink.apdu.ins", 0xA4), Attribute("cardlink.apdu.p1", 4),
                    Attribute("cardlink.apdu.p2", .integer(Int64(number))),
                    Attribute("cardlink.apdu.status_word", "9000"),
                    Attribute("cardlink.apdu.seconds", .number(0.0123)), Attribute("cardlink.apdu.success", true),
                ])
            span.end()
        }
        return (ContinuousClock.now - start) / .nanoseconds(1) / Double(count)
    }

    func check(made: Int) throws {
        taker.takeAll(of: spans.queue)
        let (taken, attributes, dropped) = taker.counts
        guard taken + dropped == made else {
            throw TestFailure("ours took \(taken) and dropped \(dropped) of \(made) spans")
        }
        try SpanBenchmark.check("ours", made: made, taken: taken, attributes: attributes)
    }
}

/// Takes batches as they come together, and counts.
private final class Taker: Sendable {
    private struct State {
        var taken = 0
        var attributes = 0
        var dropped = 0
        var isStopped = false
    }

    private let state = Mutex(State())
    private let wake = DispatchSemaphore(value: 0)

    var counts: (taken: Int, attributes: Int, dropped: Int) {
        state.withLock { ($0.taken, $0.attributes, $0.dropped) }
    }

    func drop(_ count: Int) { state.withLock { $0.dropped += count } }

    func take(from queue: ExportQueue<SpanData>) {
        queue.whenFull { [wake] in wake.signal() }
        Thread.detachNewThread { [self] in
            while true {
                wake.wait()
                if state.withLock({ $0.isStopped }) { return }
                takeAll(of: queue)
            }
        }
    }

    func takeAll(of queue: ExportQueue<SpanData>) {
        while true {
            let batch = queue.take(512)
            if batch.isEmpty { return }
            let attributes = batch.reduce(0) { $0 + $1.attributes.kept.count }
            state.withLock { state in
                state.taken += batch.count
                state.attributes += attributes
            }
        }
    }

    func stop() {
        state.withLock { $0.isStopped = true }
        wake.signal()
    }
}

private final class PeerSpans: SpanMaker {
    private let program: PeerProgram

    init(_ program: PeerProgram) { self.program = program }

    func make(_ count: Int) throws -> Double { try program.number(after: "spans \(count)") }

    func check(made: Int) throws {
        let answer = try program.ask("taken")
        guard answer.count == 2 else { throw TestFailure("\(program.peer.rawValue) answers 'taken' with \(answer)") }
        try SpanBenchmark.check(
            program.peer.rawValue, made: made, taken: Int(answer[0]), attributes: Int(answer[1]))
    }
}
