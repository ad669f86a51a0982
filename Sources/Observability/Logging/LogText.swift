internal import Logging

/// Lines for people.
struct LogText: Sendable {
    /// Before whatever is said on standard error; nil for lines with time, level and component.
    var programName: String?
    /// Whether levels have a colour.
    var isColoured = false

    /// Adds the line of a record, with its end.
    func append(_ record: LogRecord, to line: inout [UInt8]) {
        if let programName {
            line += "\(programName): ".utf8
            appendBriefLead(record, to: &line)
        } else {
            line += "\(RFC3339.text(wallNanoseconds: record.wallNanoseconds)) ".utf8
            appendLevel(record.level, width: 8, to: &line)
            line += " ".utf8
            appendName(record, to: &line)
            line += ": ".utf8
        }
        LogEscapes.append(record.message, quotes: false, to: &line)
        for field in record.fields { append(field, to: &line) }
        if let span = record.span { line += " trace_id=\(span.traceID) span_id=\(span.spanID)".utf8 }
        line.append(UInt8(ascii: "\n"))
    }

    /// What is ordinary is said plainly, the rest with its level; of what is for developers or not ours, whose it is.
    private func appendBriefLead(_ record: LogRecord, to line: inout [UInt8]) {
        let isOrdinary = record.level == .info || record.level == .notice
        if !isOrdinary {
            appendLevel(record.level, width: 0, to: &line)
            line += ": ".utf8
        }
        if record.level < .info || record.component == .program {
            appendName(record, to: &line)
            line += ": ".utf8
        }
    }

    private func appendName(_ record: LogRecord, to line: inout [UInt8]) {
        // Of the probe's own labels the part counts, `http` or `http.hummingbird`.
        let name =
            record.component == .program ? record.logger[...] : record.logger.dropFirst(LogComponent.labelPrefix.count)
        LogEscapes.append(String(name), quotes: false, to: &line)
    }

    private func appendLevel(_ level: Logger.Level, width: Int, to line: inout [UInt8]) {
        let colour = isColoured ? Self.colour(of: level) : ""
        let blanks = String(repeating: " ", count: max(0, width - level.rawValue.utf8.count))
        line += "\(colour)\(level.rawValue)\(colour.isEmpty ? "" : "\u{1B}[0m")\(blanks)".utf8
    }

    private static func colour(of level: Logger.Level) -> String {
        switch level {
        case .trace, .debug: "\u{1B}[2m"
        case .info, .notice: ""
        case .warning: "\u{1B}[33m"
        case .error, .critical: "\u{1B}[31m"
        }
    }

    private func append(_ field: LogField, to line: inout [UInt8]) {
        line += " ".utf8
        append(word: field.key, to: &line)
        line += "=".utf8
        if case .text(let text) = field.value {
            append(word: text, to: &line)
        } else {
            LogJSON.append(field.value, to: &line)
        }
    }

    /// A text as it is where it is one word, else in quotes.
    private func append(word text: String, to line: inout [UInt8]) {
        let isWord = !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F && !#""=\"#.utf8.contains($0) }
        if !isWord { line.append(UInt8(ascii: "\"")) }
        LogEscapes.append(text, quotes: !isWord, to: &line)
        if !isWord { line.append(UInt8(ascii: "\"")) }
    }
}
