package import Observability

/// One line of a screen, whose width is known before it is coloured.
package struct ScreenLine: Sendable {
    package typealias Part = SummaryLayout.Part

    private(set) var parts: [Part]

    /// A line of these.
    package init(_ parts: [Part] = []) { self.parts = parts }

    /// A line of one text.
    package init(_ text: String, _ style: SummaryLayout.Style = .plain) { parts = [Part(text, style)] }

    /// Columns that it takes.
    var width: Int { parts.reduce(0) { $0 + SummaryLayout.width(of: $1.text) } }

    static func + (first: ScreenLine, second: ScreenLine) -> ScreenLine { ScreenLine(first.parts + second.parts) }

    /// The line on that many columns at most.
    package func clipped(to columns: Int) -> ScreenLine {
        guard width > columns else { return self }
        var kept: [Part] = []
        var left = columns
        for part in parts where left > 0 {
            let text = SummaryLayout.clipped(part.text, to: left)
            kept.append(Part(text, part.style))
            left -= SummaryLayout.width(of: part.text)
        }
        return ScreenLine(kept)
    }

    /// The line on exactly that many columns.
    func filled(to columns: Int) -> ScreenLine {
        let line = clipped(to: columns)
        return line + ScreenLine(String(repeating: " ", count: max(0, columns - line.width)))
    }

    /// With another one set right on the same line; what has no room for both keeps the first.
    func justified(with other: ScreenLine, columns: Int) -> ScreenLine {
        guard width + 2 + other.width <= columns else { return clipped(to: columns) }
        return filled(to: columns - other.width) + other
    }

    /// Lines as terminals get them.
    package func painted(_ layout: SummaryLayout) -> String {
        var text = parts.map(layout.painted).joined()
        // Blanks at the end of a coloured line are its own.
        while text.hasSuffix(" ") { text.removeLast() }
        return text
    }

    /// Groups one behind the other on as few lines as hold them, behind a label.
    package static func wrapped(_ label: String, _ groups: [[Part]], columns: Int) -> [ScreenLine] {
        let indent = label.count
        var lines: [ScreenLine] = []
        for group in groups {
            let group = ScreenLine(group).clipped(to: columns - indent)
            if let last = lines.last, last.width + 3 + group.width <= columns {
                lines[lines.count - 1] = last + ScreenLine("   ") + group
            } else {
                let head = lines.isEmpty ? label : String(repeating: " ", count: indent)
                lines.append(ScreenLine(head, .heading) + group)
            }
        }
        return lines
    }
}
