internal import ProbeEvents

/// Reads what OpenSC writes with `OPENSC_DEBUG=9`: `Outgoing APDU (7 bytes):`, `Incoming APDU (2 bytes):`, and behind each
/// a dump, sixteen bytes a line with their letters.
///
/// The line before has the process, its thread, and the time of day to the millisecond; no day.
struct OpenSCLog: LogGrammar {
    private static let dumpWidth = 16
    private static let longestBytes = 65_548
    private static let dayNanoseconds: UInt64 = 86_400_000_000_000
    /// A log of more than a century is none.
    private static let longestNanoseconds = 36_525 * dayNanoseconds

    private struct Dump {
        enum Kind { case command, answer, other }

        var kind: Kind
        var rest: Int
        var line: UInt64
        var text = HexText()
    }

    private var dump: Dump?
    private var speaker: UInt64 = 0
    private var pid: Int32 = -1
    /// Sessions by process and reader.
    private var sessions: [String: UInt64] = [:]
    private var session: UInt64 = 0
    private var nanoseconds: UInt64?
    private var midnight: UInt64 = 0

    /// Whether a line is one of OpenSC's.
    static func isStatement(_ line: LogLine) -> Bool {
        line.has("Outgoing APDU (", at: 0) || line.has("Incoming APDU (", at: 0)
            || line.has("P:", at: 0) && line.find("; T:0x") != nil
    }

    mutating func read(_ line: LogLine, _ teller: inout LogTeller) {
        if dump != nil, readDump(line, &teller) { return }
        switch line[0] {
        case UInt8(ascii: "O") where line.has("Outgoing APDU (", at: 0): begin(.command, line, 15, &teller)
        case UInt8(ascii: "I") where line.has("Incoming APDU (", at: 0): begin(.answer, line, 15, &teller)
        case UInt8(ascii: "P"), UInt8(ascii: "0"):
            let end = line[line.count - 1] == 0x0D ? line.count - 2 : line.count - 1
            // What stands before a dump ends with a blank; the reader's name with a quote.
            if line[end] == UInt8(ascii: " ") || line[end] == UInt8(ascii: "'") { head(line, end, &teller) }
            teller.other(line)
        default:
            // `label (20 bytes):` begins a dump of anything.
            if line.number == 1 {
                // The end of a dump's line, perhaps.
                teller.redactor?.cutWhole(line)
            } else if line.has(" bytes):", at: line.count - 8), let count = Self.count(line) {
                dump = Dump(kind: .other, rest: count, line: line.number)
            } else {
                teller.other(line)
            }
        }
    }

    mutating func ended(_ teller: inout LogTeller) { cutDump(&teller) }

    // MARK: Dumps

    private mutating func begin(_ kind: Dump.Kind, _ line: LogLine, _ place: Int, _ teller: inout LogTeller) {
        guard let count = line.decimal(at: place), count.value > 0, count.value <= Self.longestBytes,
            line.has(" byte", at: count.end)
        else {
            teller.loseAnswer(of: speaker, isUnread: kind == .command)
            return teller.unread(line, "no number of bytes")
        }
        dump = Dump(kind: kind, rest: Int(count.value), line: line.number)
    }

    private static func count(_ line: LogLine) -> Int? {
        guard let open = (0..<line.count).last(where: { line[$0] == UInt8(ascii: "(") }),
            let count = line.decimal(at: open + 1), line.has(" bytes):", at: count.end)
        else { return nil }
        return Int(min(count.value, 1 << 24))
    }

