/// How a maker's modems let a program be the card's terminal: the lines that tell what the card asks, and the commands
/// that bring the answers.
package struct ModemToolkit: Sendable, Equatable {
    /// What an answering command holds.
    package enum Answer: Sendable, Equatable {
        /// The whole TERMINAL RESPONSE in hex.
        case hex
        /// The type of the command and the general result; the base in which the type is written.
        case type(radix: Int)
    }

    /// Tells a command; `{hex}` is the command, `{bytes}` its length, `{type}` and `{TYPE}` its type in decimal and in hex.
    package var asks: String
    /// Tells the terminal's answer, as far as the maker tells it; with `{hex}` and `{bytes}`.
    package var tellsAnswer: String?
    /// Tells that the card wants no more; nil where that is not told.
    package var ends: String?
    /// The beginning of the command that answers.
    package var answering: String
    package var answer: Answer
    /// The beginning of the command that brings the card an envelope in hex; nil for none.
    package var enveloping: String?

    init(
        asks: String, ends: String?, answering: String, _ answer: Answer = .hex, enveloping: String? = nil,
        tellsAnswer: String? = nil
    ) {
        (self.asks, self.tellsAnswer, self.ends) = (asks, tellsAnswer, ends)
        (self.answering, self.answer, self.enveloping) = (answering, answer, enveloping)
    }

    /// The line for a command of the card's, or for an answer to it.
    func line(_ template: String, _ bytes: [UInt8]) -> String {
        let type = TerminalAnswer.type(of: bytes)
        return template.replacing("{hex}", with: hexadecimal(bytes)).replacing("{bytes}", with: "\(bytes.count)")
            .replacing("{type}", with: "\(type)").replacing("{TYPE}", with: hexadecimal([type]))
    }

    /// The TERMINAL RESPONSE that a command line brings for what the card asked; nil for one that does not fit it.
    func response(to asked: [UInt8], _ values: [String]) -> [UInt8]? {
        switch answer {
        case .hex:
            guard values.count == 1, let response = bytes(hexadecimal: values[0]),
                TLV.first(0x01, in: response) == TerminalAnswer.details(of: asked)
            else { return nil }
            return response
        case .type(let radix):
            guard (1...2).contains(values.count), UInt8(values[0], radix: radix) == TerminalAnswer.type(of: asked),
                let result = values.count == 1 ? 0 : UInt8(values[1])
            else { return nil }
            return TerminalAnswer.response(to: asked, result: result)
        }
    }
}

/// What a modem makes of an answer that is a number, or of none at all: the TERMINAL RESPONSE (TS 102 223, 6.8).
enum TerminalAnswer {
    /// Command number, type and qualifier.
    static func details(of asked: [UInt8]) -> [UInt8]? { TLV.first(0x01, in: objects(of: asked)) }

    static func type(of asked: [UInt8]) -> UInt8 { details(of: asked)?.dropFirst().first ?? 0 }

    /// The modem's own channel is the first one; what it has received is what is asked for, and no more.
    static func response(to asked: [UInt8], result: UInt8) -> [UInt8] {
        let objects = objects(of: asked)
        let header = TLV.encode(0x81, details(of: asked) ?? []) + TLV.encode(0x82, [0x82, 0x81])
        // From 20 on it was not done, and for these results a cause has to follow (TS 102 223, 8.12).
        guard result < 0x20 else {
            return header + TLV.encode(0x83, [0x20, 0x21, 0x3A].contains(result) ? [result, 0x00] : [result])
        }
        let done = header + TLV.encode(0x83, [result])
        switch type(of: asked) {
        case 0x40:
            return done + TLV.encode(0xB8, [0x81, 0x00])
                + (TLV.first(0x35, in: objects).map { TLV.encode(0x35, $0) } ?? [])
                + (TLV.first(0x39, in: objects).map { TLV.encode(0x39, $0) } ?? [])
        case 0x42:
            let count = Int(TLV.first(0x37, in: objects)?.first ?? 0)
            return done + TLV.encode(0xB6, (0..<count).map { UInt8(truncatingIfNeeded: $0) }) + TLV.encode(0xB7, [0x00])
        case 0x43: return done + TLV.encode(0xB7, [0xFF])
        case 0x44: return done + TLV.encode(0xB8, [0x81, 0x00])
        default: return done
        }
    }

    /// What stands in a proactive command (D0), or in a TERMINAL RESPONSE, which has no tag of its own.
    private static func objects(of asked: [UInt8]) -> [UInt8] {
        guard asked.first == 0xD0 else { return asked }
        return Array(asked.dropFirst(asked.dropFirst().first == 0x81 ? 3 : 2))
    }
}
