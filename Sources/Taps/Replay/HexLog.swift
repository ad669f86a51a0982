internal import ProbeEvents
internal import SmartCard

/// Reads commands in hex, a line each: as pySim's scripts have them (`apdu 00A40004023F00`, or the digits alone), as its
/// trace shows them (`-> 00a4000402 3f00`, `<- 9000: 6f…`, also behind `INFO: `), as scriptor does (`> 00 A4 …`,
/// `< 62 1E … 90 00 : words`), as apdu4j's dumps do (`# Sent`, `# Received`), and `APDU: … SW: …` or `… -> …` in one line.
///
/// With `--verbose` pySim first tells each command that it makes of one for a T=0 card (`T0: case #4 TPDU: 00a4… =>
/// (no data) 612b`, `T0: GET RESPONSE TPDU: …`): these the card got, and the one behind them is what was meant.
///
/// Nothing in them says when anything was. A command without an answer is told as one.
struct HexLog: LogGrammar {
    private enum Kind {
        case command, answer
        /// The same in a trace: behind other marks, and alone, digits are something else there.
        case tracedCommand, tracedAnswer
        /// What a command of a trace became for a T=0 card.
        case part

        var isOfTrace: Bool { self == .tracedCommand || self == .tracedAnswer || self == .part }
        var isAnswer: Bool { self == .answer || self == .tracedAnswer }
    }

    /// What pySim tells next once more.
    private enum Told {
        /// The command whose parts were told, by its header.
        case parts(ArraySlice<UInt8>)
        /// Its answer.
        case whole([UInt8])
    }

    /// What may stand before a command or an answer.
    private static let marks: [(text: StaticString, kind: Kind)] = [
        ("-> ", .tracedCommand), (">> ", .command), ("> ", .command), ("=> ", .command), ("apdu ", .command),
        ("C-APDU: ", .command), ("APDU: ", .command), ("<- ", .tracedAnswer), ("<< ", .answer), ("< ", .answer),
        ("<= ", .answer), ("R-APDU: ", .answer), ("SW: ", .answer),
    ]
    /// What pySim's logger puts before a line, behind the place in its code where that is told too.
    private static let levels: [StaticString] = ["INFO: ", "DEBUG: "]
    /// What may stand between a command and its answer in one line.
    private static let betweens: [StaticString] = ["SW: ", "-> ", "=> ", "R-APDU: ", "RAPDU: "]
    private static let scriptorWidth = 16
    private static let session: UInt64 = 1
    private static let speaker: UInt64 = 0

    /// An answer of scriptor's that goes on in the next line.
    private var open: HexText?
    private var isAnswerNext = false
    private var isTrace = false
    private var told: Told?

    /// Whether a line has a command or an answer.
    static func isStatement(_ line: LogLine) -> Bool {
        var text = HexText()
        let (start, kind) = mark(line)
        _ = text.read(line, at: start, separator: .any, notesPlaces: false)
        return text.bytes.count >= (kind?.isAnswer == true ? 2 : 4)
            && (kind != nil || line.isBlank(from: end(of: line, start)))
    }

    private static func end(of line: LogLine, _ start: Int) -> Int {
        var text = HexText()
        return text.read(line, at: start, separator: .any, notesPlaces: false)
    }

    mutating func read(_ line: LogLine, _ teller: inout LogTeller) {
        if open != nil, goOn(line, &teller) { return }
        let (start, kind) = Self.mark(line)
        switch line[start] {
        case UInt8(ascii: "#"):
            isAnswerNext = line.has("# Received", at: start)
            return teller.other(line)
        case UInt8(ascii: "-") where line.has("-- RESET", at: start):
            teller.reset(Self.session)
            return teller.other(line)
        default: break
        }
        var text = HexText()
        let end = text.read(line, at: start, separator: .any, notesPlaces: teller.redactor != nil)
        if kind == .tracedCommand || kind == .part { isTrace = true }
        guard !isTrace || kind?.isOfTrace == true else { return teller.other(line) }
        if isToldAgain(text, kind, line, end, &teller) { return }
        let isAnswer =
            kind?.isAnswer == true || kind == nil && (isAnswerNext || text.bytes.count == 2 && teller.waits())
        defer { if text.bytes.count >= 2 { isAnswerNext = false } }
        if isAnswer, text.bytes.count >= 2 {
            answer(text, line, end, &teller)
        } else if text.bytes.count >= 4 {
            command(text, line, end, isMarked: kind != nil, &teller)
        } else {
            // Of a prompt, or anything else.
            teller.other(line)
        }
    }

    mutating func ended(_ teller: inout LogTeller) { closeOpen(teller.account.lines, &teller) }

    private static func mark(_ line: LogLine) -> (start: Int, kind: Kind?) {
        let start = message(line)
        if line.has("T0: ", at: start), let place = line.find("TPDU: ", from: start) { return (place + 6, .part) }
        for mark in marks where line.has(mark.text, at: start) {
            var place = line.skipBlanks(start + mark.text.utf8CodeUnitCount)
            // pySim's own options stand before the command, each but one with a value.
            while line.has("--", at: place), let value = line.find(" ", from: place) {
                let end = line.has("--raw", at: place) ? value : line.find(" ", from: value + 1) ?? line.count
                place = line.skipBlanks(end)
            }
            return (place, mark.kind)
        }
        return (start, nil)
    }

