import Foundation
import TestSupport

/// Another library, behind a small program of ours; see Peers/README.md.
enum Peer: String {
    case clientGolang = "client_golang"
    case prometheusCPP = "prometheus-cpp"
    case rustPrometheus = "rust-prometheus"
    case goSDK = "opentelemetry-go"
    case pythonSDK = "opentelemetry-python"

    /// What counts and renders.
    static let metricsLibraries: [Peer] = [.clientGolang, .prometheusCPP, .rustPrometheus]
    /// What makes spans.
    static let tracingSDKs: [Peer] = [.goSDK, .pythonSDK]

    /// Whether its compiler and the library are there.
    var isInstalled: Bool { requirements.allSatisfy { FileManager.default.fileExists(atPath: $0) } }

    private var requirements: [String] {
        switch self {
        case .clientGolang: ["/usr/bin/go", "/usr/share/gocode/src/github.com/prometheus/client_golang"]
        case .prometheusCPP: ["/usr/bin/g++", "/usr/include/prometheus/exposer.h"]
        case .rustPrometheus: ["/usr/bin/cargo", "/usr/share/doc/librust-prometheus-dev"]
        case .goSDK: ["/usr/bin/go", "/usr/share/gocode/src/go.opentelemetry.io/otel/sdk"]
        case .pythonSDK: [TraceSink.python]
        }
    }

    /// Compiles the program, unless it is newer than its sources, and gives its path.
    func build() throws -> String {
        let folder = "\(Files.package)/.build/benchmark-peers"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let program = "\(folder)/\(rawValue)"
        if let made = Self.changed(program), try sources().allSatisfy({ Self.changed($0).map { $0 < made } ?? true }) {
            return program
        }
        let end = try Command.run(["\(self.folder)/build", program], within: 600)
        guard end.ending == .exited(0) else {
            throw TestFailure("the benchmark's program for \(rawValue) does not compile:\n\(end.errors)")
        }
        return program
    }

    private var folder: String { "\(Files.package)/Tests/Benchmarks/Peers/\(rawValue)" }

    private func sources() throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: folder).map { "\(folder)/\($0)" }
    }

    private static func changed(_ path: String) -> Date? {
        try? FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date
    }
}

/// A peer's program under way.
struct PeerProgram {
    let peer: Peer
    private let program: RunningCommand

    var pid: Int32 { program.pid }

    init(_ peer: Peer, _ path: String, _ words: String...) throws {
        self.peer = peer
        let interpreter = peer == .pythonSDK ? [TraceSink.python] : []
        program = try RunningCommand(interpreter + [path] + words, input: .kept)
    }

    /// Sends a command and gives the numbers of its answer.
    @discardableResult
    func ask(_ command: String) throws -> [Double] {
        try program.say(command)
        return try program.readLine(within: 300).split(separator: " ").compactMap { Double($0) }
    }

    /// Sends a command and gives the first number of its answer.
    func number(after command: String) throws -> Double {
        guard let number = try ask(command).first else {
            throw TestFailure("\(peer.rawValue) answers '\(command)' without a number")
        }
        return number
    }

    /// What it would show now.
    func exposition(in folder: TemporaryFolder) throws -> [UInt8] {
        try ask("write \(folder.file("exposition"))")
        return [UInt8](try Data(contentsOf: URL(filePath: folder.file("exposition"))))
    }
}