    /// A line of the dump; false when it is none, and then the dump ends before its end.
    private mutating func readDump(_ line: LogLine, _ teller: inout LogTeller) -> Bool {
        guard var open = dump else { return false }
        dump = nil
        let wanted = min(open.rest, Self.dumpWidth)
        let before = open.text.bytes.count
        var text = open.kind == .other ? HexText() : open.text
        let end = text.read(line, at: 0, atMost: wanted, notesPlaces: teller.redactor != nil)
        let count = text.bytes.count - (open.kind == .other ? 0 : before)
        // The last column begins behind a full line's width.
        let letters = line.count - (line[line.count - 1] == 0x0D ? 1 : 0) - count
        guard count == wanted, !line.isTooLong, letters >= end else {
            dump = open
            cutDump(&teller)
            guard count > 0, line.isWhole else { return false }
            teller.redactor?.cutDigits(line)
            return true
        }
        if teller.redactor != nil { text.letters += (0..<count).map { line.offset + UInt64(letters + $0) } }
        open.rest -= count
        if open.kind == .other {
            teller.redactor?.cut(all: text)
        } else {
            teller.redactor?.hold(line, for: speaker)
            open.text = text
        }
        guard open.rest == 0 else {
            dump = open
            return true
        }
        switch open.kind {
        case .command:
            teller.command(open.text, speaker: speaker, session: session, line: open.line, at: nanoseconds)
        case .answer: teller.answer(open.text, speaker: speaker, line: open.line, at: nanoseconds)
        case .other: break
        }
        teller.redactor?.release(speaker)
        return true
    }

    /// A dump that ends before its end.
    private mutating func cutDump(_ teller: inout LogTeller) {
        guard let open = dump else { return }
        dump = nil
        teller.redactor?.cut(all: open.text)
        teller.redactor?.release(speaker)
        guard open.kind != .other else { return }
        teller.loseAnswer(of: speaker, isUnread: open.kind == .command)
        teller.unread(line: open.line, "fewer bytes than it says")
    }

    // MARK: Heads

    /// `P:19521; T:0x139928233183296 23:20:24.775 [opensc-tool] reader-pcsc.c:326:pcsc_transmit: `, or `…: reader 'NAME'`.
    /// Earlier versions begin with `0x7f35fa9ca740 `.
    private mutating func head(_ line: LogLine, _ end: Int, _ teller: inout LogTeller) {
        var place = 0
        var process: UInt64 = 0
        if line.has("P:", at: 0), let number = line.decimal(at: 2), line.has("; T:", at: number.end) {
            (process, place) = (number.value, number.end + 4)
        }
        guard line.has("0x", at: place), let thread = line.hexadecimal(at: place + 2),
            let time = Self.timeOfDay(line, thread.end + 1), line.has(" [", at: thread.end + 13),
            let close = line.find("] ", from: thread.end + 15)
        else { return }
        if let last = nanoseconds, last % Self.dayNanoseconds > time + Self.dayNanoseconds / 2,
            midnight < Self.longestNanoseconds
        {
            midnight += Self.dayNanoseconds
        }
        nanoseconds = midnight + time
        speaker = thread.value ^ process << 48
        let now = Int32(truncatingIfNeeded: process)
        if now != pid {
            pid = now
            let program = line.words((thread.end + 15)..<close)
            teller.client = ClientProcess(id: teller.client.id & ~0xFFFF_FFFF | process, pid: 0, program: program)
            session = 0
        }
        guard line[end] == UInt8(ascii: "'"), let name = line.find(": reader '", from: close) else { return }
        let reader = line.words((name + 10)..<end)
        let key = "\(pid) \(reader)"
        guard let known = sessions[key] else {
            if sessions.count >= 256 { sessions = [:] }
            session = (sessions.values.max() ?? 0) + 1
            sessions[key] = session
            return teller.begin(session, reader: reader)
        }
        session = known
    }

    /// `23:20:24.775`.
    private static func timeOfDay(_ line: LogLine, _ place: Int) -> UInt64? {
        guard let hours = line.decimal(at: place), hours.end == place + 2, line[hours.end] == UInt8(ascii: ":"),
            let minutes = line.decimal(at: place + 3), minutes.end == place + 5, line[minutes.end] == UInt8(ascii: ":"),
            let seconds = line.decimal(at: place + 6), seconds.end == place + 8, line[seconds.end] == UInt8(ascii: "."),
            let thousandths = line.decimal(at: place + 9), thousandths.end == place + 12
        else { return nil }
        let all = (hours.value * 60 + minutes.value) * 60 + seconds.value
        return (all * 1_000 + thousandths.value) * 1_000_000
    }
}
