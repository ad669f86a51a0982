internal import Yams

/// One value of a script with the place it came from, so that each fault can name its line.
struct ScriptNode {
    let node: Node
    /// How the value is called in messages: `rules[2].delay`.
    let name: String
    let file: String

    func fault(_ problem: String, at place: Node? = nil) -> SimulatorError {
        .script(file: file, line: (place ?? node).mark?.line, problem: problem)
    }

    // MARK: Mappings

    var isMapping: Bool { node.mapping != nil }

    /// The members by key; a key that is not allowed is an error that names the nearest one.
    func members(_ allowed: [String]) throws(SimulatorError) -> [String: ScriptNode] {
        guard let mapping = node.mapping else { throw fault("\(title) must be a list of keys and values") }
        var members: [String: ScriptNode] = [:]
        for (key, value) in mapping {
            guard let word = key.scalar?.string else { throw fault("a key must be a word", at: key) }
            guard allowed.contains(word) else { throw fault(unknown(word, among: allowed), at: key) }
            members[word] = ScriptNode(node: value, name: name.isEmpty ? word : "\(name).\(word)", file: file)
        }
        return members
    }

    /// The items of a list.
    func items() throws(SimulatorError) -> [ScriptNode] {
        guard let sequence = node.sequence else { throw fault("\(title) must be a list, each item behind a dash") }
        return sequence.enumerated().map { ScriptNode(node: $1, name: "\(name)[\($0)]", file: file) }
    }

    private var title: String { name.isEmpty ? "the script" : name }

    private func unknown(_ word: String, among allowed: [String]) -> String {
        let place = name.isEmpty ? "" : " in \(name)"
        let hint = NearestWord.of(word, in: allowed).map { "; did you mean \"\($0)\"?" }
        return "unknown key \"\(word)\"\(place)\(hint ?? "; known are \(allowed.joined(separator: ", "))")"
    }

    // MARK: Scalars

    /// The text as written, so that 001010000000001 keeps its zeros.
    func text() throws(SimulatorError) -> String {
        guard let scalar = node.scalar else { throw fault("\(title) must be one value") }
        return scalar.string
    }

    func hexadecimal(_ lengths: ClosedRange<Int>) throws(SimulatorError) -> [UInt8] {
        let text = try text()
        guard let value = bytes(hexadecimal: text), lengths.contains(value.count) else {
            let expected =
                lengths.lowerBound == lengths.upperBound
                ? "\(lengths.lowerBound)" : "\(lengths.lowerBound) to \(lengths.upperBound)"
            throw fault("\(title) is \"\(text)\"; it must be \(expected) bytes in hexadecimal")
        }
        return value
    }

    func digits(_ lengths: ClosedRange<Int>) throws(SimulatorError) -> String {
        let text = try text()
        guard lengths.contains(text.count), text.allSatisfy({ $0.isASCII && $0.isNumber }) else {
            let expected =
                lengths.count == 1 ? "\(lengths.lowerBound)" : "\(lengths.lowerBound) to \(lengths.upperBound)"
            throw fault("\(title) is \"\(text)\"; it must be \(expected) digits")
        }
        return text
    }

    /// An ICCID; with 19 or 20 digits the last one is a check digit.
    func cardNumber() throws(SimulatorError) -> String {
        let iccid = try digits(18...20)
        guard iccid.count > 18 else { return iccid }
        let right = CardIdentity.luhnDigit(of: String(iccid.dropLast()))
        guard iccid.hasSuffix("\(right)") else {
            throw fault("\(name) ends with a wrong check digit; it must be \(right)")
        }
        return iccid
    }

    /// How often a rule is passed over before it acts, and how often it acts.
    func turns(_ keys: [String: ScriptNode]) throws(SimulatorError) -> (after: Int, times: Int?) {
        (try keys["after"]?.integer(0...1_000_000_000) ?? 0, try keys["times"]?.integer(1...1_000_000_000))
    }

