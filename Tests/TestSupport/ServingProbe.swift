import Foundation

/// A `serve` that runs beside a test on a free port; it ends with its owner.
package final class ServingProbe: Sendable {
    /// Its folder for sockets.
    package let sockets: String
    package let port: Int
    private let process: RunningCommand

    /// Starts it, behind words of another program where there are some, and returns when it answers.
    package init(
        under launcher: [String] = [], sockets: String, options: [String] = [], environment: [String: String] = [:]
    ) throws {
        self.sockets = sockets
        let words =
            launcher + [Files.probe, "serve", "--web.listen-address", "127.0.0.1:0", "--runtime-dir", sockets] + options
        let running = try RunningCommand(words, environment: environment)
        process = running
        guard eventually(within: 20, { running.errorsSoFar.contains("sockets in") }) else {
            throw TestFailure("the daemon did not come up: \(running.errorsSoFar)")
        }
        let url = running.errorsSoFar.split(separator: "\n").first { $0.contains("metrics on") } ?? ""
        port = Int(url.split(separator: ":").last?.prefix { $0.isNumber } ?? "") ?? 0
    }

    deinit { _ = try? stop() }

    package var pid: Int32 { process.pid }
    package var errors: String { process.errorsSoFar }
    /// The socket that shims tell.
    package var receiverSocket: String { sockets + "/receiver.sock" }

    /// Tells it to end, and waits until it has.
    @discardableResult
    package func stop() throws -> Command {
        process.signal(SIGTERM)
        return try process.end(within: 10)
    }

    /// Tells it to read its configuration again.
    package func reload() { process.signal(SIGHUP) }

    /// Ends it without a warning.
    package func kill() throws {
        process.signal(SIGKILL)
        _ = try process.end(within: 10)
    }

    /// Halts it where it stands, until `resume`.
    package func halt() throws {
        process.signal(SIGSTOP)
        guard
            eventually({ (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8))?.contains(") T ") == true }
            )
        else { throw TestFailure("the daemon does not stop") }
    }

    package func resume() { process.signal(SIGCONT) }

    package func get(_ path: String, headers: [String] = []) throws -> (status: Int, body: String) {
        let end = try Command.run(
            ["curl", "-s", "-w", "\n%{http_code}"] + headers.flatMap { ["-H", $0] }
                + ["http://127.0.0.1:\(port)\(path)"])
        let lines = end.output.split(separator: "\n", omittingEmptySubsequences: false)
        return (Int(lines.last ?? "") ?? 0, lines.dropLast().joined(separator: "\n"))
    }

    /// The samples of `/metrics` by name and labels, as written.
    package func metrics() throws -> [String: Double] {
        var samples: [String: Double] = [:]
        for line in try get("/metrics").body.split(separator: "\n") where !line.hasPrefix("#") {
            guard let blank = line.lastIndex(of: " ") else { continue }
            samples[String(line[..<blank])] = Double(line[line.index(after: blank)...])
        }
        return samples
    }

    /// The sum over a family's samples whose labels contain a text.
    package func sum(_ family: String, _ labels: String = "") throws -> Double {
        try metrics().filter { key, _ in
            (key == family || key.hasPrefix(family + "{")) && (labels.isEmpty || key.contains(labels))
        }.values.reduce(0, +)
    }
}
