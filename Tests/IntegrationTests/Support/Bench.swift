import Foundation
import Testing

/// The programs and files of these tests.
enum Files {
    /// The probe that was built with the tests.
    static let probe: String = {
        let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        return program.deletingLastPathComponent().appending(path: "cardlink-probe").path
    }()

    private static let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()

    /// A program in `Clients`.
    static func client(_ name: String) -> String { tests.appending(path: "Clients").appending(path: name).path }

    /// The C program in `Clients`, compiled.
    static let linkedClient: String = {
        let target = FileManager.default.temporaryDirectory.appending(path: "cardlink-linked-\(getpid())").path
        let flags = ["-I/usr/include/PCSC", "-o", target, client("linked.c"), "-lpcsclite"]
        _ = try? Command.run(["cc"] + flags)
        return target
    }()

    /// Debian's Python, which has pyscard.
    static let python = "/usr/bin/python3"
}

/// A folder that is gone with its owner.
final class TemporaryFolder {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "cardlink-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    func write(_ text: String, to name: String) throws -> String {
        try text.write(toFile: file(name), atomically: true, encoding: .utf8)
        return file(name)
    }

    func read(_ name: String) -> String { (try? String(contentsOfFile: file(name), encoding: .utf8)) ?? "" }
}

/// What went over the wire, from logs that the probe has no part in.
struct Oracle: Equatable {
    var commands = 0
    var instructions: [String: Int] = [:]
    var statusWords: [String: Int] = [:]

    /// The virtual card's own log: `START TOOK READER COMMAND -> RESPONSE`.
    init(cardLog text: String) {
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count == 6 else { continue }
            count(command: String(words[3]), response: String(words[5]))
        }
    }

    /// pcscd's debug log with APDUs on: `APDU: 00 A4 ...` and `SW: ... 90 00`.
    init(pcscdLog text: String) {
        for line in text.split(separator: "\n") {
            if let place = line.range(of: "APDU: ") {
                let command = line[place.upperBound...].replacing(" ", with: "")
                count(command: String(command), response: "")
            } else if let place = line.range(of: "SW: ") {
                let response = line[place.upperBound...].replacing(" ", with: "")
                statusWords[String(response.suffix(4)), default: 0] += 1
            }
        }
    }

    /// The probe's own report, for comparison.
    init(report: [String: Any]) {
        commands = report["command_count"] as? Int ?? -1
        instructions = report["instructions"] as? [String: Int] ?? [:]
        statusWords = report["status_words"] as? [String: Int] ?? [:]
    }

    private mutating func count(command: String, response: String) {
        commands += 1
        if command.count >= 4 { instructions[String(command.dropFirst(2).prefix(2)), default: 0] += 1 }
        if response.count >= 4, response.allSatisfy(\.isHexDigit) { statusWords[String(response.suffix(4)), default: 0] += 1 }
    }
}

/// One program on a virtual bench under `run`, and the logs beside it.
struct BenchRun {
    var command: Command
    var report: [String: Any]
    var card: Oracle
    var pcscd: Oracle

    init(
        _ program: [String], script: String? = nil, options: [String] = [], environment: [String: String] = [:],
        input: String? = nil
    ) throws {
        let folder = try TemporaryFolder()
        var bench = [Files.probe, "simulate", "bench"]
        if let script { bench += ["--script", try folder.write(script, to: "card.yaml")] }
        bench += ["--log", folder.file("card.log"), "--pcscd-log", folder.file("pcscd.log"), "--"]
        let run = [
            Files.probe, "run", "--runtime-dir", folder.file("sockets"), "--json", folder.file("report.json"),
        ]
        command = try Command.run(bench + run + options + ["--"] + program, environment: environment, input: input)
        let json = Data(folder.read("report.json").utf8)
        report = try JSONSerialization.jsonObject(with: json) as? [String: Any] ?? [:]
        card = Oracle(cardLog: folder.read("card.log"))
        pcscd = Oracle(pcscdLog: folder.read("pcscd.log"))
    }

    /// Holds what the probe told against both logs.
    func expectEqualToOracles(sourceLocation: SourceLocation = #_sourceLocation) {
        let told = Oracle(report: report)
        #expect(told == card, sourceLocation: sourceLocation)
        #expect(told == pcscd, sourceLocation: sourceLocation)
        #expect(report["dropped_events"] as? Int == 0, sourceLocation: sourceLocation)
    }
}
