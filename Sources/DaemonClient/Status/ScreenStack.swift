/// Tables one below the other, which share the lines that there are.
struct ScreenStack: Sendable {
    /// A table, and how many of its rows are shown before others get more.
    struct Section: Sendable {
        let table: ScreenTable
        let least: Int

        init(_ table: ScreenTable, least: Int) {
            self.table = table
            self.least = least
        }
    }

    /// Rows of a table where nothing bounds the lines.
    private static let mostRows = 15

    private var sections: [Section]
    private let width: Int
    private let height: Int?

    /// Tables in the order of the screen, the first the most important; nil lines are as many as it takes,
    /// up to a number of rows each.
    init(_ sections: [Section], width: Int, height: Int?) {
        self.sections = sections.filter { !$0.table.rows.isEmpty }
        self.width = width
        self.height = height
    }

    /// All of it, with a blank line above each where there is room.
    var lines: [ScreenLine] {
        let (rows, hasBlanks) = shares
        return zip(sections, rows).flatMap { section, rows in
            rows == 0 ? [] : (hasBlanks ? [ScreenLine()] : []) + section.table.lines(rows: rows, width: width)
        }
    }

    /// Rows of each table, 0 for one that has no room.
    private var shares: (rows: [Int], hasBlanks: Bool) {
        let wanted = sections.map(\.table.rows.count)
        guard let height else { return (wanted.map { min($0, Self.mostRows) }, true) }
        for hasBlanks in [true, false] {
            let rows = given(height - sections.count * (hasBlanks ? 2 : 1), wanted)
            if let rows { return (rows, hasBlanks) }
        }
        return (crowded(height, wanted), false)
    }

    /// Each its least, then one row more to one after the other; nil when there is not room for the least.
    private func given(_ height: Int, _ wanted: [Int]) -> [Int]? {
        var rows = zip(sections, wanted).map { min($0.least, $1) }
        var left = height - rows.reduce(0, +)
        guard left >= 0 else { return nil }
        while left > 0 {
            let before = left
            for index in rows.indices where rows[index] < wanted[index] && left > 0 {
                rows[index] += 1
                left -= 1
            }
            if left == before { break }
        }
        return rows
    }

    /// The first ones as far as the lines go.
    private func crowded(_ height: Int, _ wanted: [Int]) -> [Int] {
        var left = height
        return zip(sections, wanted).map { section, wanted in
            let rows = max(0, min(left - 1, section.least, wanted))
            left -= rows > 0 ? rows + 1 : 0
            return rows
        }
    }
}
