import Foundation
import TestSupport

/// `serve` with a configuration, in a folder of its own.
final class ConfiguredProbe {
    let folder: TemporaryFolder
    let running: RunningCommand
    /// What it says that it serves: `metrics on URL`, and `health on URL`.
    let metricsURL: String
    let healthURL: String

    /// Starts it on free ports and waits until it listens.
    init(_ folder: TemporaryFolder, _ words: [String] = [], environment: [String: String] = [:]) throws {
        self.folder = folder
        let running = try RunningCommand(
            [Files.probe, "serve", "--runtime-dir", folder.file("sockets"), "--web.listen-address", "127.0.0.1:0"]
                + ["--health.listen-address", "127.0.0.1:0"] + words, environment: environment)
        self.running = running
        guard eventually(within: 20, { running.errorsSoFar.contains("sockets in") || !running.isRunning }),
            let metrics = Self.url("metrics on ", in: running.errorsSoFar),
            let health = Self.url("health on ", in: running.errorsSoFar)
        else { throw TestFailure("the probe did not come up: \(running.errorsSoFar)") }
        metricsURL = metrics
        healthURL = health
    }

    deinit {
        running.signal(SIGTERM)
        _ = try? running.end(within: 10)
    }

    /// The host and port that metrics are on.
    var address: String {
        metricsURL.split(separator: "/").dropFirst().first.map(String.init) ?? ""
    }

    /// The status that curl gets, 0 for none, and the body.
    static func curl(_ words: [String]) throws -> (status: Int, body: String) {
        let end = try Command.run(["curl", "-s", "-w", "\n%{http_code}"] + words)
        let lines = end.output.split(separator: "\n", omittingEmptySubsequences: false)
        return (Int(lines.last ?? "") ?? 0, lines.dropLast().joined(separator: "\n"))
    }

    private static func url(_ words: String, in text: String) -> String? {
        text.split(separator: "\n").first { $0.contains(words) }?.components(separatedBy: words).last
    }
}
