internal import ProbeEvents

/// Reads what pcscd writes with `--apdu`: microseconds since the line before, then `APDU:` or `SW:` and bytes.
///
/// With `--debug` it names readers and protocols too. It does not say which client's session a command belongs to, so that
/// no session is told.
struct PCSCDLog: LogGrammar {
    /// The speaker of lines without a thread.
    private static let nobody: UInt64 = 0

    private var microseconds: UInt64 = 0
    /// pcscd's number for the client that was heard last; its last connection stands for all that it has.
    private var session: UInt64 = 0
    private var reader = ""

    /// Whether a line is one of pcscd's.
    static func isStatement(_ line: LogLine) -> Bool { Header(line).map { $0.digits >= 8 } ?? false }

    mutating func read(_ line: LogLine, _ teller: inout LogTeller) {
        guard let header = Header(line) else { return teller.other(line) }
        microseconds &+= header.microseconds
        switch line[header.end] {
        case UInt8(ascii: "A") where line.has("APDU: ", at: header.end): command(line, header, &teller)
        case UInt8(ascii: "S") where line.has("SW: ", at: header.end): answer(line, header, &teller)
        case UInt8(ascii: "C") where line.has("Card ATR: ", at: header.end): identify(line, header, &teller)
        case UInt8(ascii: "w") where line.has("winscard.c:", at: header.end):
            connect(line, header.end, &teller)
            teller.other(line)
        // What a reader is told may be a PIN.
        case UInt8(ascii: "T") where line.has("TxBuffer ", at: header.end),
            UInt8(ascii: "R") where line.has("RxBuffer ", at: header.end):
            teller.redactor?.cutDigits(line, from: header.end + 9)
        case UInt8(ascii: "e") where line.has("eventhandler.c:", at: header.end):
            if let words = line.find("() Card inserted into ", from: header.end) {
                reader = line.words((words + 22)..<line.count)
            }
            teller.other(line)
        case UInt8(ascii: "w") where line.has("winscard_svc.c:", at: header.end):
            hear(line, header.end)
            teller.other(line)
        default: teller.other(line)
        }
    }

    private func command(_ line: LogLine, _ header: Header, _ teller: inout LogTeller) {
        let start = header.end + 6
        guard let text = Self.text(line, start, teller.redactor != nil) else {
            teller.loseAnswer(of: header.thread, isUnread: true)
            return teller.unread(line, "no whole command behind APDU:", from: start)
        }
        teller.command(
            text, speaker: header.thread, session: session, line: line.number, at: microseconds &* 1_000)
    }

    private func answer(_ line: LogLine, _ header: Header, _ teller: inout LogTeller) {
        let start = header.end + 4
        guard let text = Self.text(line, start, teller.redactor != nil) else {
            teller.loseAnswer(of: header.thread)
            return teller.unread(line, "no whole answer behind SW:", from: start)
        }
        teller.answer(text, speaker: header.thread, line: line.number, at: microseconds &* 1_000)
    }

    private func identify(_ line: LogLine, _ header: Header, _ teller: inout LogTeller) {
        guard let text = Self.text(line, header.end + 10, false) else { return teller.other(line) }
        teller.identify(reader: reader, atr: text.bytes, at: microseconds &* 1_000)
    }

    private static func text(_ line: LogLine, _ start: Int, _ notesPlaces: Bool) -> HexText? {
        var text = HexText()
        let end = text.read(line, at: start, notesPlaces: notesPlaces)
        return text.bytes.isEmpty || line.isTooLong || !line.isBlank(from: end) ? nil : text
    }

    /// `winscard.c:258:SCardConnect() Attempting Connect to READER using protocol: 3`, then `Active Protocol: T=0`.
    private mutating func connect(_ line: LogLine, _ start: Int, _ teller: inout LogTeller) {
        guard let colon = line.find(":", from: start + 11), line.has("SCardConnect() A", at: colon + 1) else { return }
        let words = colon + 16
        if line.has("Attempting Connect to ", at: words), let end = line.find(" using protocol: ", from: words) {
            reader = line.words((words + 22)..<end)
            teller.begin(session, reader: reader)
        } else if line.has("Active Protocol: T=", at: words) {
            let isT1 = line[words + 19] == UInt8(ascii: "1")
            teller.begin(session, reader: reader, activeProtocol: isT1 ? .t1 : .t0)
        }
    }

    /// `winscard_svc.c:361:ContextThread() Received command: TRANSMIT from client 11`.
    private mutating func hear(_ line: LogLine, _ start: Int) {
        guard let words = line.find("() Received command: ", from: start),
            let name = line.find(" from client ", from: words), let number = line.decimal(at: name + 13)
        else { return }
        session = number.value
    }

    /// What stands before each line's words: `00000041 `, with a thread and colours where it is a terminal's, behind a
    /// system log's own.
    private struct Header {
        var microseconds: UInt64
        var digits: Int
        var thread: UInt64 = PCSCDLog.nobody
        var end: Int

        init?(_ line: LogLine) {
            var start = line.skipColours(0)
            if !(0x30...0x39).contains(line[start]) {
                guard let colon = line.find("]: "), colon < 128 else { return nil }
                start = line.skipColours(colon + 3)
            }
            guard let time = line.decimal(at: start) else { return nil }
            end = line.skipColours(time.end)
            guard line[end] == UInt8(ascii: " ") else { return nil }
            (microseconds, digits) = (time.value, time.end - start)
            end = line.skipColours(end + 1)
            if line[end] == UInt8(ascii: "["), let number = line.decimal(at: end + 1),
                line.has("] ", at: number.end)
            {
                thread = number.value
                end = line.skipColours(number.end + 2)
            }
        }
    }
}
