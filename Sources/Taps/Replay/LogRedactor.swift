package import SmartCard

/// What was cut out of a log.
package struct LogCuts: Sendable, Hashable {
    /// Bytes of commands and answers.
    package var bytes: UInt64 = 0
    /// Commands of which some were cut, in command or answer, by name.
    package var commands: [CommandName: UInt64] = [:]
    /// Further lines with bytes in hex, which cannot be judged.
    package var otherLines: UInt64 = 0

    /// Whether the log is as it was.
    package var isNothing: Bool { commands.isEmpty && otherLines == 0 }
}

/// Writes a log again with zeros in the place of what may not leave: each digit of a byte that is cut becomes `0`, and its
/// letter in a dump's last column a dot. Everything else stays as it is.
struct LogRedactor {
    /// Runs of so many bytes in lines that are no commands are cut.
    private static let longestRun = 7
    /// What is held back at most until it is known what it is, bytes.
    private static let heldLimit = 4 << 20

    let level: Redaction.Level
    private var buffer: [UInt8] = []
    /// Where in the log the buffer begins.
    private var start: UInt64 = 0
    /// From where on something is not decided, by who speaks.
    private var holds: [UInt64: UInt64] = [:]
    private(set) var cuts = LogCuts()

    init(level: Redaction.Level) { self.level = level }

    // MARK: What comes and goes

    mutating func append(_ line: LogLine) {
        buffer.append(contentsOf: line.bytes)
        if line.isWhole { buffer.append(0x0A) }
    }

    /// Keeps a line here, and all behind it, until it is decided what is cut of it.
    mutating func hold(_ line: LogLine, for speaker: UInt64) {
        if holds[speaker] == nil { holds[speaker] = line.offset }
    }

    /// It is decided.
    mutating func release(_ speaker: UInt64) { holds[speaker] = nil }

    /// What of it may go, and goes; what is held too long goes without any hex digit.
    mutating func take(isEnd: Bool = false) -> [UInt8] {
        if isEnd || buffer.count > Self.heldLimit, let first = holds.values.min() {
            blankDigits(first..<(start + UInt64(buffer.count)))
            holds = [:]
        }
        let end = Int((holds.values.min() ?? start + UInt64(buffer.count)) - start)
        guard end < buffer.count else {
            defer { buffer.removeAll(keepingCapacity: true) }
            start += UInt64(buffer.count)
            return buffer
        }
        let ready = Array(buffer[..<end])
        buffer.removeSubrange(..<end)
        start += UInt64(end)
        return ready
    }

    // MARK: What is cut

    /// Cuts a command; one that the log has twice is counted once.
    mutating func cut(command text: HexText, isCounted: Bool = false) {
        let kept = Redaction.kept(command: text.bytes, response: [], level: level).command
        count(blank(text, kept), of: text.bytes, isCounted: isCounted)
    }

    /// Cuts the answer to a command.
    mutating func cut(answer text: HexText, to command: [UInt8], isCounted: Bool = false) {
        let kept = Redaction.kept(command: command, response: text.bytes, level: level).response
        let isCommandCut = Redaction.kept(command: command, response: [], level: level).command != command
        count(blank(text, kept), of: command, isCounted: isCounted || isCommandCut)
    }

    /// Cuts every byte.
    mutating func cut(all text: HexText) {
        if blank(text, []) > 0 { cuts.otherLines += 1 }
    }

    /// Cuts each hex digit of a line from a place on.
    mutating func cutDigits(_ line: LogLine, from place: Int = 0) {
        if blankDigits((line.offset + UInt64(place))..<(line.offset + UInt64(line.count))) { cuts.otherLines += 1 }
    }

    /// Cuts longer runs of bytes in a line that is no command's, but for an ATR, and all of a line that has nothing but hex
    /// digits. The first line may be the end of a dump's: then nothing of it stays.
    mutating func cutRuns(_ line: LogLine) {
        guard line.find("ATR") == nil else { return }
        if HexRun.isAll(line) { return cutDigits(line) }
        var isCut = false
        var place = 0
        while let run = HexRun(line, from: place) {
            place = run.end
            let isEndOfDump = line.number == 1 && run.start < 3 && run.isSpaced
            guard isEndOfDump || run.bytes > Self.longestRun else { continue }
            if isEndOfDump { return cutWhole(line) }
            if blankDigits((line.offset + UInt64(run.start))..<(line.offset + UInt64(run.end))) { isCut = true }
            if let letters = run.letters { blankLetters(letters, line) }
        }
        if isCut { cuts.otherLines += 1 }
    }

