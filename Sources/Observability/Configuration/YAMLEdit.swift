internal import Foundation
internal import Yams

/// Sets one value in the text of a YAML document; every other character stays where it is.
///
/// A parser tells where values begin and not where they end, so that the end is found here, for the ways in which people
/// write such files. The outcome is read again and compared: a text that would say anything else is refused.
struct YAMLEdit {
    /// Why a text is not changed.
    struct Refusal: Error {
        /// Where, from 1.
        var line: Int?
        var reason: String
    }

    private let path: [String]
    private let texts: [String]
    private let isList: Bool

    /// A value for the key at a path, its parts separated by dots.
    init(_ path: String, to texts: [String], isList: Bool) {
        self.path = path.split(separator: ".").map(String.init)
        self.texts = texts
        self.isList = isList
    }

    /// The text with the value.
    func applied(to text: String) throws(Refusal) -> String {
        let before = try Self.values(in: text)
        var lines = YAMLLines(text)
        let node: Node?
        do {
            node = try Yams.Parser(yaml: text).singleRoot()
        } catch {
            throw Refusal(line: nil, reason: "cannot be set: the file is no YAML")
        }
        let line = try change(&lines, node)
        var expected = before
        expected[path.joined(separator: ".")] = texts
        guard let after = try? Self.values(in: lines.text), after == expected else {
            throw Self.refusal(line)
        }
        return lines.text
    }

    private static func refusal(_ line: Int?) -> Refusal {
        Refusal(line: line, reason: "is written in a way that is not changed here; change it by hand")
    }

    // MARK: Where

    /// Makes the change; gives the line of it.
    private func change(_ lines: inout YAMLLines, _ root: Node?) throws(Refusal) -> Int? {
        guard let root, case .mapping(let mapping) = root else {
            guard root == nil || root?.null != nil else { throw Self.refusal(root?.mark?.line) }
            lines.append(blockLines(path, indentation: 0))
            return nil
        }
        return try change(&lines, mapping, path[...], key: nil)
    }

    private func change(
        _ lines: inout YAMLLines, _ mapping: Node.Mapping, _ rest: ArraySlice<String>, key: Mark?
    ) throws(Refusal) -> Int? {
        for (name, value) in mapping {
            guard let mark = name.mark, let words = name.scalar?.string.split(separator: ".").map(String.init),
                rest.starts(with: words)
            else { continue }
            let under = rest.dropFirst(words.count)
            guard !under.isEmpty else {
                try replace(value, at: mark, in: &lines)
                return mark.line
            }
            if case .mapping(let section) = value { return try change(&lines, section, under, key: mark) }
            guard value.null != nil else { throw Self.refusal(mark.line) }
            let isInFlow = mapping.mark.map { lines.isFlow(at: $0) } ?? true
            try fill(value, of: mark, with: Array(under), in: &lines, isInFlow: isInFlow)
            return mark.line
        }
        try insert(Array(rest), into: mapping, of: key, in: &lines)
        return key?.line
    }

    // MARK: How

    private func replace(_ value: Node, at key: Mark, in lines: inout YAMLLines) throws(Refusal) {
        guard let mark = value.mark else { throw Self.refusal(key.line) }
        if case .sequence(let list) = value, isList, !lines.isFlow(at: mark) {
            return try replaceItems(of: list, dash: mark.column - 1, in: &lines, key)
        }
        if value.null != nil, value.scalar?.string.isEmpty == true {
            return lines.replace(from: mark.place, to: mark.place, with: " " + flowText)
        }
        guard let (start, end) = lines.range(of: value) else { throw Self.refusal(key.line) }
        lines.replace(from: start, to: end, with: flowText)
    }

