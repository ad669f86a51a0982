import Foundation
import TestSupport
import Testing

/// Several programs at one card of 40 ms: its time stays its own, the wait is told with its reason, `readers` names who
/// holds it.
@Suite(.serialized) struct SharingTests {
    private static let delay = 40.0

    /// What one `run` told of its commands of one name, milliseconds.
    private struct Times {
        var calls: Int
        var median: Double
        var p95: Double

        init(_ report: [String: Any], _ command: String) throws {
            let commands = try #require(report["commands"] as? [[String: Any]])
            let row = try #require(commands.first { $0["command"] as? String == command })
            calls = try #require(row["calls"] as? Int)
            median = try #require(row["p50_nanoseconds"] as? Double) / 1e6
            p95 = try #require(row["p95_nanoseconds"] as? Double) / 1e6
        }
    }

    private static func program(_ steps: [String]) -> [String] {
        [Files.python, Files.client("transaction.py")] + steps
    }

    private static func report(_ folder: TemporaryFolder, _ name: String = "report.json") throws -> [String: Any] {
        let object = try JSONSerialization.jsonObject(with: Data(folder.read(name).utf8))
        return try #require(object as? [String: Any])
    }

    /// The card's own time by a run of its own, as the virtual card and pcscd make it on this machine.
    private static func alone(_ bench: LiveBench) throws -> Times {
        let file = bench.folder.file("alone.json")
        #expect(try bench.run(Self.program(["send:20"]), options: ["--json", file]).ending == .exited(0))
        return try Times(report(bench.folder, "alone.json"), "SELECT")
    }

    private static func isOwnTime(_ times: Times, _ own: Times) -> Bool {
        times.median > delay - 0.5 && times.median < own.median + 2 && times.p95 < own.p95 + 5
    }

    /// Whether the times hold in one of three attempts: a machine that is busy with something else wakes programs late,
    /// and that is nobody's time at the card. What is counted holds in each.
    private static func holds(_ attempt: () throws -> Bool) rethrows -> Bool {
        for _ in 0..<3 where try attempt() { return true }
        return false
    }

    /// Both under `run`, each of its own: the daemon sees both, and works out what they took from one another.
    @Test func twoProgramsUnderRun() throws {
        let bench = try LiveBench(script: "delay: 40\n")
        try bench.startDaemon()
        let holds = try Self.holds {
            let own = try Self.alone(bench)
            let before = try bench.metrics()
            try sendFromTwoRuns(bench)
            let metrics = try bench.metrics()
            return areOwnTimes(own) { (metrics[$0] ?? 0) - (before[$0] ?? 0) }
        }
        #expect(holds)
    }

    private func sendFromTwoRuns(_ bench: LiveBench) throws {
        let words = [Files.probe, "run", "--runtime-dir", bench.sockets, "--"]
        let sender = try RunningCommand(
            words + Self.program(["line", "send:30"]), environment: bench.environment, input: .kept)
        try #require(try sender.readLine() == "here")
        let holder = try RunningCommand(
            words + Self.program(["hold:line", "rest:20"]), environment: bench.environment, input: .kept)
        try #require(try holder.readLine() == "here")
        try #require(try holder.readLine() == "held")
        let readers = try Command.run([Files.probe, "readers"], environment: bench.environment).output
        #expect(readers.contains(/python3 \(\d+\), shared since \d\d:\d\d:\d\d, transaction since \d\d:\d\d:\d\d\n/))
        #expect(!readers.contains("perhaps") && !readers.contains("unknown"))
        let waiting = try #require(readers.firstMatch(of: /python3 \((\d+)\), shared since \d\d:\d\d:\d\d\n/)?.1)
        try sender.say("")
        try #require(eventually { Self.sleeps(waiting) })
        usleep(300_000)
        try holder.say("")
        #expect(try holder.end().ending == .exited(0))
        #expect(try sender.end().ending == .exited(0))
    }

    /// Whether a program is in `clock_nanosleep`, as pcsc-lite is while another program has the card: its number on x86-64
    /// and on arm64.
    private static func sleeps(_ pid: Substring) -> Bool {
        let call = try? String(contentsOfFile: "/proc/\(pid)/syscall", encoding: .utf8)
        return ["230 ", "115 "].contains { call?.hasPrefix($0) == true }
    }

