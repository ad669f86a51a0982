internal import FoundationEssentials
internal import ProbeEvents
package import SmartCard

/// Writes lines of events again without what may not leave: the probe's own have been cut before, others' perhaps not.
package struct EventRedactor {
    private var lines = LogLines()
    private var redactor: LogRedactor

    /// A redactor that keeps so much.
    package init(level: Redaction.Level) { redactor = LogRedactor(level: level) }

    /// What was cut so far.
    package var cuts: LogCuts { redactor.cuts }

    /// The lines that these bytes complete.
    package mutating func received(_ piece: UnsafeRawBufferPointer) -> [UInt8] {
        var redactor = redactor
        lines.received(piece) { Self.cut($0, &redactor) }
        self.redactor = redactor
        return self.redactor.take()
    }

    /// The last line, where it has no line feed.
    package mutating func ended() -> [UInt8] {
        var redactor = redactor
        lines.ended { Self.cut($0, &redactor) }
        self.redactor = redactor
        return self.redactor.take(isEnd: true)
    }

    private static func cut(_ line: LogLine, _ redactor: inout LogRedactor) {
        redactor.append(line)
        guard !line.isTooLong, let event = try? EventLine.decode(Data(line.bytes)) else {
            return redactor.cutRuns(line)
        }
        guard case .apdu(let exchange) = event else { return }
        let (command, response) = (exchange.command.bytes, exchange.response.bytes)
        guard Redaction.kept(command: command, response: response, level: redactor.level).cut else { return }
        guard let sent = text(command, behind: "\"command\":\"", line),
            let received = text(response, behind: "\"response\":\"", line)
        else { return redactor.cutDigits(line) }
        redactor.cut(command: sent)
        redactor.cut(answer: received, to: command)
    }

    /// The digits of a member; nil where they are not written as they usually are.
    private static func text(_ bytes: [UInt8], behind name: StaticString, _ line: LogLine) -> HexText? {
        guard let start = line.find(name) else { return nil }
        var text = HexText()
        let end = text.read(line, at: start + name.utf8CodeUnitCount, separator: .none, notesPlaces: true)
        return text.bytes == bytes && line[end] == UInt8(ascii: "\"") ? text : nil
    }
}
