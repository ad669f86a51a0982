internal import Logging

/// Lines for programs: one JSON object a record, its keys always in this order, which no encoder of the library keeps.
enum LogJSON {
    /// Adds the line of a record, with its end.
    static func append(_ record: LogRecord, to line: inout [UInt8]) {
        line += #"{"timestamp":""#.utf8
        line += RFC3339.text(wallNanoseconds: record.wallNanoseconds).utf8
        line += #"","level":""#.utf8
        line += record.level.rawValue.utf8
        line += #"","logger":"#.utf8
        append(record.logger, to: &line)
        line += #","component":""#.utf8
        line += record.component.rawValue.utf8
        line += #"","message":"#.utf8
        append(record.message, to: &line)
        if !record.fields.isEmpty {
            line += #","fields":"#.utf8
            append(.map(record.fields), to: &line)
        }
        if let span = record.span {
            line += #","trace_id":"\#(span.traceID)","span_id":"\#(span.spanID)""#.utf8
        }
        line += "}\n".utf8
    }

    /// Adds a value.
    static func append(_ value: LogValue, to line: inout [UInt8]) {
        switch value {
        case .text(let text): append(text, to: &line)
        case .flag(let flag): line += "\(flag)".utf8
        case .integer(let number): line += "\(number)".utf8
        // JSON has no word for infinity, nor for what is no number.
        case .number(let number) where !number.isFinite: append("\(number)", to: &line)
        case .number(let number): line += "\(number)".utf8
        case .list(let values):
            appendSeparated(values, in: "[]", to: &line) { append($0, to: &$1) }
        case .map(let fields):
            appendSeparated(fields, in: "{}", to: &line) { field, line in
                append(field.key, to: &line)
                line.append(UInt8(ascii: ":"))
                append(field.value, to: &line)
            }
        }
    }

    private static func append(_ text: String, to line: inout [UInt8]) {
        line.append(UInt8(ascii: "\""))
        LogEscapes.append(text, quotes: true, to: &line)
        line.append(UInt8(ascii: "\""))
    }

    private static func appendSeparated<Element>(
        _ elements: [Element], in brackets: StaticString, to line: inout [UInt8],
        _ append: (Element, inout [UInt8]) -> Void
    ) {
        line.append(brackets.utf8Start[0])
        for (index, element) in elements.enumerated() {
            if index > 0 { line.append(UInt8(ascii: ",")) }
            append(element, &line)
        }
        line.append(brackets.utf8Start[1])
    }
}

/// Text in which nothing ends a line or steers a terminal, escaped as JSON has it.
enum LogEscapes {
    /// Adds a text; with `quotes` quotation mark and backslash are escaped too.
    static func append(_ text: String, quotes: Bool, to line: inout [UInt8]) {
        let isPlain = text.utf8.allSatisfy {
            (0x20...0x7E).contains($0) && !(quotes && ($0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\")))
        }
        guard !isPlain else { return line += text.utf8 }
        for scalar in text.unicodeScalars { append(scalar, quotes: quotes, to: &line) }
    }

    private static func append(_ scalar: Unicode.Scalar, quotes: Bool, to line: inout [UInt8]) {
        switch scalar {
        case "\n": line += #"\n"#.utf8
        case "\r": line += #"\r"#.utf8
        case "\t": line += #"\t"#.utf8
        case "\"" where quotes: line += #"\""#.utf8
        case "\\" where quotes: line += #"\\"#.utf8
        case _ where isControl(scalar):
            let digits = String(scalar.value, radix: 16)
            line += #"\u\#(String(repeating: "0", count: 4 - digits.count))\#(digits)"#.utf8
        default: line += String(scalar).utf8
        }
    }

    /// Control characters, and what readers take for the end of a line or for a change of its direction; four hex
    /// digits at most.
    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x00...0x1F, 0x7F...0x9F, 0x061C, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}
