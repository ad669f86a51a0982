/// The values of an answer's line: what stands behind its prefix, parted by commas.
struct ATFields: Sendable, Equatable {
    /// A value.
    struct Value: Sendable, Equatable {
        var text: String
        /// Whether it stood in quotes.
        var isQuoted = false
    }

    /// More of a line are not read.
    private static let limit = 64

    let values: [Value]

    /// The values of a line with this prefix, `+CSQ`; nil for another line.
    init?(_ line: String, prefix: String) {
        guard line.hasPrefix(prefix) else { return nil }
        let rest = line.dropFirst(prefix.count).drop { $0 == " " }
        guard rest.first == ":" else { return nil }
        self.init(rest.dropFirst())
    }

    /// The values of a text.
    init(_ text: some StringProtocol) {
        var values: [Value] = []
        var value = Value(text: "")
        var isInside = false
        for character in text.utf8 {
            switch character {
            case UInt8(ascii: "\""):
                isInside.toggle()
                value.isQuoted = true
            case UInt8(ascii: ",") where !isInside:
                values.append(value)
                value = Value(text: "")
            case UInt8(ascii: " ") where !isInside: break
            // Answers are ASCII, a name in them perhaps not: what is no character is not needed.
            default: value.text.unicodeScalars.append(Unicode.Scalar(character))
            }
            guard values.count < Self.limit else { break }
        }
        if values.count < Self.limit { values.append(value) }
        self.values = values
    }

    var count: Int { values.count }

    /// The text of a value; nil where there is none or it is empty.
    func text(_ place: Int) -> String? {
        guard values.indices.contains(place), !values[place].text.isEmpty else { return nil }
        return values[place].text
    }

    func integer(_ place: Int) -> Int? { text(place).flatMap { Int($0) } }

    /// A number with or without a fraction.
    func number(_ place: Int) -> Double? {
        guard let value = text(place).flatMap({ Double($0) }), value.isFinite else { return nil }
        return value
    }

    /// A number of one or two digits that stands without quotes: a state or an access technology, and no area.
    func small(_ place: Int) -> Int? {
        guard values.indices.contains(place), !values[place].isQuoted, (1...2).contains(values[place].text.count) else {
            return nil
        }
        return Int(values[place].text)
    }

    /// The first line of an answer with this prefix.
    static func first(_ lines: [String], _ prefix: String) -> ATFields? {
        lines.lazy.compactMap { ATFields($0, prefix: prefix) }.first
    }
}
