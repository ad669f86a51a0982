package import Observability

/// Rows in aligned columns, which give way where there is little room.
package struct ScreenTable: Sendable {
    /// A column.
    package struct Column: Sendable {
        package var title: String
        /// Whether it is set right.
        package var isNumber: Bool
        /// Columns of the screen that it can do with; nil for all that it has.
        package var least: Int?
        /// Whether it is left out where there is no room; the last such goes first.
        package var isOptional: Bool

        /// A column from its parts.
        package init(title: String, isNumber: Bool = false, least: Int? = nil, isOptional: Bool = false) {
            (self.title, self.isNumber, self.least, self.isOptional) = (title, isNumber, least, isOptional)
        }
    }

    package var columns: [Column]
    package var rows: [[SummaryLayout.Part]]

    private static let gap = 2

    /// A table from its parts.
    package init(columns: [Column], rows: [[SummaryLayout.Part]]) { (self.columns, self.rows) = (columns, rows) }

    /// The heading and that many lines of rows; the last one tells how many there is no room for.
    package func lines(rows limit: Int, width: Int) -> [ScreenLine] {
        let table = fitting(width)
        let shown = rows.count <= limit ? rows.count : max(0, limit - 1)
        let widths = table.widths(for: width)
        let heading = table.columns.map { SummaryLayout.Part($0.title, .heading) }
        var lines = ([heading] + table.rows.prefix(shown)).map { table.line($0, widths) }
        if shown < rows.count { lines.append(ScreenLine(" … \(rows.count - shown) more", .dim)) }
        return lines
    }

    private func line(_ cells: [SummaryLayout.Part], _ widths: [Int]) -> ScreenLine {
        var parts = [SummaryLayout.Part(" ")]
        for (index, cell) in cells.enumerated() {
            let text = SummaryLayout.clipped(cell.text, to: widths[index])
            let blanks = String(repeating: " ", count: widths[index] - SummaryLayout.width(of: text))
            if index > 0 { parts.append(.init(String(repeating: " ", count: Self.gap))) }
            let cell = SummaryLayout.Part(text, cell.style)
            parts += columns[index].isNumber ? [.init(blanks), cell] : [cell, .init(blanks)]
        }
        return ScreenLine(parts)
    }

    /// Without the optional columns that there is no room for.
    private func fitting(_ width: Int) -> ScreenTable {
        var table = self
        while table.leastWidth > width, let last = table.columns.lastIndex(where: \.isOptional) {
            table.columns.remove(at: last)
            for row in table.rows.indices { table.rows[row].remove(at: last) }
        }
        return table
    }

    private var natural: [Int] {
        columns.indices.map { column in
            rows.reduce(SummaryLayout.width(of: columns[column].title)) {
                max($0, SummaryLayout.width(of: $1[column].text))
            }
        }
    }

    private var leastWidth: Int {
        let widths = zip(columns, natural).map { min($0.least ?? $1, $1) }
        return 1 + widths.reduce(0, +) + Self.gap * max(0, columns.count - 1)
    }

    /// The widest column that can gives way first; the first that can takes what is left.
    private func widths(for width: Int) -> [Int] {
        var widths = natural
        func spare() -> Int { width - 1 - widths.reduce(0, +) - Self.gap * max(0, columns.count - 1) }
        while spare() < 0 {
            let yielding = widths.indices.filter { widths[$0] > columns[$0].least ?? widths[$0] }
            guard let widest = yielding.max(by: { widths[$0] < widths[$1] }) else { break }
            widths[widest] -= 1
        }
        if let first = columns.firstIndex(where: { $0.least != nil }) { widths[first] += max(0, spare()) }
        return widths
    }
}
