import Foundation
import Glibc
import TestSupport

/// How long `cardlink-metrics` takes from its start to its end: for its help, and for the status of a probe on loopback;
/// beside it `promtool --version`, in turns.
enum StartBenchmark {
    /// What a start may take, milliseconds.
    private static let allowedMilliseconds = 25.0

    static func measure(_ size: BenchmarkSize) throws -> [Row] {
        let folder = try TemporaryFolder()
        let probe = try ServingProbe(sockets: folder.file("sockets"))
        let calls = [
            ("--help", [Files.metrics, "--help"]),
            ("status", [Files.metrics, "status", "--url", "http://127.0.0.1:\(probe.port)"]),
            ("promtool --version", ["promtool", "--version"]),
        ]
        var figures = calls.map { _ in [Double]() }
        // The first turn fills the caches, and does not count.
        for turn in 0...(size.hasBars ? 30 : 2) {
            for (number, call) in calls.enumerated() {
                let time = try milliseconds(call.1)
                if turn > 0 { figures[number].append(time) }
            }
        }
        let medians = figures.map(median)
        return zip(calls, medians).dropLast().flatMap { call, ours in
            [("promtool --version", medians[2]), ("25 ms", allowedMilliseconds)].map { peer, value in
                Row(
                    bench: "start", case: "cardlink-metrics \(call.0)", ours: ours, peer: peer, peerValue: value,
                    unit: "ms", ratio: value / ours, bar: size.bar(1))
            }
        }
    }

    /// From the call that starts a program to the one that has seen it end.
    private static func milliseconds(_ words: [String]) throws -> Double {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        let arguments = words.map { strdup($0) } + [nil]
        defer { arguments.forEach { free($0) } }
        var pid: pid_t = 0
        var status: Int32 = 0
        let start = ContinuousClock.now
        guard posix_spawnp(&pid, words[0], &actions, nil, arguments, environ) == 0, waitpid(pid, &status, 0) == pid,
            status == 0
        else { throw TestFailure("\(words.joined(separator: " ")) failed: \(status)") }
        return (ContinuousClock.now - start) / .milliseconds(1)
    }
}