    /// Whether the daemon's counts grew by what both sent, and its times are the card's.
    private func areOwnTimes(_ own: Times, grown: (String) -> Double) -> Bool {
        let total = "cardlink_apdu_response_time_seconds"
        var isOwn = true
        for (command, calls) in [("SELECT", 30.0), ("READ BINARY", 20)] {
            let count = grown("\(total)_count{command=\"\(command)\"}")
            #expect(count == calls)
            let mean = grown("\(total)_sum{command=\"\(command)\"}") / count
            // The bucket above the card's time holds 95% and more.
            let near = grown("\(total)_bucket{command=\"\(command)\",le=\"0.05\"}")
            isOwn = isOwn && mean * 1_000 < own.median + 3 && near >= 0.95 * calls
        }
        let wait = "cardlink_apdu_wait_seconds"
        let transaction = grown("\(wait)_sum{reason=\"transaction\"}")
        #expect(grown("\(wait)_count{reason=\"transaction\"}") == 1)
        // They take turns for some twenty commands each.
        #expect(grown("\(wait)_count{reason=\"sharing\"}") >= 25)
        return isOwn && transaction > 0.2 && transaction < 0.8 && grown("\(wait)_sum{reason=\"sharing\"}") > 0.9
    }

    /// One `run` around both needs no daemon.
    @Test func twoProgramsUnderOneRun() throws {
        let bench = try LiveBench(script: "delay: 40\n")
        let client = "\(Files.python) \(Files.client("transaction.py"))"
        let shell = "\(client) hold:700 rest:30 & \(client) pause:200 send:30; wait"
        let file = bench.folder.file("report.json")
        let holds = try Self.holds {
            let own = try Self.alone(bench)
            #expect(try bench.run(["sh", "-c", shell], options: ["--json", file]).ending == .exited(0))
            let report = try Self.report(bench.folder)
            #expect(report["upper_bound_commands"] as? Int == 0)
            let waited = try #require(report["wait_nanoseconds"] as? Double) / 1e9
            return try Self.isOwnTime(Times(report, "SELECT"), own)
                && Self.isOwnTime(Times(report, "READ BINARY"), own) && waited > 1 && waited < 4
        }
        #expect(holds)
    }

    /// A neighbour that is not seen: its transaction is told exactly, what it shares is marked a bound.
    @Test func neighbourThatIsNotSeen() throws {
        let bench = try LiveBench(script: "delay: 40\n")
        let holds = try Self.holds {
            let own = try Self.alone(bench)
            let report = try besideANeighbour(bench)
            // While the neighbour sends, and for a look before and behind.
            let bounds = try #require(report["upper_bound_commands"] as? Int)
            #expect(bounds >= 15 && bounds <= 24)
            let reader = try #require((report["readers"] as? [[String: Any]])?.first)
            #expect(reader["wait_is_lower_bound"] as? Bool == true)
            let waited = try #require(report["wait_nanoseconds"] as? Double) / 1e9
            return try Self.isOwnTime(Times(report, "SELECT"), own) && waited > 0.2 && waited < 0.8
        }
        #expect(holds)
    }

    private func besideANeighbour(_ bench: LiveBench) throws -> [String: Any] {
        let words = [
            Files.probe, "run", "--runtime-dir", bench.sockets, "--json", bench.folder.file("report.json"), "--",
        ]
        let sender = try RunningCommand(
            words + Self.program(["line", "send:20", "line", "rest:20"]), environment: bench.environment, input: .kept)
        try #require(try sender.readLine() == "here")
        let holder = try RunningCommand(
            Self.program(["hold:700", "line", "rest:20"]), environment: bench.environment, input: .kept)
        try #require(try holder.readLine() == "here")
        try #require(try holder.readLine() == "held")
        let before = bench.oracle.commands
        try sender.say("")
        let readers = try Command.run([Files.probe, "readers"], environment: bench.environment).output
        #expect(readers.contains("perhaps also: python3 (\(holder.pid))\n"))
        // The transaction ends, the neighbour is quiet; then both send.
        #expect(eventually(within: 20) { bench.oracle.commands >= before + 20 })
        try holder.say("")
        try sender.say("")
        #expect(try holder.end().ending == .exited(0))
        #expect(try sender.end().ending == .exited(0))
        return try Self.report(bench.folder)
    }

    /// A program that is not seen and has the card alone is an unknown one, with its candidates.
    @Test func unknownHolder() throws {
        let bench = try LiveBench()
        let holder = try RunningCommand(
            Self.program(["line"]), environment: bench.environment, input: .kept)
        try #require(try holder.readLine() == "here")
        // pcscd notes what is in use when it looks at its readers, each 400 ms.
        #expect(
            try eventually {
                let readers = try Command.run([Files.probe, "readers"], environment: bench.environment).output
                return readers.contains("unknown program, one of: python3 (\(holder.pid))\n")
            })
        let json = try Command.run([Files.probe, "readers", "--json"], environment: bench.environment).output
        let listing = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
        let reader = try #require((listing["readers"] as? [[String: Any]])?.first)
        #expect(reader["has_unseen_holder"] as? Bool == true)
        let unseen = try #require((listing["unseen_programs"] as? [[String: Any]])?.first)
        #expect(unseen["pid"] as? Int32 == holder.pid)
        try holder.say("")
        #expect(try holder.end().ending == .exited(0))
    }
}
