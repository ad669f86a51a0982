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

/// Certificates of an authority of their own, made by openssl.
struct Certificates {
    let folder: TemporaryFolder

    /// Makes an authority.
    init(in folder: TemporaryFolder) throws {
        self.folder = folder
        try openssl([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
            "/CN=authority", "-keyout", folder.file("ca.key"), "-out", folder.file("ca.pem"),
        ])
    }

    /// Makes `NAME.pem` and `NAME.key`, for the address of loopback or other names.
    func make(_ name: String, names others: String = "IP:127.0.0.1") throws {
        let request = folder.file("\(name).csr")
        try openssl([
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=\(name)", "-keyout",
            folder.file("\(name).key"), "-out", request,
        ])
        let names = try folder.write("subjectAltName=\(others)\n", to: "names")
        try openssl([
            "x509", "-req", "-in", request, "-CA", folder.file("ca.pem"), "-CAkey", folder.file("ca.key"), "-days", "2",
            "-CAcreateserial", "-extfile", names, "-out", folder.file("\(name).pem"),
        ])
    }

    private func openssl(_ words: [String]) throws {
        let end = try Command.run(["openssl"] + words)
        guard end.ending == .exited(0) else { throw TestFailure(end.errors) }
    }
}
