internal import ProbeEvents
internal import SmartCard

/// Lines between a program and a modem as a capture may have them: as long as they were, without secrets.
///
/// Names of commands stay, and of their values what ``ATArguments`` allows. Commands to the card and what its toolkit
/// says are cut as they are everywhere, their hex digits written as `0`; any other character that may not be shown is
/// `*`. Text, data of connections, and whatever does not read as a command or an answer is shown by its length alone.
struct ATLineMask: Sendable {
    /// A line, what of it may not be shown, and what it tells of the toolkit.
    struct Masked: Sendable, Equatable {
        var line: [UInt8]
        var cutCharacters = 0
        var toolkit: ToolkitWords?
    }

    /// What a line tells of the card's toolkit.
    struct ToolkitWords: Sendable, Equatable {
        var kind: ToolkitSight.Kind
        var bytes: [UInt8]
        var cutBytes: Int
    }

    /// The contents of files are in no line: which file they are of is known to nobody here.
    private let level: Redaction.Level
    /// Whose modem it is, by which lines of the toolkit are read.
    var vendor = ModemVendor.unknown
    /// The last line that was sent, as far as it says what answers mean.
    private var question = ATQuestion(text: "")
    /// The last command to the card.
    private var cardCommand: [UInt8] = []

    /// Longer lines are shown up to here.
    private static let longestLine = 4_096

    /// A mask for a wire on which nothing passed yet.
    init(level: Redaction.Level) { self.level = min(level, .capture) }

    /// A line that went to the modem.
    mutating func sent(_ line: [UInt8]) -> Masked {
        guard Self.isCommand(line) else { return Self.bounded(Self.hidden(line)) }
        question = ATQuestion(text: String(decoding: line, as: UTF8.self))
        return Self.bounded(commandLine(line))
    }

    /// A line that came from the modem.
    mutating func received(_ line: [UInt8]) -> Masked {
        // What was sent, coming back.
        if Self.isCommand(line) {
            var echo = commandLine(line)
            echo.toolkit = nil
            return Self.bounded(echo)
        }
        if FinalResult(line: line) != nil || Self.words.contains(line) { return Masked(line: line) }
        if let news = ToolkitLine.news(line, vendor: vendor), let (bytes, kind) = Self.words(of: news) {
            return Self.bounded(toolkit(line, bytes, kind))
        }
        return Self.bounded(answer(line))
    }

    private static let words: Set<[UInt8]> = Set(
        ["RING", "RDY", "SMS READY", "SMS Ready", "Call Ready", "PB DONE", "^SYSSTART", "NO CARRIER"].map {
            Array($0.utf8)
        })

    /// A line may begin with noise, which is no part of a command (V.250, 5.2.1); here such a line is none.
    private static func isCommand(_ line: [UInt8]) -> Bool {
        line.count >= 2 && line[0] | 0x20 == 0x61 && line[1] | 0x20 == 0x74
    }

    // MARK: Commands

    private mutating func commandLine(_ line: [UInt8]) -> Masked {
        guard let (kind, bytes) = ToolkitCommandLine.read(line) else { return command(line) }
        return toolkit(line, bytes, kind == .answer ? .response : .envelope)
    }

    /// `AT` and commands that are parted by semicolons (V.250, 5.3).
    private mutating func command(_ line: [UInt8]) -> Masked {
        var masked = Masked(line: Array(line.prefix(2)))
        for (index, part) in Self.parts(line[2...], by: UInt8(ascii: ";")).enumerated() {
            if index > 0 { masked.line.append(UInt8(ascii: ";")) }
            append(self.part(part, isAnswer: false), to: &masked)
        }
        return masked
    }

