import Foundation
import Testing

/// A virtual bench that stays, with a control socket, and a daemon beside it.
final class LiveBench {
    let folder: TemporaryFolder
    private let bench: RunningCommand
    private var daemon: RunningCommand?
    private(set) var port = 0

    init(script: String? = nil, readers: Int = 1) throws {
        folder = try TemporaryFolder()
        var words = [Files.probe, "simulate", "bench", "--readers", "\(readers)", "--control", folder.file("control")]
        words += ["--log", folder.file("card.log"), "--pcscd-log", folder.file("pcscd.log")]
        if let script { words += ["--script", try folder.write(script, to: "card.yaml")] }
        let running = try RunningCommand(words)
        bench = running
        guard eventually(within: 20, { running.outputSoFar.contains("PCSCLITE_CSOCK_NAME=") }) else {
            throw TestFailure("the bench did not come up: \(running.errorsSoFar)")
        }
    }

    deinit {
        daemon?.signal(SIGTERM)
        _ = try? daemon?.end(within: 10)
        bench.signal(SIGTERM)
        _ = try? bench.end(within: 10)
    }

    /// What leads a program to this bench's pcscd.
    var environment: [String: String] {
        let line = bench.outputSoFar.split(separator: "\n").first { $0.contains("PCSCLITE_CSOCK_NAME=") } ?? ""
        let path = line.split(separator: "=").last?.split(whereSeparator: { " '\"".contains($0) }).first ?? ""
        return ["PCSCLITE_CSOCK_NAME": String(path)]
    }

    var sockets: String { folder.file("sockets") }
    var oracle: Oracle { Oracle(cardLog: folder.read("card.log")) }
    var daemonErrors: String { daemon?.errorsSoFar ?? "" }
    var daemonPID: Int32 { daemon?.pid ?? 0 }

    /// Says a line to the bench's control socket and gives its answer.
    @discardableResult
    func control(_ line: String) throws -> String {
        let code = "import socket,sys;s=socket.socket(socket.AF_UNIX);s.connect(sys.argv[1]);"
            + "s.sendall(sys.argv[2].encode()+b'\\n');print(s.makefile().readline(),end='')"
        let answer = try Command.run([Files.python, "-c", code, folder.file("control"), line]).output
        guard answer.hasPrefix("ok") else { throw TestFailure("\(line): \(answer)") }
        return answer
    }

    /// Starts `serve` on a free port and waits until it answers.
    func startDaemon() throws {
        let words = [Files.probe, "serve", "--web.listen-address", "127.0.0.1:0", "--runtime-dir", sockets]
        let running = try RunningCommand(words, environment: environment)
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
    func run(_ program: [String], options: [String] = []) throws -> Command {
        try Command.run(
            [Files.probe, "run", "--runtime-dir", sockets] + options + ["--"] + program, environment: environment)
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
