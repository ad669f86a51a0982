/// One way in which the card departs from what it would do: later, another answer, or gone.
package struct CardRule: Equatable, Sendable, CountedRule {
    package var pattern: CommandPattern
    /// In place of the script's overall delay.
    package var delay: Duration?
    /// Sent as it stands instead of running the command, which then changes nothing in the card.
    package var response: [UInt8]?
    /// Matching commands that pass before the rule acts.
    package var after = 0
    /// How often it acts; nil for ever.
    package var times: Int?
    /// The card is pulled at the end of the delay, in place of an answer.
    package var removesCard = false
    /// Put in again this long after the removal; nil leaves it out.
    package var returnsAfter: Duration?

    package init(pattern: CommandPattern) {
        self.pattern = pattern
    }
}

/// A rule that acts only from some match on, or only so often.
protocol CountedRule {
    /// Matches that pass before it acts.
    var after: Int { get }
    /// How often it acts; nil for ever.
    var times: Int? { get }
}

/// Rules with their counters; of those that match and are due, the first one acts.
struct RuleBook<Rule: CountedRule> {
    private var entries: [(rule: Rule, matched: Int, acted: Int)]

    init(_ rules: [Rule]) {
        entries = rules.map { ($0, 0, 0) }
    }

    /// The rule that acts; every rule that matches counts it.
    mutating func next(where matches: (Rule) -> Bool) -> Rule? {
        var acting: Rule?
        for index in entries.indices where matches(entries[index].rule) {
            entries[index].matched += 1
            let entry = entries[index]
            let isDue = entry.matched > entry.rule.after && entry.acted < entry.rule.times ?? .max
            guard acting == nil, isDue else { continue }
            entries[index].acted += 1
            acting = entry.rule
        }
        return acting
    }
}

extension RuleBook: Sendable where Rule: Sendable {}
