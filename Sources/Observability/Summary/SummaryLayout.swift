/// Lines of the summary: parts set behind a label, wrapped to a width, coloured or not.
package struct SummaryLayout: Sendable {
    /// How a part looks on a terminal that has colours.
    package enum Style: String, Sendable {
        case plain = ""
        case bold = "1"
        case dim = "2"
        case alarm = "31"
        case notice = "33"
        case good = "32"
        case heading = "36"
    }

    /// A piece of a line that is never broken.
    package struct Part: Sendable {
        package var text: String
        package var style = Style.plain

        package init(_ text: String, _ style: Style = .plain) {
            self.text = text
            self.style = style
        }
    }

    /// Width of the screen.
    package var columns: Int
    /// Whether escape sequences for colours are written.
    package var isColoured: Bool

    /// A layout from its parts.
    package init(columns: Int, isColoured: Bool) {
        self.columns = columns
        self.isColoured = isColoured
    }

    /// Columns before the parts: a blank, the label, blanks.
    static let labelColumns = 10

    /// A part as it is written.
    package func painted(_ part: Part) -> String {
        isColoured && part.style != .plain ? "\u{1B}[\(part.style.rawValue)m\(part.text)\u{1B}[0m" : part.text
    }

    /// Parts behind a label on at most `limit` lines; the last part then says how many there is no room for.
    func labelled(_ label: String, _ parts: [Part], separator: String = "   ", limit: Int = 2) -> [String] {
        let head = " " + label + String(repeating: " ", count: max(1, Self.labelColumns - 1 - label.count))
        let indent = String(repeating: " ", count: Self.labelColumns)
        for shown in stride(from: parts.count, through: 1, by: -1) {
            let more = shown < parts.count ? [Part("… \(parts.count - shown) more", .dim)] : []
            let lines = wrapped(Array(parts.prefix(shown)) + more, separator, indent: Self.labelColumns)
            guard lines.count <= limit || shown == 1 else { continue }
            return lines.prefix(limit).enumerated().map {
                ($0.offset == 0 ? painted(Part(head, .dim)) : indent) + $0.element
            }
        }
        return []
    }

    /// Words behind a label; what there is no room for is cut.
    func sentence(_ label: String, _ text: String, _ style: Style = .plain, limit: Int = 2) -> [String] {
        let words = text.split(separator: " ").map { Part(String($0), style) }
        let head = " " + label + String(repeating: " ", count: max(1, Self.labelColumns - 1 - label.count))
        let indent = String(repeating: " ", count: Self.labelColumns)
        return wrapped(words, " ", indent: Self.labelColumns).prefix(limit).enumerated().map {
            ($0.offset == 0 ? painted(Part(head, .dim)) : indent) + $0.element
        }
    }

    /// Parts in as few lines as hold them; a part that is longer than a line is cut.
    func wrapped(_ parts: [Part], _ separator: String, indent: Int) -> [String] {
        let room = max(8, columns - indent)
        var lines: [String] = []
        var used = 0
        for part in parts {
            let part = Part(Self.clipped(part.text, to: room), part.style)
            let width = Self.width(of: part.text)
            if !lines.isEmpty && used + separator.count + width <= room {
                lines[lines.count - 1] += separator + painted(part)
                used += separator.count + width
            } else {
                lines.append(painted(part))
                used = width
            }
        }
        return lines
    }

    /// The text on that many columns at most.
    package static func clipped(_ text: String, to columns: Int) -> String {
        guard width(of: text) > columns else { return text }
        var kept = text
        while !kept.isEmpty && width(of: kept) > columns - 1 { kept.removeLast() }
        return kept + "…"
    }

    /// How many columns of a terminal a text takes.
    package static func width(of text: String) -> Int {
        text.unicodeScalars.reduce(0) { $0 + (isWide($1) ? 2 : 1) }
    }

    /// The blocks that terminals show in two columns (Unicode Standard Annex 11: W and F).
    private static func isWide(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
            0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
            true
        default: false
        }
    }
}
