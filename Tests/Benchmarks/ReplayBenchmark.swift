import Foundation
import Glibc
import TestSupport

/// A large log of pcscd's through `cardlink-probe replay`, and through `grep -c`, which does nothing with it but look for
/// one word. `CARDLINK_REPLAY_MEGABYTES` says how large; 256 without it.
enum ReplayBenchmark {
    /// What ours may take of grep's time.
    private static let allowed = 20.0

    static func measure(_ size: BenchmarkSize) throws -> [Row] {
        let named = ProcessInfo.processInfo.environment["CARDLINK_REPLAY_MEGABYTES"].flatMap(Int.init) ?? 256
        let bytes = (size.hasBars ? named : 1) << 20
        let sample = try Data(contentsOf: URL(filePath: "\(Files.package)/Tests/Captures/replay/pcscd.log"))
        let commands = String(decoding: sample, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
            .filter { $0.contains(" APDU: ") || $0.contains(" SW: ") }
        return try [
            measure(size, "pcscd --debug --apdu", sample, bytes),
            measure(size, "pcscd --apdu", Data((commands.joined(separator: "\n") + "\n").utf8), bytes),
        ].flatMap { $0 }
    }

    private static func measure(
        _ size: BenchmarkSize, _ name: String, _ session: Data, _ bytes: Int
    ) throws -> [Row] {
        let folder = try TemporaryFolder()
        let path = folder.file("pcscd.log")
        let sessions = bytes / session.count + 1
        try Data().write(to: URL(filePath: path))
        let file = try FileHandle(forWritingTo: URL(filePath: path))
        for _ in 0..<sessions { try file.write(contentsOf: session) }
        try file.close()
        var figures: (ours: [Double], peer: [Double]) = ([], [])
        // The first turn fills the caches, and does not count.
        for turn in 0...min(size.rounds, 3) {
            let ours = try seconds([Files.probe, "replay", "--no-summary", "--json", folder.file("report.json"), path])
            let peer = try seconds(["grep", "-c", "APDU:", path])
            if turn > 0 {
                figures.ours.append(ours)
                figures.peer.append(peer)
            }
        }
        let json = try JSONSerialization.jsonObject(with: Data(folder.read("report.json").utf8)) as? [String: Any]
        let counted = json?["command_count"] as? Int
        guard counted == 7 * sessions else { throw TestFailure("\(counted ?? -1) of \(7 * sessions) commands") }
        let (ours, peer) = (median(figures.ours), median(figures.peer))
        return [
            Row(
                bench: "replay", case: "\(bytes >> 20) MB of \(name)", ours: ours * 1e3, peer: "grep -c",
                peerValue: peer * 1e3, unit: "ms", ratio: peer / ours, bar: size.bar(1 / allowed))
        ] + (try memory(size, name, session, path))
    }

    /// What the whole log takes in memory, beside a short one.
    private static func memory(
        _ size: BenchmarkSize, _ name: String, _ session: Data, _ path: String
    ) throws -> [Row] {
        let folder = try TemporaryFolder()
        let short = folder.file("short.log")
        try (0...(1 << 20) / session.count).reduce(into: Data()) { log, _ in log += session }
            .write(to: URL(filePath: short))
        let (ours, least) = (try peakMegabytes(path), try peakMegabytes(short))
        return [
            Row(
                bench: "replay", case: "most memory, \(name)", ours: ours, peer: "1 MB of it", peerValue: least,
                unit: "MB", ratio: least / ours, bar: size.bar(0.5))
        ]
    }

    /// The most memory that a replay has at a time.
    private static func peakMegabytes(_ path: String) throws -> Double {
        let script = """
            import resource, subprocess, sys
            subprocess.run(sys.argv[1:], check=True)
            print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
            """
        let end = try Command.run(
            [Files.python, "-c", script, Files.probe, "replay", "--no-summary", path], within: 600)
        guard let kilobytes = Double(end.output.split(separator: "\n").last ?? "") else {
            throw TestFailure(end.errors)
        }
        return kilobytes / 1_024
    }

    private static func seconds(_ words: [String]) throws -> Double {
        let start = ContinuousClock.now
        let end = try Command.run(words, within: 600)
        guard end.ending == .exited(0) else { throw TestFailure("\(words[0]): \(end.errors)") }
        return (ContinuousClock.now - start) / .seconds(1)
    }
}
