internal import Glibc

/// A line of a log, valid while it is read: its bytes without line feed, and where it stands.
struct LogLine {
    let bytes: UnsafeRawBufferPointer
    /// Counted from 1.
    let number: UInt64
    /// Of its first byte in the log.
    let offset: UInt64
    /// Whether a line feed ended it; only the last line of a log may have none.
    let isWhole: Bool
    /// Whether it is only the begin of a line that is longer than lines are.
    let isTooLong: Bool

    var count: Int { bytes.count }

    /// A byte; 0 where there is none.
    subscript(_ place: Int) -> UInt8 { place >= 0 && place < bytes.count ? bytes[place] : 0 }

    /// Whether these letters stand there.
    @inline(__always)
    func has(_ text: StaticString, at place: Int) -> Bool {
        let length = text.utf8CodeUnitCount
        guard place >= 0, bytes.count - place >= length, let start = bytes.baseAddress else { return false }
        return memcmp(start + place, text.utf8Start, length) == 0
    }

    /// Where these letters stand first.
    func find(_ text: StaticString, from place: Int = 0) -> Int? {
        guard var place = place >= 0 ? place : nil, let start = bytes.baseAddress else { return nil }
        while place < bytes.count, let found = memchr(start + place, Int32(text.utf8Start[0]), bytes.count - place) {
            place = UnsafeRawPointer(found) - start
            if has(text, at: place) { return place }
            place += 1
        }
        return nil
    }

    /// The first place from there on that has no blank.
    func skipBlanks(_ place: Int) -> Int {
        var place = place
        while self[place] == UInt8(ascii: " ") || self[place] == UInt8(ascii: "\t") { place += 1 }
        return place
    }

    /// Behind escape sequences for colours that stand there.
    func skipColours(_ place: Int) -> Int {
        var place = place
        while self[place] == 0x1B, self[place + 1] == UInt8(ascii: "[") {
            var end = place + 2
            while end < count, !(0x40...0x7E).contains(self[end]) { end += 1 }
            place = end + 1
        }
        return place
    }

    /// A decimal number of at most 19 digits and where it ends; nil where none stands.
    func decimal(at place: Int) -> (value: UInt64, end: Int)? {
        var value: UInt64 = 0
        var end = place
        while end - place < 19, (0x30...0x39).contains(self[end]) {
            value = value * 10 + UInt64(self[end] - 0x30)
            end += 1
        }
        return end > place ? (value, end) : nil
    }

    /// A number of at most 16 hex digits and where it ends; nil where none stands.
    func hexadecimal(at place: Int) -> (value: UInt64, end: Int)? {
        var value: UInt64 = 0
        var end = place
        while end - place < 16, let digit = HexDigit.value(self[end]) {
            value = value << 4 | UInt64(digit)
            end += 1
        }
        return end > place ? (value, end) : nil
    }

    /// Whether nothing but blanks, a carriage return and colours stand from there on.
    func isBlank(from place: Int) -> Bool {
        var place = place
        while place < count {
            let next = skipColours(skipBlanks(place))
            guard next > place || self[place] == 0x0D else { return false }
            place = max(next, place + 1)
        }
        return true
    }

    /// What stands between two places, as text of at most 255 bytes; control characters become `?`.
    func words(_ range: Range<Int>) -> String {
        let range = range.clamped(to: 0..<count).prefix(255)
        return text(UnsafeRawBufferPointer(rebasing: bytes[range.startIndex..<range.endIndex]))
    }
}

/// Cuts a log into lines. Those that lie whole in a piece are not copied, and of one that is too long only the begin is
/// kept.
struct LogLines {
    /// A command and its answer have at most 65,548 bytes each, three characters a byte.
    static let longestBytes = 1 << 19

    private var partial: [UInt8] = []
    private var number: UInt64 = 0
    private var offset: UInt64 = 0
    /// Whether what comes belongs to a line whose begin was told as too long.
    private var isInLongLine = false

    /// The lines that these bytes complete. A line that is too long comes in pieces.
    mutating func received(_ piece: UnsafeRawBufferPointer, _ body: (LogLine) -> Void) {
        guard let base = piece.baseAddress else { return }
        var start = 0
        while let found = memchr(base + start, 0x0A, piece.count - start) {
            let end = UnsafeRawPointer(found) - base
            let line = UnsafeRawBufferPointer(start: base + start, count: end - start)
            if partial.isEmpty {
                tell(line, isWhole: true, body)
            } else {
                partial.append(contentsOf: line)
                tellPartial(isWhole: true, body)
            }
            start = end + 1
            if start == piece.count { return }
        }
        partial.append(contentsOf: UnsafeRawBufferPointer(rebasing: piece[start...]))
        if partial.count > Self.longestBytes { tellPartial(isWhole: false, body) }
    }

    /// The last line, where it has no line feed.
    mutating func ended(_ body: (LogLine) -> Void) {
        if !partial.isEmpty { tellPartial(isWhole: false, body) }
    }

    private mutating func tellPartial(isWhole: Bool, _ body: (LogLine) -> Void) {
        let bytes = partial
        partial = []
        bytes.withUnsafeBytes { tell($0, isWhole: isWhole, body) }
    }

    private mutating func tell(_ bytes: UnsafeRawBufferPointer, isWhole: Bool, _ body: (LogLine) -> Void) {
        if !isInLongLine { number += 1 }
        let isTooLong = isInLongLine || bytes.count > Self.longestBytes
        isInLongLine = !isWhole
        body(LogLine(bytes: bytes, number: number, offset: offset, isWhole: isWhole, isTooLong: isTooLong))
        offset += UInt64(bytes.count) + (isWhole ? 1 : 0)
    }
}
