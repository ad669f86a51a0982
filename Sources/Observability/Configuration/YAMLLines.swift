internal import Yams

/// The lines of a YAML text, with the places that a parser tells: line and column from 1, columns in Unicode scalars.
struct YAMLLines {
    /// A place in the text.
    struct Place: Hashable {
        var line: Int
        var column: Int
    }

    /// Without the line feed; the carriage return before one stays.
    private var lines: [[UnicodeScalar]]
    /// What new lines end with before the line feed.
    private let ending: String

    init(_ text: String) {
        ending = text.unicodeScalars.contains("\r") ? "\r" : ""
        lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map(Array.init)
    }

    /// The whole text.
    var text: String {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: lines.joined(separator: ["\n"]))
        return String(text)
    }

    // MARK: Changes

    mutating func replace(from start: Place, to end: Place, with text: String) {
        guard let first = line(start.line), let last = line(end.line) else { return }
        let new = first.prefix(start.column - 1) + Array(text.unicodeScalars) + last.dropFirst(end.column - 1)
        lines.replaceSubrange((start.line - 1)..<end.line, with: [Array(new)])
    }

    mutating func insert(_ text: String, after line: Int) {
        lines.insert(Array((text + ending).unicodeScalars), at: min(line, lines.count))
    }

    mutating func remove(_ line: Int) {
        guard lines.indices.contains(line - 1) else { return }
        lines.remove(at: line - 1)
    }

    /// Puts lines at the end, each ended.
    mutating func append(_ new: [String]) {
        if lines.last?.isEmpty == true { lines.removeLast() }
        lines += new.map { Array(($0 + ending).unicodeScalars) } + [[]]
    }

    // MARK: Ends

    /// Where a value begins and ends; nil of one that is written over several lines with words of its own between them,
    /// or behind an anchor or tag.
    func range(of value: Node) -> (start: Place, end: Place)? {
        guard let mark = value.mark else { return nil }
        let start: Place?
        let end: Place?
        switch value {
        case .scalar(let scalar):
            start = mark.place
            end = lastPlace(of: scalar, mark)
        case .sequence where isFlow(at: mark):
            start = mark.place
            end = closingBracket(after: mark.place)
        case .sequence, .mapping, .alias: return nil
        }
        guard let start, let end else { return nil }
        return (start, end)
    }

    /// Whether a section or list is written in brackets; the parser does not tell.
    func isFlow(at mark: Mark) -> Bool {
        guard let line = line(mark.line), mark.column <= line.count else { return false }
        return ["[", "{"].contains(line[mark.column - 1])
    }

    /// The last line of an entry of a section; nil when it is not known.
    func lastLine(of value: Node, key: Mark?) -> Int? {
        if value.null != nil, value.scalar?.string.isEmpty == true { return key?.line }
        if case .sequence(let list) = value, let mark = list.mark, !isFlow(at: mark) {
            return list.reversed().first.flatMap { range(of: $0)?.end.line }
        }
        return range(of: value)?.end.line
    }

    private func lastPlace(of scalar: Node.Scalar, _ mark: Mark) -> Place? {
        guard let line = line(mark.line), mark.column <= line.count,
            !["&", "*", "!"].contains(line[mark.column - 1])
        else { return nil }
        switch scalar.style {
        case .singleQuoted, .doubleQuoted: return endOfQuoted(line, mark)
        case .literal, .folded: return nil
        case .any, .plain:
            // As it is written, unless it goes on in the next line.
            let scalars = Array(scalar.string.unicodeScalars)
            guard line.dropFirst(mark.column - 1).starts(with: scalars) else { return nil }
            return Place(line: mark.line, column: mark.column + scalars.count)
        }
    }

    private func endOfQuoted(_ line: [UnicodeScalar], _ mark: Mark) -> Place? {
        var index = mark.column
        guard index <= line.count else { return nil }
        let quote = line[index - 1]
        while index < line.count {
            if quote == "\"", line[index] == "\\" {
                index += 1
            } else if line[index] == quote {
                guard quote == "'", index + 1 < line.count, line[index + 1] == quote else {
                    return Place(line: mark.line, column: index + 2)
                }
                index += 1
            }
            index += 1
        }
        return nil
    }

    /// Behind the closing bracket of a list without a comment in it.
    private func closingBracket(after start: Place) -> Place? {
        var (depth, quote) = (0, UnicodeScalar?.none)
        for number in start.line...max(start.line, lines.count) {
            guard let line = line(number) else { return nil }
            for (index, scalar) in line.enumerated().dropFirst(number == start.line ? start.column - 1 : 0) {
                if let open = quote {
                    if scalar == open { quote = nil }
                    continue
                }
                switch scalar {
                case "'", "\"": quote = scalar
                case "#": return nil
                case "[", "{": depth += 1
                case "]", "}":
                    depth -= 1
                    if depth == 0 { return Place(line: number, column: index + 2) }
                default: continue
                }
            }
        }
        return nil
    }

    private func line(_ number: Int) -> [UnicodeScalar]? {
        lines.indices.contains(number - 1) ? lines[number - 1] : nil
    }
}
