/// What a PromQL expression reads: selectors with their conditions, and labels that it groups, joins or makes.
///
/// It reads what it can of any text; whether the expression is one, Prometheus decides.
package struct QueryReading: Sendable, Hashable {
    /// A condition on a label.
    package struct Condition: Sendable, Hashable {
        package let label: String
        /// `=`, `!=`, `=~` or `!~`.
        package let comparison: String
        /// As written; with a variable in it when Grafana fills it in.
        package let value: String
    }

    /// The series of one name.
    package struct Selector: Sendable, Hashable {
        package let metric: String
        package let conditions: [Condition]
    }

    /// The selectors in order.
    package private(set) var selectors: [Selector] = []
    /// Labels behind `by`, `without`, `on`, `ignoring`, `group_left`, `group_right`.
    package private(set) var groupings: [String] = []
    /// Labels that `label_replace` and `label_join` make.
    package private(set) var made: Set<String> = []
    /// What keeps it from being an expression at all.
    package private(set) var fault: String?

    private var tokens: ArraySlice<PromQLToken>

    /// Reads an expression.
    package init(_ expression: String) {
        let tokenizer = PromQLTokenizer(expression)
        tokens = tokenizer.tokens[...]
        if tokenizer.isCut { fault = "a quoted text has no end" }
        if tokens.isEmpty { fault = "there is no query" }
        readAll()
    }

    private mutating func readAll() {
        var open: [String] = []
        while let token = tokens.popFirst() {
            switch token {
            case .word(let word): read(word)
            case .sign("{"): read(selectorOf: nil)
            case .sign("("): open.append(")")
            case .sign("["): open.append("]")
            case .sign(let sign) where [")", "]", "}"].contains(sign):
                if open.popLast() != sign { fault = fault ?? "'\(sign)' closes nothing" }
            default: break
            }
        }
        if let missing = open.last { fault = fault ?? "'\(missing)' is missing at its end" }
    }

    private mutating func read(_ word: String) {
        let lowered = word.lowercased()
        if Self.groupingWords.contains(lowered) { return readGrouping() }
        if Self.keywords.contains(lowered) { return }
        if tokens.first == .sign("(") {
            if ["label_replace", "label_join"].contains(lowered) { noteMadeLabel() }
            return
        }
        if Self.aggregations.contains(lowered), case .word(let next)? = tokens.first,
            ["by", "without"].contains(next.lowercased())
        {
            return
        }
        read(selectorOf: word)
    }

    /// Labels in parentheses; `group_left` may have none.
    private mutating func readGrouping() {
        guard tokens.first == .sign("(") else { return }
        tokens.removeFirst()
        while let token = tokens.popFirst(), token != .sign(")") {
            if case .word(let label) = token { groupings.append(label) }
        }
    }

    /// Behind the name: conditions in braces, if there are any.
    private mutating func read(selectorOf metric: String?) {
        if metric != nil {
            guard tokens.first == .sign("{") else { return note(metric, []) }
            tokens.removeFirst()
        }
        var conditions: [Condition] = []
        var isClosed = false
        while let token = tokens.popFirst() {
            if token == .sign("}") {
                isClosed = true
                break
            }
            if let condition = condition(from: token) { conditions.append(condition) }
        }
        if !isClosed { fault = fault ?? "'}' is missing at its end" }
        note(metric, conditions)
    }

    private mutating func condition(from token: PromQLToken) -> Condition? {
        guard case .word(let label) = token, case .sign(let comparison)? = tokens.first,
            ["=", "!=", "=~", "!~"].contains(comparison)
        else { return nil }
        tokens.removeFirst()
        guard case .text(let value)? = tokens.first else {
            // Grafana may put in the quotes too.
            return Condition(label: label, comparison: comparison, value: "$")
        }
        tokens.removeFirst()
        return Condition(label: label, comparison: comparison, value: value)
    }

    private mutating func note(_ metric: String?, _ conditions: [Condition]) {
        let name = metric ?? conditions.first { $0.label == "__name__" && $0.comparison == "=" }?.value
        guard let name else { return }
        selectors.append(Selector(metric: name, conditions: conditions.filter { $0.label != "__name__" }))
    }

    /// The first text of the call that stands alone between commas, behind the inner expression.
    private mutating func noteMadeLabel() {
        var depth = 0
        for token in tokens {
            if token == .sign("(") || token == .sign("{") { depth += 1 }
            if token == .sign(")") || token == .sign("}") { depth -= 1 }
            if depth == 0 { return }
            if depth == 1, case .text(let label) = token {
                made.insert(label)
                return
            }
        }
    }

    private static let groupingWords: Set<String> = ["by", "without", "on", "ignoring", "group_left", "group_right"]
    private static let keywords: Set<String> = [
        "and", "or", "unless", "bool", "offset", "atan2", "inf", "nan", "start", "end",
    ]
    private static let aggregations: Set<String> = [
        "sum", "min", "max", "avg", "group", "stddev", "stdvar", "count", "count_values", "bottomk", "topk", "quantile",
    ]
}
