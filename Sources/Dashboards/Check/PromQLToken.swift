/// A word, number, text or sign of a PromQL expression.
enum PromQLToken: Sendable, Hashable {
    /// A metric, label, function or keyword.
    case word(String)
    case number(String)
    /// A text without its quotes, as written.
    case text(String)
    /// `=~`, `{`, `+`: one sign or two.
    case sign(String)
    /// What Grafana puts in: `$name`, `${name}`, `[[name]]`.
    case variable(String)
}

/// Takes an expression apart into tokens; any text gives some, in linear time.
struct PromQLTokenizer {
    /// What the expression consists of.
    private(set) var tokens: [PromQLToken] = []
    /// Whether it ended inside a quoted text.
    private(set) var isCut = false

    private let scalars: [Unicode.Scalar]
    private var next = 0

    init(_ expression: String) {
        scalars = Array(expression.unicodeScalars)
        while let scalar = peek() { take(scalar) }
    }

    private mutating func take(_ scalar: Unicode.Scalar) {
        switch scalar {
        case "#": _ = taken { $0 != "\n" }
        case "\"", "'", "`": takeText(scalar)
        case "$": takeVariable()
        case _ where Self.beginsWord(scalar): tokens.append(.word(taken(while: Self.isInWord)))
        // A length of time begins with a digit too: 5m.
        case _ where Self.isDigit(scalar): tokens.append(.number(taken { Self.isInWord($0) || $0 == "." }))
        case _ where scalar.properties.isWhitespace: next += 1
        default: takeSign(scalar)
        }
    }

    private mutating func takeText(_ quote: Unicode.Scalar) {
        next += 1
        var text = String.UnicodeScalarView()
        while let scalar = peek(), scalar != quote {
            text.append(scalar)
            next += 1
            // The sign behind a backslash ends no text; a raw one has none.
            if scalar == "\\", quote != "`", let escaped = peek() {
                text.append(escaped)
                next += 1
            }
        }
        isCut = isCut || peek() == nil
        next += 1
        tokens.append(.text(String(text)))
    }

    private mutating func takeVariable() {
        next += 1
        guard peek() == "{" else { return tokens.append(.variable(taken(while: Self.isInWord))) }
        next += 1
        let name = taken { $0 != "}" }
        next += 1
        tokens.append(.variable(String(name.prefix { $0 != ":" })))
    }

    private mutating func takeSign(_ scalar: Unicode.Scalar) {
        next += 1
        guard let second = peek(), Self.pairs.contains(String([scalar, second])) else {
            return tokens.append(.sign(String(Character(scalar))))
        }
        next += 1
        tokens.append(.sign(String([scalar, second])))
    }

    private static let pairs: Set<String> = ["=~", "!~", "!=", "==", ">=", "<="]

    private func peek() -> Unicode.Scalar? { scalars.indices.contains(next) ? scalars[next] : nil }

    private mutating func taken(while isPart: (Unicode.Scalar) -> Bool) -> String {
        let start = next
        while let scalar = peek(), isPart(scalar) { next += 1 }
        return String(scalars[start..<min(next, scalars.count)])
    }

    private static func beginsWord(_ scalar: Unicode.Scalar) -> Bool {
        ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || scalar == "_" || scalar == ":"
    }

    private static func isInWord(_ scalar: Unicode.Scalar) -> Bool { beginsWord(scalar) || isDigit(scalar) }

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }
}

extension String {
    fileprivate init(_ scalars: some Sequence<Unicode.Scalar>) {
        var view = UnicodeScalarView()
        view.append(contentsOf: scalars)
        self.init(view)
    }
}
