import Foundation
import Observability
import Synchronization
import TestSupport

/// One command recorded with its labels: ours from what a tap has, the peers' from ready label texts, with children
/// looked up at each update or resolved before; one thread and two on the same families.
enum RecordBenchmark {
    static func measure(_ size: BenchmarkSize) throws -> [Row] {
        let stream = CommandStream()
        let folder = try TemporaryFolder()
        let file = try folder.write(stream.lines, to: "stream")
        let ours = OurRecorder(stream.commands)
        var peers: [PeerRecorder] = []
        for peer in size.peers {
            let program = try peer.build()
            for mode in ["look-up", "resolved"] {
                peers.append(PeerRecorder(mode, try PeerProgram(peer, program, "record", mode, file)))
            }
        }
        let rows = try [1, 2].flatMap { try race(ours, peers, threads: $0, size) }
        try ours.check(stream)
        for peer in peers { try peer.check(stream, folder) }
        return rows
    }

    private static func race(
        _ ours: OurRecorder, _ peers: [PeerRecorder], threads: Int, _ size: BenchmarkSize
    ) throws -> [Row] {
        let floor = NineAdds()
        let contestants: [any Recorder] = [floor, ours] + peers
        // A burst of each takes as long: the first, which also warms up, tells how many rounds that are.
        let rounds = try contestants.map { contestant in
            let nanoseconds = try contestant.run(threads: threads, rounds: 10)
            return max(1, Int(size.burst / (nanoseconds * Double(CommandStream.length))))
        }
        var figures = contestants.map { _ in [Double]() }
        // The best burst of a turn: other programs can only take time.
        for _ in 0..<size.rounds {
            for (number, contestant) in contestants.enumerated() {
                let bursts = try (0..<5).map { _ in try contestant.run(threads: threads, rounds: rounds[number]) }
                figures[number].append(bursts.min() ?? .nan)
            }
        }
        let medians = figures.map(median)
        let bars = peers.map { size.bar($0.mode == "look-up" ? 4 : 1) }
        return zip(zip(["nine atomic additions"] + peers.map(\.name), [nil] + bars), [medians[0]] + medians[2...]).map {
            Row(
                bench: "record", case: threads == 1 ? "1 thread" : "\(threads) threads", ours: medians[1],
                peer: $0.0, peerValue: $1, floor: medians[0], unit: "ns", ratio: $1 / medians[1], bar: $0.1)
        }
    }
}

/// Who records the stream.
private protocol Recorder: AnyObject {
    /// Records the whole stream so many times in each thread; nanoseconds of wall time for a command and thread.
    func run(threads: Int, rounds: Int) throws -> Double
}

private final class OurRecorder: Recorder {
    private let collector = Collector()
    private let commands: [RecordedCommand]
    private var times = 0

    init(_ commands: [RecordedCommand]) { self.commands = commands }

    func run(threads: Int, rounds: Int) -> Double {
        times += threads * rounds
        return inThreads(threads, rounds: rounds) { [collector, commands] range in
            for command in commands[range] {
                collector.recordAPDU(
                    cla: command.cla, ins: command.ins, p1: 0, interface: command.interface,
                    statusWord: command.statusWord, sentBytes: command.sentBytes,
                    receivedBytes: command.receivedBytes, nanoseconds: command.nanoseconds)
            }
        }
    }

    func check(_ stream: CommandStream) throws {
        let text = exposition(of: collector.registry)
        try stream.expected(times: times).check(equals: stream.samples(in: text), "the collector")
    }
}

private final class PeerRecorder: Recorder {
    let mode: String
    var name: String { "\(program.peer.rawValue) \(mode)" }
    private let program: PeerProgram
    private var times = 0

    init(_ mode: String, _ program: PeerProgram) {
        self.mode = mode
        self.program = program
    }

    func run(threads: Int, rounds: Int) throws -> Double {
        times += threads * rounds
        return try program.number(after: "run \(threads) \(rounds)")
    }

    func check(_ stream: CommandStream, _ folder: TemporaryFolder) throws {
        let theirs = try stream.samples(in: program.exposition(in: folder))
        try stream.expected(times: times).check(equals: theirs, name)
    }
}

/// What a library spends at least that adds to each number by itself, however it finds them: some nine additions.
private final class NineAdds: Recorder, @unchecked Sendable {
    private static let stride = 128
    /// Sendable: what it leads to is atomic.
    private let cells = UnsafeMutableRawPointer.allocate(byteCount: 9 * stride, alignment: stride)

    init() {
        for number in 0..<9 { cell(number).initialize(to: Atomic(0)) }
    }

    deinit { cells.deallocate() }

    func run(threads: Int, rounds: Int) -> Double {
        inThreads(threads, rounds: rounds) { [self] range in
            for _ in range {
                for number in 0..<9 { cell(number).pointee.wrappingAdd(1, ordering: .relaxed) }
            }
        }
    }

    private func cell(_ number: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
        (cells + number * Self.stride).assumingMemoryBound(to: Atomic<UInt64>.self)
    }
}

/// Calls `body` with the parts of the stream in each of the threads, which start at different places; nanoseconds for
/// a command and thread.
private func inThreads(_ threads: Int, rounds: Int, _ body: @escaping @Sendable (Range<Int>) -> Void) -> Double {
    let length = CommandStream.length
    let end = DispatchGroup()
    let start = ContinuousClock.now
    for thread in 0..<threads {
        let first = thread * length / threads
        end.enter()
        Thread.detachNewThread {
            for _ in 0..<rounds {
                body(first..<length)
                body(0..<first)
            }
            end.leave()
        }
    }
    end.wait()
    return (ContinuousClock.now - start) / .nanoseconds(1) / Double(rounds * length)
}