    /// Cuts every digit of a line, and makes a dot of everything else but blanks.
    mutating func cutWhole(_ line: LogLine) {
        for place in 0..<line.count where line[place] > 0x20 {
            let isDigit = HexDigit.value(line[place]) != nil
            set(UInt8(ascii: isDigit ? "0" : "."), at: line.offset + UInt64(place))
        }
        cuts.otherLines += 1
    }

    /// Counts bytes that were cut of a command or its answer; a command that was counted once is not counted again.
    private mutating func count(_ bytes: Int, of command: [UInt8], isCounted: Bool = false) {
        cuts.bytes += UInt64(bytes)
        guard bytes > 0, !isCounted else { return }
        cuts.commands[CommandAPDU(command).name(), default: 0] += 1
    }

    /// Writes zeros in the place of bytes that are not kept; how many that changed.
    private mutating func blank(_ text: HexText, _ kept: [UInt8]) -> Int {
        var count = 0
        for (index, place) in text.places.enumerated() {
            let byte = text.bytes[index]
            guard byte != (index < kept.count ? kept[index] : 0) else { continue }
            count += 1
            set(UInt8(ascii: "0"), at: place)
            set(UInt8(ascii: "0"), at: place + 1)
            if index < text.letters.count { set(UInt8(ascii: "."), at: text.letters[index]) }
        }
        return count
    }

    @discardableResult
    private mutating func blankDigits(_ range: Range<UInt64>) -> Bool {
        var isCut = false
        for place in range where place >= start && place - start < UInt64(buffer.count) {
            let index = Int(place - start)
            guard HexDigit.value(buffer[index]) != nil else { continue }
            if buffer[index] != UInt8(ascii: "0") { isCut = true }
            buffer[index] = UInt8(ascii: "0")
        }
        return isCut
    }

    private mutating func blankLetters(_ range: Range<Int>, _ line: LogLine) {
        for place in range { set(UInt8(ascii: "."), at: line.offset + UInt64(place)) }
    }

    private mutating func set(_ byte: UInt8, at place: UInt64) {
        guard place >= start, place - start < UInt64(buffer.count) else { return }
        buffer[Int(place - start)] = byte
    }
}

/// Bytes in hex in any line, with nothing, a blank or a colon between each two.
private struct HexRun {
    var start: Int
    var end: Int
    var bytes: Int
    /// Whether something stands between each two.
    var isSpaced: Bool
    /// The letters of a dump behind it.
    var letters: Range<Int>?

    /// Whether a line has hex digits and blanks, and nothing else.
    static func isAll(_ line: LogLine) -> Bool {
        var digits = 0
        for place in 0..<line.count {
            if HexDigit.value(line[place]) != nil {
                digits += 1
            } else if line[place] != UInt8(ascii: " "), line[place] != 0x0D, line[place] != UInt8(ascii: "\t") {
                return false
            }
        }
        return digits > 1
    }

    /// The next run.
    init?(_ line: LogLine, from place: Int) {
        var place = place
        while place + 1 < line.count {
            let isBegin = place == 0 || HexDigit.value(line.bytes[place - 1]) == nil
            guard isBegin, Self.isByte(line, place) else {
                place += 1
                continue
            }
            self.init(line, at: place)
            return
        }
        return nil
    }

    private init(_ line: LogLine, at place: Int) {
        (start, end, bytes) = (place, place + 2, 1)
        let between = line[end]
        let isDense = HexDigit.value(between) != nil
        if isDense {
            while HexDigit.value(line[end]) != nil { end += 1 }
            // An IMSI has fifteen digits, and so has the number of a thread: `0x140187…`.
            let isAddress = line[start - 1] == UInt8(ascii: "x")
            bytes = (end - start + (isAddress ? 0 : 1)) / 2
        } else if between == UInt8(ascii: " ") || between == UInt8(ascii: ":") {
            while line[end] == between, Self.isByte(line, end + 1), HexDigit.value(line[end + 3]) == nil {
                end += 3
                bytes += 1
            }
        }
        isSpaced = between == UInt8(ascii: " ") || between == UInt8(ascii: ":")
        let rest = line.skipBlanks(end)
        let tail = rest..<(line.count - (line[line.count - 1] == 0x0D ? 1 : 0))
        letters = !isDense && rest > end && tail.count == bytes ? tail : nil
    }

    private static func isByte(_ line: LogLine, _ place: Int) -> Bool {
        HexDigit.value(line[place]) != nil && HexDigit.value(line[place + 1]) != nil
    }
}