    func integer(_ range: ClosedRange<Int>) throws(SimulatorError) -> Int {
        let text = try text()
        guard let value = Int(text), range.contains(value) else {
            throw fault("\(title) is \"\(text)\"; it must be a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    func flag() throws(SimulatorError) -> Bool {
        switch try text() {
        case "true", "yes", "on": return true
        case "false", "no", "off": return false
        case let text: throw fault("\(title) is \"\(text)\"; it must be true or false")
        }
    }

    /// Milliseconds, with fractions, up to an hour.
    func milliseconds() throws(SimulatorError) -> Duration {
        let text = try text()
        guard let value = Double(text), (0...3_600_000).contains(value) else {
            throw fault("\(title) is \"\(text)\"; it must be milliseconds from 0 to 3600000")
        }
        return .nanoseconds(Int64(value * 1_000_000))
    }

    func word<Value: RawRepresentable & CaseIterable>(_ type: Value.Type) throws(SimulatorError) -> Value
    where Value.RawValue == String {
        let text = try text()
        guard let value = Value(rawValue: text) else {
            let known = Value.allCases.map(\.rawValue).joined(separator: ", ")
            throw fault("\(title) is \"\(text)\"; it must be one of \(known)")
        }
        return value
    }
}

/// The known word that a mistyped one most likely means.
enum NearestWord {
    /// Nil when no word is near: more than a third of the letters differ.
    static func of(_ word: String, in known: [String]) -> String? {
        let distances = known.map { (distance(word.lowercased(), $0.lowercased()), $0) }
        guard let nearest = distances.min(by: { $0.0 < $1.0 }) else { return nil }
        return nearest.0 <= max(1, max(word.count, nearest.1.count) / 3) ? nearest.1 : nil
    }

    /// Letters to insert, drop, change, or swap with their neighbour; words over 64 letters are cut.
    private static func distance(_ left: String, _ right: String) -> Int {
        let (left, right) = (Array(left.prefix(64)), Array(right.prefix(64)))
        var before: [Int] = []
        var row = Array(0...right.count)
        for (place, letter) in left.enumerated() {
            var next = [place + 1]
            for (column, other) in right.enumerated() {
                var best = min(row[column] + (letter == other ? 0 : 1), row[column + 1] + 1, next[column] + 1)
                if place > 0, column > 0, letter == right[column - 1], left[place - 1] == other {
                    best = min(best, before[column - 1] + 1)
                }
                next.append(best)
            }
            before = row
            row = next
        }
        return row[right.count]
    }
}

extension ScriptNode {
    /// The root of the script in a file; nil when there is nothing in it.
    static func root(path: String, limitBytes: Int) throws(SimulatorError) -> ScriptNode? {
        let bytes: [UInt8]
        do throws(SimulatorError) {
            bytes = try readFile(path, limitBytes: limitBytes)
        } catch .system(_, let code) {
            throw .script(file: path, line: nil, problem: "the script cannot be read: \(errorText(code))")
        }
        return try root(text: String(decoding: bytes, as: UTF8.self), file: path)
    }

    /// The root of the script in a text; nil when there is nothing in it.
    static func root(text: String, file: String) throws(SimulatorError) -> ScriptNode? {
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch let error as YamlError {
            throw .script(file: file, line: error.line, problem: error.problem)
        } catch {
            throw .script(file: file, line: nil, problem: "\(error)")
        }
        guard let root, root.null == nil else { return nil }
        return ScriptNode(node: root, name: "", file: file)
    }
}

extension YamlError {
    /// Line of the fault where the parser knows it.
    fileprivate var line: Int? {
        switch self {
        case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _): mark.line
        case .duplicatedKeysInMapping(_, let context): context.mark.line
        default: nil
        }
    }

    /// The fault in words, on one line.
    fileprivate var problem: String {
        switch self {
        case .scanner(_, let problem, _, _), .parser(_, let problem, _, _), .composer(_, let problem, _, _): problem
        case .duplicatedKeysInMapping(let keys, _): "the key \"\(keys.first ?? "")\" stands twice"
        default: "\(self)".split(whereSeparator: \.isNewline).joined(separator: " ")
        }
    }
}