    private mutating func part(_ part: ArraySlice<UInt8>, isAnswer: Bool) -> Masked {
        let end: (UInt8) -> Bool = { $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: ":") }
        let name = part.prefix { !end($0) }
        guard Self.isName(name) else { return isAnswer ? Self.hidden(part) : Self.basic(part) }
        var masked = Masked(line: Array(name))
        let rest = part.dropFirst(name.count)
        // What asks, or stands alone, has no arguments.
        let isQuestion = [[], Array("?".utf8), Array("=?".utf8)].contains(Array(rest))
        guard !isQuestion, let mark = rest.first else {
            masked.line += rest
            return masked
        }
        masked.line.append(mark)
        let arguments = ATArguments.of(String(decoding: name, as: UTF8.self).uppercased())
        append(values(rest.dropFirst(), arguments, isAnswer: isAnswer), to: &masked)
        return masked
    }

    /// A mark, a letter, letters and few digits: `+CSIM`. What has more digits may be a number behind noise.
    private static func isName(_ name: ArraySlice<UInt8>) -> Bool {
        guard (3...20).contains(name.count), let mark = name.first, "+^$%*#&@_!".utf8.contains(mark) else {
            return false
        }
        return isLetter(name[name.startIndex + 1]) && name.dropFirst().allSatisfy { isLetter($0) || isDigit($0) }
            && name.count(where: isDigit) <= 2
    }

    /// Commands of a letter and a small number (V.250, 5.3.1): modes, and none that dials.
    private static func basic(_ part: ArraySlice<UInt8>) -> Masked {
        var rest = part
        while let first = rest.first {
            let head = first == UInt8(ascii: "&") ? 2 : 1
            guard let letter = rest.dropFirst(head - 1).first, isLetter(letter),
                letter | 0x20 != UInt8(ascii: "d") || head == 2
            else { return hidden(part) }
            let digits = rest.dropFirst(head).prefix(while: isDigit)
            guard digits.count <= 2, rest.count < part.count || part.count <= 24 else { return hidden(part) }
            rest = rest.dropFirst(head + digits.count)
        }
        return Masked(line: Array(part))
    }

    // MARK: Answers

    private mutating func answer(_ line: [UInt8]) -> Masked {
        if line.contains(UInt8(ascii: ":")), Self.isName(line.prefix { $0 != UInt8(ascii: ":") }) {
            // A state of the PIN, and no PIN: TS 27.007, 8.3.
            if line.starts(with: "+CPIN:".utf8), line.count <= 24, !line.contains(where: Self.isDigit) {
                return Masked(line: line)
            }
            return part(line[...], isAnswer: true)
        }
        // A number that stands for a result, or for a mode.
        if line.count <= 3, line.allSatisfy(Self.isDigit) { return Masked(line: line) }
        guard Self.questionsOfKind.contains(where: question.asks), Self.isDescription(line) else {
            return Self.hidden(line)
        }
        if let maker = VendorTable.vendor(maker: String(decoding: line, as: UTF8.self)) { vendor = maker }
        return Masked(line: line)
    }

    /// Asked for its maker, model and firmware a modem answers with bare lines.
    private static let questionsOfKind = ["+CGMI", "+GMI", "+CGMM", "+GMM", "+CGMR", "+GMR", "I", "I0"]

    /// Words with few digits; what has as many as an IMEI or an IMSI is none, and no number alone.
    private static func isDescription(_ line: [UInt8]) -> Bool {
        line.count <= 80 && line.allSatisfy { (0x20...0x7E).contains($0) } && line.count(where: isDigit) <= 11
            && line.contains(where: isLetter)
    }

    // MARK: Values

    private mutating func values(
        _ text: ArraySlice<UInt8>, _ arguments: ATArguments?, isAnswer: Bool
    ) -> Masked {
        switch arguments {
        case nil: return Self.hidden(text)
        case .all where text.allSatisfy { (0x20...0x7E).contains($0) }: return Masked(line: Array(text))
        case .all: return Self.hidden(text)
        case .numbers: return Self.fields(text)
        case .command(let place): return cardBytes(text, isAnswer ? 1 : place, isAnswer: isAnswer)
        case .parts(let place): return isAnswer ? cardBytes(text, 2, isAnswer: true) : cardParts(text, place)
        }
    }

    /// Fields of which small numbers stay, those that are named if they are a little longer, and hex that is cut already.
    private static func fields(
        _ text: ArraySlice<UInt8>, replacing hex: HexField? = nil, keeps: (Int) -> Bool = { _ in false }
    ) -> Masked {
        var masked = Masked(line: [])
        for (place, field) in parts(text, by: UInt8(ascii: ",")).enumerated() {
            if place > 0 { masked.line.append(UInt8(ascii: ",")) }
            let value = trimmed(field)
            if let hex, place == hex.place {
                masked.line += hex.line(of: field)
                masked.cutCharacters += 2 * hex.cutBytes
            } else if value.allSatisfy(isDigit), value.count <= 3 || keeps(place) && value.count <= 6 {
                masked.line += field
            } else {
                let hidden = hidden(field, keeping: UInt8(ascii: "\""))
                masked.line += hidden.line
                masked.cutCharacters += hidden.cutCharacters
            }
        }
        return masked
    }

    /// A command to the card, or its response, in hex at a place.
    private mutating func cardBytes(_ text: ArraySlice<UInt8>, _ place: Int, isAnswer: Bool) -> Masked {
        guard var hex = HexField(text, at: place) else {
            if !isAnswer { cardCommand = [] }
            return Self.fields(text) { $0 < place }
        }
        if isAnswer {
            // Behind +CRSM the status word stands by itself.
            let missing: [UInt8] = place == 1 ? [] : [0x90, 0x00]
            let kept = Redaction.kept(command: cardCommand, response: hex.bytes + missing, level: level)
            let own = Redaction.kept(command: cardCommand, response: [], level: level).cutBytes
            hex.replace(with: Array(kept.response.dropLast(missing.count)), cutBytes: kept.cutBytes - own)
        } else {
            cardCommand = hex.bytes
            let kept = Redaction.kept(command: hex.bytes, response: [], level: level)
            hex.replace(with: kept.command, cutBytes: kept.cutBytes)
        }
        return Self.fields(text, replacing: hex) { $0 < place }
    }

    /// A command in parts: the modem makes one of them. The path behind its data is a file's, and no secret.
    private mutating func cardParts(_ text: ArraySlice<UInt8>, _ place: Int) -> Masked {
        let numbers = ATFields(String(decoding: text, as: UTF8.self))
        let header = (place..<(place + 5)).map { UInt8(exactly: numbers.integer($0) ?? 0) ?? 0 }
        let cla: UInt8 = header[0] == 0xF2 ? 0x80 : 0x00
        cardCommand = [cla, header[0], header[2], header[3], header[4]]
        guard var hex = HexField(text, at: place + 5), hex.bytes.count <= 255 else {
            return Self.fields(text) { $0 < place + 5 }
        }
        cardCommand = [cla, header[0], header[2], header[3], UInt8(hex.bytes.count)] + hex.bytes
        let kept = Redaction.kept(command: cardCommand, response: [], level: level)
        hex.replace(with: Array(kept.command.dropFirst(5)), cutBytes: kept.cutBytes)
        return Self.fields(text, replacing: hex) { $0 < place + 5 }
    }

    // MARK: The toolkit

    private static func words(of news: ToolkitNews) -> (bytes: [UInt8], kind: ToolkitSight.Kind)? {
        switch news {
        case .command(let bytes), .notice(let bytes): (bytes, .command)
        case .response(let bytes): (bytes, .response)
        case .envelope(let bytes): (bytes, .envelope)
        case .type, .end, .unread, .malformed: nil
        }
    }

    private func toolkit(_ line: [UInt8], _ bytes: [UInt8], _ kind: ToolkitSight.Kind) -> Masked {
        let kept = Self.kept(bytes, kind)
        let end = line.firstIndex { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "=") } ?? line.startIndex
        var masked = Masked(line: Array(line[...end]))
        let rest = line[(end + 1)...]
        var hex = (0..<4).lazy.compactMap { HexField(rest, at: $0) }.first { $0.bytes == bytes }
        hex?.replace(with: kept.bytes, cutBytes: kept.cutBytes)
        append(Self.fields(rest, replacing: hex), to: &masked)
        masked.toolkit = ToolkitWords(kind: kind, bytes: kept.bytes, cutBytes: kept.cutBytes)
        return masked
    }

    /// The words as they may be shown where they pass in a command to the card.
    private static func kept(_ bytes: [UInt8], _ kind: ToolkitSight.Kind) -> (bytes: [UInt8], cutBytes: Int) {
        let length = UInt8(truncatingIfNeeded: bytes.count)
        switch kind {
        case .command:
            let kept = Redaction.kept(command: [0x80, 0x12, 0, 0, length], response: bytes + [0x90, 0x00])
            return (Array(kept.response.dropLast(2)), kept.cutBytes)
        case .response, .envelope:
            let command: [UInt8] = [0x80, kind == .response ? 0x14 : 0xC2, 0, 0, length] + bytes
            let kept = Redaction.kept(command: command, response: [])
            return (Array(kept.command.dropFirst(5)), kept.cutBytes)
        }
    }

    // MARK: Characters

    private static func hidden(_ text: some Collection<UInt8>, keeping kept: UInt8? = nil) -> Masked {
        let line = text.map { $0 == kept ? $0 : UInt8(ascii: "*") }
        return Masked(line: line, cutCharacters: line.count(where: { $0 == UInt8(ascii: "*") }))
    }

    private static func bounded(_ masked: Masked) -> Masked {
        guard masked.line.count > longestLine else { return masked }
        var masked = masked
        masked.cutCharacters += masked.line.count - longestLine
        masked.line.removeLast(masked.line.count - longestLine)
        return masked
    }

    private func append(_ part: Masked, to masked: inout Masked) {
        masked.line += part.line
        masked.cutCharacters += part.cutCharacters
    }

    /// The parts between separators that do not stand in quotes.
    fileprivate static func parts(_ text: ArraySlice<UInt8>, by separator: UInt8) -> [ArraySlice<UInt8>] {
        var isQuoted = false
        return text.split(omittingEmptySubsequences: false) { byte in
            if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
            return byte == separator && !isQuoted
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte & ~0x20) }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}

