import Foundation
import TestSupport
import Testing

/// What went over the wire, from logs that the probe has no part in.
struct Oracle: Equatable {
    var commands = 0
    var instructions: [String: Int] = [:]
    var statusWords: [String: Int] = [:]

    init(_ log: CardLog) {
        for line in log.lines { count(line.command, line.response) }
    }

    init(_ log: PCSCDLog) {
        for command in log.commands { count(command, "") }
        for response in log.responses { statusWords[String(response.suffix(4)), default: 0] += 1 }
    }

    /// The probe's own report, for comparison.
    init(report: [String: Any]) {
        commands = report["command_count"] as? Int ?? -1
        instructions = report["instructions"] as? [String: Int] ?? [:]
        statusWords = report["status_words"] as? [String: Int] ?? [:]
    }

    private mutating func count(_ command: String, _ response: String) {
        commands += 1
        if command.count >= 4 { instructions[String(command.dropFirst(2).prefix(2)), default: 0] += 1 }
        guard response.count >= 4, response.allSatisfy(\.isHexDigit) else { return }
        statusWords[String(response.suffix(4)), default: 0] += 1
    }
}

/// One program on a virtual bench under `run`, and the logs beside it.
struct BenchRun {
    var command: Command
    var report: [String: Any]
    var cardLog: CardLog
    var card: Oracle
    var pcscd: Oracle

    init(
        _ program: [String], script: String? = nil, options: [String] = [], environment: [String: String] = [:],
        input: String? = nil
    ) throws {
        let folder = try TemporaryFolder()
        var bench = [Files.probe, "simulate", "bench"]
        if let script { bench += ["--script", try folder.write(script, to: "card.yaml")] }
        bench += Bench.logs(in: folder) + ["--"]
        let run = [
            Files.probe, "run", "--runtime-dir", folder.file("sockets"), "--json", folder.file("report.json"),
        ]
        command = try Command.run(bench + run + options + ["--"] + program, environment: environment, input: input)
        let json = Data(folder.read("report.json").utf8)
        report = try JSONSerialization.jsonObject(with: json) as? [String: Any] ?? [:]
        cardLog = CardLog(folder.read("card.log"))
        card = Oracle(cardLog)
        pcscd = Oracle(PCSCDLog(folder.read("pcscd.log")))
    }

    /// Holds what the probe told against both logs.
    func expectEqualToOracles(sourceLocation: SourceLocation = #_sourceLocation) {
        let told = Oracle(report: report)
        #expect(told == card, sourceLocation: sourceLocation)
        #expect(told == pcscd, sourceLocation: sourceLocation)
        #expect(report["dropped_events"] as? Int == 0, sourceLocation: sourceLocation)
    }
}
