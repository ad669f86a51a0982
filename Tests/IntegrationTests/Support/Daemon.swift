import Foundation
import TestSupport

/// A virtual bench, and a daemon beside it.
final class LiveBench {
    private let bench: Bench
    private var daemon: RunningCommand?
    private(set) var port = 0

    init(script: String? = nil) throws {
        bench = try Bench(script: script)
    }

    deinit {
        daemon?.signal(SIGTERM)
        _ = try? daemon?.end(within: 10)
    }

    var folder: TemporaryFolder { bench.folder }
    var environment: [String: String] { bench.environment }
    var sockets: String { folder.file("sockets") }
    var oracle: Oracle { Oracle(bench.cardLog) }
    var daemonErrors: String { daemon?.errorsSoFar ?? "" }
    var daemonPID: Int32 { daemon?.pid ?? 0 }

    @discardableResult
    func control(_ line: String) throws -> String { try bench.control(line) }

    /// Starts `serve` on a free port and waits until it answers.
    func startDaemon(environment more: [String: String] = [:]) throws {
        let words = [Files.probe, "serve", "--web.listen-address", "127.0.0.1:0", "--runtime-dir", sockets]
        let running = try RunningCommand(words, environment: environment.merging(more) { $1 })
        daemon = running
        guard eventually(within: 20, { running.errorsSoFar.contains("sockets in") }) else {
            throw TestFailure("the daemon did not come up: \(running.errorsSoFar)")
        }
        let url = running.errorsSoFar.split(separator: "\n").first { $0.contains("metrics on") } ?? ""
        port = Int(url.split(separator: ":").last?.prefix { $0.isNumber } ?? "") ?? 0
    }

    func stopDaemon() throws -> Command? {
        defer { daemon = nil }
        daemon?.signal(SIGTERM)
        return try daemon?.end(within: 10)
    }

    func killDaemon() throws {
        daemon?.signal(SIGKILL)
        _ = try daemon?.end(within: 10)
        daemon = nil
    }

    /// Runs a program under `run`, telling the daemon.
    func run(
        _ program: [String], options: [String] = [], environment more: [String: String] = [:]
    ) throws -> Command {
        try Command.run(
            [Files.probe, "run", "--runtime-dir", sockets] + options + ["--"] + program,
            environment: environment.merging(more) { $1 })
    }

    func get(_ path: String) throws -> (status: Int, body: String) {
        let end = try Command.run(["curl", "-s", "-w", "\n%{http_code}", "http://127.0.0.1:\(port)\(path)"])
        let lines = end.output.split(separator: "\n", omittingEmptySubsequences: false)
        return (Int(lines.last ?? "") ?? 0, lines.dropLast().joined(separator: "\n"))
    }

    /// The samples of `/metrics` by name and labels, as written.
    func metrics() throws -> [String: Double] {
        var samples: [String: Double] = [:]
        for line in try get("/metrics").body.split(separator: "\n") where !line.hasPrefix("#") {
            guard let blank = line.lastIndex(of: " ") else { continue }
            samples[String(line[..<blank])] = Double(line[line.index(after: blank)...])
        }
        return samples
    }

    /// The sum over a family's samples whose labels contain a text.
    func sum(_ family: String, _ labels: String = "") throws -> Double {
        try metrics().filter { key, _ in
            (key == family || key.hasPrefix(family + "{")) && (labels.isEmpty || key.contains(labels))
        }.values.reduce(0, +)
    }
}