    /// Items of a block list one by one, so that what is written beside them stays.
    private func replaceItems(
        of list: Node.Sequence, dash: Int, in lines: inout YAMLLines, _ key: Mark
    ) throws(Refusal) {
        let items = Array(list)
        guard let last = items.last?.mark else { throw Self.refusal(key.line) }
        for text in texts.dropFirst(items.count).reversed() {
            lines.insert(String(repeating: " ", count: dash) + "- " + Self.word(text), after: last.line)
        }
        for (index, item) in items.enumerated().reversed() {
            guard let (start, end) = lines.range(of: item) else { throw Self.refusal(key.line) }
            if index < texts.count {
                lines.replace(from: start, to: end, with: Self.word(texts[index]))
            } else {
                lines.remove(start.line)
            }
        }
    }

    /// Puts keys under one that has nothing.
    private func fill(
        _ nothing: Node, of key: Mark, with names: [String], in lines: inout YAMLLines, isInFlow: Bool
    ) throws(Refusal) {
        guard nothing.scalar?.string.isEmpty == true, !isInFlow else {
            guard let (start, end) = lines.range(of: nothing) else { throw Self.refusal(key.line) }
            return lines.replace(from: start, to: end, with: "{\(flowEntry(names))}")
        }
        let indentation = key.column - 1 + 2
        for line in blockLines(names, indentation: indentation).reversed() { lines.insert(line, after: key.line) }
    }

    /// Puts keys behind the last of a section, the file's own order kept.
    private func insert(
        _ names: [String], into section: Node.Mapping, of key: Mark?, in lines: inout YAMLLines
    ) throws(Refusal) {
        guard let mark = section.mark else { throw Self.refusal(key?.line) }
        guard !lines.isFlow(at: mark) else {
            let place = YAMLLines.Place(line: mark.line, column: mark.column + 1)
            return lines.replace(from: place, to: place, with: flowEntry(names) + (section.isEmpty ? "" : ", "))
        }
        let new = blockLines(names, indentation: mark.column - 1)
        guard let key else { return lines.append(new) }
        let last = section.reversed().first.flatMap { lines.lastLine(of: $0.value, key: $0.key.mark) } ?? key.line
        for line in new.reversed() { lines.insert(line, after: last) }
    }

    // MARK: Words

    private func blockLines(_ names: [String], indentation: Int) -> [String] {
        names.enumerated().map { depth, name in
            let blanks = String(repeating: " ", count: indentation + 2 * depth)
            return "\(blanks)\(name):" + (depth == names.count - 1 ? " \(flowText)" : "")
        }
    }

    private func flowEntry(_ names: [String]) -> String {
        let (first, rest) = (names.first ?? "", Array(names.dropFirst()))
        return rest.isEmpty ? "\(first): \(flowText)" : "\(first): {\(flowEntry(rest))}"
    }

    private var flowText: String {
        guard isList else { return Self.word(texts.first ?? "") }
        return "[" + texts.map(Self.word).joined(separator: ", ") + "]"
    }

    /// A value without quotes where nothing else could be read.
    private static func word(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
            default: "_-./".utf8.contains(byte)
            }
        }
        guard isPlain, !text.isEmpty, !text.hasPrefix("-"), !text.hasPrefix("."), text.lowercased() != "null" else {
            return "'" + text.replacing("'", with: "''") + "'"
        }
        return text
    }

    // MARK: What it says

    /// Every value by its path.
    private static func values(in text: String) throws(Refusal) -> [String: [String]] {
        do throws(YAMLTree.Fault) {
            var values: [String: [String]] = [:]
            collect(try YAMLTree.parse(text), "", into: &values)
            return values
        } catch {
            throw Refusal(line: error.line, reason: "cannot be set: the file \(error.reason)")
        }
    }

    private static func collect(_ tree: YAMLTree, _ path: String, into values: inout [String: [String]]) {
        switch tree {
        case .nothing: break
        case .scalar(let text, _): values[path] = [text]
        case .list(let list, _):
            values[path] = list.map { if case .scalar(let text, _) = $0 { text } else { "\($0)" } }
        case .map(let entries, _):
            for entry in entries {
                collect(entry.value, path.isEmpty ? entry.key : "\(path).\(entry.key)", into: &values)
            }
        }
    }
}

extension Mark {
    /// The same for lines.
    var place: YAMLLines.Place { YAMLLines.Place(line: line, column: column) }
}
