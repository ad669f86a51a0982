import ProbeEvents
import SmartCard
import TestSupport

/// A command as a tap has it.
struct RecordedCommand {
    var cla: UInt8
    var ins: UInt8
    var interface: APDUInterface
    var statusWord: UInt16
    var sentBytes: Int
    var receivedBytes: Int
    var nanoseconds: UInt64
}

/// The commands that every library records: a session with a UICC over three interfaces, refusals among it, no two
/// commands alike. Each has data both ways, so that each makes all five updates.
struct CommandStream {
    static let length = 1_024

    let commands: [RecordedCommand]

    init() {
        var random = SeededGenerator(seed: 7816)
        let kinds: [(cla: UInt8, ins: UInt8)] = [
            (0x00, 0xA4), (0x00, 0xA4), (0x00, 0xA4), (0x00, 0xB0), (0x00, 0xB2), (0x00, 0xC0), (0x80, 0xF2),
            (0x80, 0x12), (0x80, 0xC2), (0x00, 0x88), (0x00, 0x20), (0x80, 0xCA), (0x80, 0xE8), (0x00, 0xD6),
        ]
        let statusWords: [UInt16] = [
            0x9000, 0x9000, 0x9000, 0x9000, 0x9000, 0x910B, 0x9123, 0x6115, 0x6C1A, 0x6A82, 0x6283, 0x63C2, 0x6982,
        ]
        commands = (0..<Self.length).map { _ in
            let kind = kinds[Int.random(in: 0..<kinds.count, using: &random)]
            // Over six powers of two and more: 50 us to 200 ms.
            let scale = UInt64.random(in: 0...11, using: &random)
            return RecordedCommand(
                cla: kind.cla, ins: kind.ins,
                interface: [.pcsc, .pcsc, .pcsc, .at, .pskTls][Int.random(in: 0..<5, using: &random)],
                statusWord: statusWords[Int.random(in: 0..<statusWords.count, using: &random)],
                sentBytes: Int.random(in: 1...255, using: &random),
                receivedBytes: Int.random(in: 1...256, using: &random),
                nanoseconds: UInt64.random(in: 50_000...99_999, using: &random) << scale)
        }
    }

    /// A line each with ready label texts, for the peers.
    var lines: String {
        commands.map { command in
            let labels = Labels(command)
            return [
                labels.command, command.interface.name, labels.statusWord, labels.success,
                "\(Double(command.nanoseconds) / 1e9)", "\(command.sentBytes)", "\(command.receivedBytes)",
            ].joined(separator: "\t") + "\n"
        }.joined()
    }

    /// The samples of the four families in an exposition.
    func samples(in exposition: [UInt8]) throws -> Samples {
        let text = exposition.split(separator: UInt8(ascii: "\n")).filter { line in
            ["commands_total", "responses_total", "response_time_seconds", "data_bytes"].contains {
                line.starts(with: "cardlink_apdu_\($0)".utf8)
            }
        }
        return try Samples(Array(text.joined(separator: "\n".utf8)), prefix: "cardlink_apdu_")
    }

    /// What the four families must hold once every command was recorded so many times.
    func expected(times: Int) -> Samples {
        var values: [String: Double] = [:]
        func add(_ name: String, _ labels: String, _ amount: Double = 1) {
            values[Samples.key("cardlink_apdu_\(name){\(labels)}".utf8), default: 0] += amount * Double(times)
        }
        func observe(_ name: String, _ label: String, _ value: Double, _ bounds: [Double]) {
            for bound in bounds + [.infinity] {
                add("\(name)_bucket", "\(label),le=\"\(bound)\"", value <= bound ? 1 : 0)
            }
            add("\(name)_sum", label, value)
            add("\(name)_count", label)
        }
        for command in commands {
            let labels = Labels(command)
            add("commands_total", "command=\"\(labels.command)\",interface=\"\(command.interface.name)\"")
            add("responses_total", "status_word=\"\(labels.statusWord)\",success=\"\(labels.success)\"")
            observe(
                "response_time_seconds", "command=\"\(labels.command)\"", Double(command.nanoseconds) / 1e9,
                [
                    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
                ])
            for (direction, length) in [("sent", command.sentBytes), ("received", command.receivedBytes)] {
                observe(
                    "data_bytes", "direction=\"\(direction)\"", Double(length),
                    [16, 32, 64, 128, 256, 512, 1024, 2048, 4096])
            }
        }
        return Samples(values)
    }

    private struct Labels {
        let command: String
        let statusWord: String
        let success: String

        init(_ command: RecordedCommand) {
            let statusWord = StatusWord(command.statusWord)
            self.command =
                CommandLookup.shared.name(
                    cla: command.cla, ins: command.ins, p1: 0, length: CommandAPDU.headerLength
                ).name
            self.statusWord = statusWord.label(cla: command.cla).name
            success = "\(statusWord.isSuccess(cla: command.cla))"
        }
    }
}