/// A field that holds bytes in hex, in quotes or without.
private struct HexField {
    let place: Int
    private(set) var bytes: [UInt8]
    private(set) var cutBytes = 0

    /// The field of a line; nil for one that holds something else.
    init?(_ text: ArraySlice<UInt8>, at place: Int) {
        let fields = ATLineMask.parts(text, by: UInt8(ascii: ","))
        guard fields.indices.contains(place) else { return nil }
        let digits = fields[place].filter { !Self.isFrame($0) }
        guard digits.count >= 2, let bytes = HexBytes(hex: String(decoding: digits, as: UTF8.self))?.bytes else {
            return nil
        }
        (self.place, self.bytes) = (place, bytes)
    }

    /// Puts as many bytes in their place, of which some are cut.
    mutating func replace(with bytes: [UInt8], cutBytes: Int) { (self.bytes, self.cutBytes) = (bytes, cutBytes) }

    /// The field with the digits of these bytes, and its quotes and blanks.
    func line(of field: ArraySlice<UInt8>) -> [UInt8] {
        var digits = HexBytes(bytes).description.utf8.makeIterator()
        return field.map { Self.isFrame($0) ? $0 : digits.next() ?? UInt8(ascii: "*") }
    }

    private static func isFrame(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\"") || byte == UInt8(ascii: " ") }
}
