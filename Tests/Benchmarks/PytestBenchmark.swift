import Foundation
import TestSupport

/// Tests that came with networkx, 1,368 of its graph classes, under pytest: with the plugin and a daemon that hears it,
/// and without the plugin, in turns.
enum PytestBenchmark {
    static func measure(_ size: BenchmarkSize) throws -> [Row] {
        let folder = try TemporaryFolder()
        let probe = try ServingProbe(
            sockets: folder.file("sockets"), environment: ["XDG_STATE_HOME": folder.file("state")])
        var figures: (with: [Double], without: [Double]) = ([], [])
        var tests = 0
        let suite = size.hasBars ? "networkx.classes" : "networkx.utils"
        for _ in 0..<size.rounds {
            figures.without.append(try run(suite, probe, isTold: false).milliseconds)
            let told = try run(suite, probe, isTold: true)
            figures.with.append(told.milliseconds)
            tests += told.tests
        }
        let counted = try probe.sum("cardlink_test_results_total")
        guard tests > 0, Int(counted) == tests else { throw TestFailure("\(counted) of \(tests) tests were counted") }
        _ = try probe.stop()
        let (with, without) = (median(figures.with), median(figures.without))
        let each = Double(tests / max(1, size.rounds))
        return [
            // Two parts in a hundred, or a millisecond a test, whichever is more.
            Row(
                bench: "pytest", case: "\(Int(each)) tests", ours: with, peer: "without the plugin", peerValue: without,
                unit: "ms", ratio: max(without * 1.02, without + each) / with, bar: size.bar(1))
        ]
    }

    /// How long pytest took, and how many tests it had.
    private static func run(
        _ suite: String, _ probe: ServingProbe, isTold: Bool
    ) throws -> (milliseconds: Double, tests: Int) {
        let plugin = isTold ? ["-p", "cardlink_probe_pytest", "--cardlink-events", probe.sockets + "/events.sock"] : []
        let began = ContinuousClock.now
        let end = try Command.run(
            [TraceSink.python, "-m", "pytest", "-q", "-p", "no:cacheprovider"] + plugin
                + ["--pyargs", suite],
            environment: ["PYTHONPATH": Files.package + "/examples/python", "PYTHONDONTWRITEBYTECODE": "1"], within: 300
        )
        let time = ContinuousClock.now - began
        let words = end.output.split(separator: "\n").last?.split(separator: " ") ?? []
        let counts = zip(words, words.dropFirst()).compactMap { count, what in
            ["passed", "failed", "skipped", "xfailed", "xpassed"].contains(what.filter(\.isLetter)) ? Int(count) : nil
        }
        guard !counts.isEmpty else { throw TestFailure("pytest said: \(end.output.suffix(300)) \(end.errors)") }
        return (time / .milliseconds(1), counts.reduce(0, +))
    }
}
