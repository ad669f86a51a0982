import Foundation
import TestSupport

/// A virtual bench, and a daemon beside it.
final class LiveBench {
    private let bench: Bench
    private var daemon: ServingProbe?

    init(script: String? = nil, options: [String] = []) throws {
        bench = try Bench(script: script, options: options)
    }

    deinit { daemon = nil }

    var folder: TemporaryFolder { bench.folder }
    var environment: [String: String] { bench.environment }
    var sockets: String { folder.file("sockets") }
    var cardLog: CardLog { bench.cardLog }
    var oracle: Oracle { Oracle(cardLog) }
    var port: Int { daemon?.port ?? 0 }
    var daemonErrors: String { daemon?.errors ?? "" }
    var daemonPID: Int32 { daemon?.pid ?? 0 }

    @discardableResult
    func control(_ line: String) throws -> String { try bench.control(line) }

    /// Starts `serve` on a free port and waits until it answers.
    func startDaemon(options: [String] = [], environment more: [String: String] = [:]) throws {
        daemon = try ServingProbe(
            sockets: sockets, options: options, environment: environment.merging(more) { $1 })
    }

    /// Has it read its configuration again, and waits for what it says then.
    func reloadDaemon(until line: String) throws -> Bool {
        try running.reload()
        return eventually(within: 5) { daemonErrors.contains(line) }
    }

    func stopDaemon() throws -> Command? {
        defer { daemon = nil }
        return try daemon?.stop()
    }

    func killDaemon() throws {
        try daemon?.kill()
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

    func get(_ path: String, headers: [String] = []) throws -> (status: Int, body: String) {
        try running.get(path, headers: headers)
    }

    func metrics() throws -> [String: Double] { try running.metrics() }

    /// The sum over a family's samples whose labels contain a text.
    func sum(_ family: String, _ labels: String = "") throws -> Double { try running.sum(family, labels) }

    private var running: ServingProbe {
        get throws {
            guard let daemon else { throw TestFailure("the daemon was not started") }
            return daemon
        }
    }
}
