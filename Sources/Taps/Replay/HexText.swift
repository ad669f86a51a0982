/// Hex digits.
enum HexDigit {
    /// What a digit stands for; nil for another character.
    @inline(__always)
    static func value(_ digit: UInt8) -> UInt8? {
        let number = digit &- 0x30
        if number < 10 { return number }
        let letter = (digit | 0x20) &- 0x61
        return letter < 6 ? letter + 10 : nil
    }
}

/// Bytes that a log has in hex.
struct HexText {
    /// What may stand between two bytes.
    enum Separator {
        /// A blank behind each byte.
        case blank
        /// Nothing.
        case none
        /// Nothing, or blanks.
        case any
    }

    /// The bytes.
    var bytes: [UInt8] = []
    /// Where in the log the first digit of each byte stands; empty where nobody wants to know.
    var places: [UInt64] = []
    /// Where in a dump's last column the letter of each byte stands.
    var letters: [UInt64] = []

    /// Reads pairs of digits from a place on, at most so many; returns where it ended. A digit without a second one is not
    /// read.
    mutating func read(
        _ line: LogLine, at place: Int, separator: Separator = .blank, atMost limit: Int = .max, notesPlaces: Bool
    ) -> Int {
        var place = place
        let first = bytes.count
        if limit == .max { bytes.reserveCapacity(bytes.count + (line.count - place) / 3 + 1) }
        while bytes.count - first < limit {
            guard place + 1 < line.count, let high = HexDigit.value(line.bytes[place]),
                let low = HexDigit.value(line.bytes[place + 1])
            else { break }
            bytes.append(high << 4 | low)
            if notesPlaces { places.append(line.offset + UInt64(place)) }
            place += 2
            guard separator != .none else { continue }
            if place < line.count, line.bytes[place] == UInt8(ascii: " ") {
                place += 1
                if separator == .any { place = line.skipBlanks(place) }
            } else if separator == .blank {
                break
            }
        }
        return place
    }
}
