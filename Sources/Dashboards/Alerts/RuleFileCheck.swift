internal import Observability

/// What is wrong with a rule file, in a line.
package struct RuleFault: Sendable, Hashable, CustomStringConvertible {
    /// The file.
    package let file: String
    /// The line, from 1; nil when it is the file as a whole.
    package let line: Int?
    /// What it is.
    package let what: String

    /// File, line, what.
    package var description: String { "\(file)\(line.map { ":\($0)" } ?? ""): \(what)" }
}

/// Holds a rule file, ours or one that somebody edited, to the catalogue: names, labels and their values.
///
/// Whether an expression is one, and what it finds, `promtool` tells.
package struct RuleFileCheck: Sendable {
    /// All that is wrong, in the order of the file.
    package private(set) var faults: [RuleFault] = []
    /// How many rules there are.
    package private(set) var ruleCount = 0

    private let file: String
    private let queries: QueryCheck
    private var recorded: Set<String> = []

    /// The check of a text that stands in a file.
    package init(_ text: String, file: String, known: KnownMetrics = KnownMetrics()) {
        self.file = file
        queries = QueryCheck(known)
        do throws(YAMLTree.Fault) {
            read(try YAMLTree.parse(text))
        } catch {
            note(error.line, error.reason)
        }
    }

    private mutating func read(_ root: YAMLTree) {
        guard let groups = fields(of: root, "the file", Self.rootKeys)["groups"], case .list(let list, _) = groups
        else {
            return note(nil, "has no list of groups, so it is no rule file")
        }
        let rules = list.flatMap { group -> [YAMLTree] in
            guard case .list(let rules, _)? = fields(of: group, "a group", Self.groupKeys)["rules"] else { return [] }
            return rules
        }
        let all = rules.map { (line: $0.line, fields: fields(of: $0, "a rule", Self.ruleKeys)) }
        recorded = Set(all.compactMap { $0.fields["record"]?.text })
        ruleCount = all.count
        for rule in all { check(rule.fields, line: rule.line) }
    }

    private mutating func check(_ rule: [String: YAMLTree], line: Int) {
        guard let name = rule["alert"]?.text ?? rule["record"]?.text else {
            return note(line, "a rule has neither alert nor record")
        }
        guard let expression = rule["expr"]?.text else { return note(line, "\(name) has no expr") }
        let place = rule["expr"]?.line ?? line
        for fault in queries.faults(in: expression) { note(place, "\(name): \(fault)") }
        for selector in QueryReading(expression).selectors where selector.metric.contains(":") {
            guard !recorded.contains(selector.metric) else { continue }
            note(place, "\(name): no rule here records '\(selector.metric)'\(Self.hint(selector.metric, recorded))")
        }
        checkSeverity(rule, name)
    }

    private mutating func checkSeverity(_ rule: [String: YAMLTree], _ name: String) {
        guard rule["alert"] != nil, case .map(let labels, _)? = rule["labels"],
            let entry = labels.first(where: { $0.key == "severity" }), let severity = entry.value.text,
            !Self.severities.contains(severity)
        else { return }
        note(entry.line, "\(name): severity '\(severity)' is unknown\(Self.hint(severity, Set(Self.severities)))")
    }

    /// The values by key; what is no key of these is a fault.
    private mutating func fields(of tree: YAMLTree, _ owner: String, _ known: Set<String>) -> [String: YAMLTree] {
        guard case .map(let entries, _) = tree else {
            note(tree.line, "\(owner) must have keys: \(known.sorted().joined(separator: ", "))")
            return [:]
        }
        for entry in entries where !known.contains(entry.key) {
            note(entry.line, "\(owner) has no key '\(entry.key)'\(Self.hint(entry.key, known))")
        }
        return Dictionary(entries.map { ($0.key, $0.value) }) { first, _ in first }
    }

    private mutating func note(_ line: Int?, _ what: String) {
        faults.append(RuleFault(file: file, line: line, what: what))
    }

    private static func hint(_ name: String, _ known: Set<String>) -> String {
        NearestName.of(name, among: known).map { "; the nearest is '\($0)'" } ?? ""
    }

    private static let rootKeys: Set<String> = ["groups"]
    private static let groupKeys: Set<String> = ["name", "interval", "limit", "rules", "query_offset", "labels"]
    private static let ruleKeys: Set<String> = [
        "record", "alert", "expr", "for", "keep_firing_for", "labels", "annotations",
    ]
    private static let severities = AlertRule.Severity.allCases.map(\.rawValue) + ["info"]
}

extension YAMLTree {
    fileprivate var line: Int {
        switch self {
        case .scalar(_, let line), .nothing(let line), .list(_, let line), .map(_, let line): line
        }
    }

    fileprivate var text: String? {
        guard case .scalar(let text, _) = self else { return nil }
        return text
    }
}