    /// Where begins what is said: behind the words of pySim's logger.
    private static func message(_ line: LogLine) -> Int {
        let start = line.skipColours(line.skipBlanks(0))
        let place = line.has("pySim", at: start) ? line.find(" -- ", from: start).map { $0 + 4 } ?? start : start
        for level in levels where line.has(level, at: place) { return place + level.utf8CodeUnitCount }
        return start
    }

    /// Whether a line says whole what was told in parts, or begins to tell something in parts.
    private mutating func isToldAgain(
        _ text: HexText, _ kind: Kind?, _ line: LogLine, _ end: Int, _ teller: inout LogTeller
    ) -> Bool {
        switch (kind, told) {
        case (.part, _):
            if line.find("T0: case") != nil { told = .parts(text.bytes.prefix(4)) }
            return false
        case (.tracedCommand, .parts(let header)) where header == text.bytes.prefix(4) && line.isBlank(from: end):
            told = .whole(text.bytes)
            teller.redactor?.cut(command: text, isCounted: true)
            return true
        case (.tracedAnswer, .whole(let command)):
            told = nil
            guard let answer = Self.statusFirst(text, line, end, teller) else { return false }
            teller.redactor?.cut(answer: answer, to: command, isCounted: true)
            return true
        default:
            told = nil
            return false
        }
    }

    private func command(
        _ text: HexText, _ line: LogLine, _ end: Int, isMarked: Bool, _ teller: inout LogTeller
    ) {
        if !line.isTooLong, line.isBlank(from: end) {
            // scriptor shows each line that it reads before it shows what it sends.
            if isMarked, teller.waits(text.bytes) {
                teller.redactor?.cut(command: text)
                return
            }
            teller.command(text, session: Self.session, line: line.number)
            let command = CommandAPDU(text.bytes)
            // The first line may be the end of another one, and its first bytes no header.
            if line.number == 1, !isMarked, command.isMalformed || command.name() == .other {
                teller.redactor?.cutDigits(line)
            }
            return
        }
        for between in Self.betweens where line.has(between, at: end) {
            var answer = HexText()
            var start = line.skipBlanks(end + between.utf8CodeUnitCount)
            if line.has("(no data) ", at: start) { start += 10 }
            let stop = answer.read(line, at: start, separator: .any, notesPlaces: teller.redactor != nil)
            teller.command(text, session: Self.session, line: line.number)
            guard answer.bytes.count >= 2, line.isBlank(from: stop), !line.isTooLong else {
                teller.loseAnswer()
                return teller.unread(line, "no whole answer", from: start)
            }
            return teller.answer(answer, line: line.number)
        }
        // Words that happen to begin with hex digits, unless a mark says what it is.
        guard isMarked || line.isTooLong || HexDigit.value(line[end]) != nil && line.isBlank(from: end + 1) else {
            return teller.other(line)
        }
        teller.loseAnswer(isUnread: false)
        teller.unread(line, "no whole command")
    }

    private mutating func answer(_ text: HexText, _ line: LogLine, _ end: Int, _ teller: inout LogTeller) {
        if let answer = Self.statusFirst(text, line, end, teller) { return teller.answer(answer, line: line.number) }
        let isClosed =
            line[line.skipBlanks(end)] == UInt8(ascii: ":") || line[line.skipBlanks(end)] == UInt8(ascii: "(")
        if isClosed { return teller.answer(text, line: line.number) }
        guard !line.isTooLong, line.isBlank(from: end) else {
            teller.loseAnswer()
            return teller.unread(line, "no whole answer")
        }
        if text.bytes.count == Self.scriptorWidth, line[line.count - 1] == UInt8(ascii: " ") {
            teller.redactor?.hold(line, for: Self.speaker)
            open = text
        } else {
            teller.answer(text, line: line.number)
        }
    }

    /// `9000: DATA`: pySim has the status word first; nil for another form.
    private static func statusFirst(_ text: HexText, _ line: LogLine, _ end: Int, _ teller: LogTeller) -> HexText? {
        guard text.bytes.count == 2, line[end] == UInt8(ascii: ":") else { return nil }
        var data = HexText()
        let stop = data.read(
            line, at: line.skipBlanks(end + 1), separator: .any, notesPlaces: teller.redactor != nil)
        // Scriptor has words there.
        guard line.isBlank(from: stop) else { return text }
        return HexText(bytes: data.bytes + text.bytes, places: data.places + text.places)
    }

    /// A further line of scriptor's answer; false when it is none.
    private mutating func goOn(_ line: LogLine, _ teller: inout LogTeller) -> Bool {
        guard var text = open else { return false }
        let before = text.bytes.count
        let end = text.read(line, at: 0, notesPlaces: teller.redactor != nil)
        let count = text.bytes.count - before
        let isLast = line[line.skipBlanks(end)] == UInt8(ascii: ":")
        guard isLast || count == Self.scriptorWidth && line.isBlank(from: end), !line.isTooLong else {
            closeOpen(line.number - 1, &teller)
            return false
        }
        open = isLast ? nil : text
        guard isLast else { return true }
        teller.answer(text, line: line.number)
        teller.redactor?.release(Self.speaker)
        return true
    }

    private mutating func closeOpen(_ line: UInt64, _ teller: inout LogTeller) {
        guard let text = open else { return }
        open = nil
        teller.answer(text, line: line)
        teller.redactor?.release(Self.speaker)
    }
}
