internal import ProbeEvents

/// Reads what apdu4j's LoggingCardTerminal writes, as GlobalPlatformPro does with `-d`:
/// `A>> T=1 (4+0007) 00A40400 07 A0000000030000 00`, `A<< (0018+2) (34ms) 6F…A5… 9000`, behind `A#1` on logical channel 1,
/// `B>>` and `B<<` of bytes as they are, `# SCardConnect("NAME", T=*) -> T=1, ATR`, before March 2023 without `# `.
///
/// The time of an answer is how long it took, to the millisecond. When anything was is not said.
struct APDU4JLog: LogGrammar {
    private static let session: UInt64 = 1

    /// Whether a line is one of apdu4j's.
    static func isStatement(_ line: LogLine) -> Bool {
        line.has(">> ", at: behindChannel(line)) || line.has("<< ", at: behindChannel(line))
            || line.has("SCardConnect(\"", at: call(line))
    }

    /// Where stands what follows `A`, `B`, or `A#1` on a logical channel; no place where there is none of them.
    private static func behindChannel(_ line: LogLine) -> Int {
        guard line[0] == UInt8(ascii: "A") || line[0] == UInt8(ascii: "B") else { return -1 }
        return line[1] == UInt8(ascii: "#") ? line.decimal(at: 2)?.end ?? -1 : 1
    }

    /// Where the name of a call would stand.
    private static func call(_ line: LogLine) -> Int { line.has("# ", at: 0) ? 2 : 0 }

    /// What the durations came to so far.
    private var nanoseconds: UInt64 = 0

    mutating func read(_ line: LogLine, _ teller: inout LogTeller) {
        let (mark, name) = (Self.behindChannel(line), Self.call(line))
        if line.has(">> ", at: mark) {
            command(line, &teller)
        } else if line.has("<< ", at: mark) {
            answer(line, &teller)
        } else if line.has("<< ", at: 0) {
            failure(line, &teller)
        } else if line.has("SCardC", at: name) || line.has("SCardDisconnect(\"", at: name) {
            call(line, name, &teller)
        } else {
            teller.other(line)
        }
    }

    private func command(_ line: LogLine, _ teller: inout LogTeller) {
        // The lengths in brackets: header and data, or all of it.
        guard let open = line.find("("), let close = line.find(") ", from: open),
            let text = Self.text(line, close + 2, teller.redactor != nil), Self.fits(text, line, open, isAnswer: false)
        else {
            teller.loseAnswer(isUnread: true)
            return teller.unread(line, "no whole command", from: 3)
        }
        teller.command(text, session: Self.session, line: line.number, at: nanoseconds)
    }

    private mutating func answer(_ line: LogLine, _ teller: inout LogTeller) {
        var took: UInt64?
        guard let open = line.find("("), var close = line.find(")", from: open) else {
            return lose(line, &teller)
        }
        if line.has(" (", at: close + 1), let end = line.find(")", from: close + 2) {
            took = Self.duration(line, close + 3)
            close = end
        }
        guard line[close + 1] == UInt8(ascii: " "), let text = Self.text(line, close + 2, teller.redactor != nil),
            Self.fits(text, line, open, isAnswer: true)
        else { return lose(line, &teller) }
        // Half a millisecond says nothing when it is told as 0.
        let known = took.flatMap { $0 == 0 ? nil : $0 }
        nanoseconds &+= took ?? 0
        teller.answer(text, line: line.number, took: known)
    }

    private func lose(_ line: LogLine, _ teller: inout LogTeller) {
        teller.loseAnswer()
        teller.unread(line, "no whole answer", from: 3)
    }

    /// `<< (12ms) SCARD_W_REMOVED_CARD`, `<< Exception (12ms)`.
    private func failure(_ line: LogLine, _ teller: inout LogTeller) {
        guard teller.waits() else { return teller.other(line) }
        teller.loseAnswer()
        teller.unread(line, "a command that failed; its PC/SC code is not said")
    }

    /// Whether as many bytes are there as the brackets say.
    private static func fits(_ text: HexText, _ line: LogLine, _ open: Int, isAnswer: Bool) -> Bool {
        guard let first = line.decimal(at: open + 1) else { return false }
        let count = UInt64(text.bytes.count)
        guard line[first.end] == UInt8(ascii: "+"), let second = line.decimal(at: first.end + 1) else {
            return first.value == count
        }
        let sum = first.value &+ second.value
        // Lengths stand between header and data, and behind.
        return isAnswer ? count == sum : count >= sum && count <= sum &+ 6
    }

    private static func text(_ line: LogLine, _ start: Int, _ notesPlaces: Bool) -> HexText? {
        var text = HexText()
        let end = text.read(line, at: start, separator: .any, notesPlaces: notesPlaces)
        return text.bytes.isEmpty || line.isTooLong || !line.isBlank(from: end) ? nil : text
    }

    /// `34ms`, `1s200ms`.
    static func duration(_ line: LogLine, _ place: Int) -> UInt64? {
        guard let first = line.decimal(at: place), first.value < 1 << 32 else { return nil }
        if line.has("ms)", at: first.end) { return first.value * 1_000_000 }
        guard line[first.end] == UInt8(ascii: "s"), let rest = line.decimal(at: first.end + 1), rest.value < 1_000,
            line.has("ms)", at: rest.end)
        else { return nil }
        return first.value * 1_000_000_000 + rest.value * 1_000_000
    }

    /// `SCardConnect("NAME", T=*) -> T=1, 3B…`, `SCardDisconnect("NAME", true) …`, `SCardControl("NAME", 0x…, BYTES) -> BYTES`.
    private func call(_ line: LogLine, _ name: Int, _ teller: inout LogTeller) {
        guard let open = line.find("(\""), let close = line.find("\"", from: open + 2) else {
            return teller.other(line)
        }
        let reader = line.words((open + 2)..<close)
        if line.has("SCardDisconnect", at: name) {
            teller.close(Self.session, at: nanoseconds)
        } else if line.has("SCardConnect", at: name) {
            guard let arrow = line.find(") -> T=", from: close) else { return teller.other(line) }
            let isT1 = line[arrow + 7] == UInt8(ascii: "1")
            let isKnown = isT1 || line[arrow + 7] == UInt8(ascii: "0")
            teller.open(
                Self.session, reader: reader, activeProtocol: isKnown ? isT1 ? .t1 : .t0 : .unknown, at: nanoseconds)
            var atr = HexText()
            if line.has(", ", at: arrow + 8) {
                _ = atr.read(line, at: arrow + 10, separator: .none, notesPlaces: false)
            }
            teller.identify(reader: reader, atr: atr.bytes, at: nanoseconds)
        } else {
            // What a reader is told may be a PIN.
            guard let code = line.find(", 0x", from: close), let end = line.find(",", from: code + 4) else {
                return teller.other(line)
            }
            teller.redactor?.cutDigits(line, from: end)
        }
    }
}
