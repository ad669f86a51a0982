package import Observability

/// How the second of two runs differs from the first: the bench, what was said, and how long cards took.
///
/// The JSON's keys are the property names in snake case, as those of a run's report are.
package struct RunComparison: Sendable, Encodable {
    /// Version of the JSON form.
    package var version = 1
    /// The run that is compared with.
    package var first: Side
    /// The run that is compared.
    package var second: Side
    /// What is different at the bench.
    package var diary: [DiaryDifference]
    /// Exchanges that both have, with the same status word and length.
    package var sameExchanges: Int
    /// Whether no alignment has more in common; false for runs that differ in very much.
    package var isExact: Bool
    /// What else there is, alike ones together, in the order of their first appearance.
    package var changes: [Change]
    /// Times by command, those with most card time in the second run first.
    package var commands: [CommandComparison]

    /// One of the two.
    package struct Side: Sendable, Encodable {
        package var name: String
        package var exchanges: Int
        package var cardNanoseconds: UInt64
        /// Whether only its begin is compared, or some of it could not be read.
        package var isCut: Bool

        fileprivate init(_ run: ComparedRun) {
            (name, exchanges, isCut) = (run.name, run.exchanges.count, run.isCut)
            cardNanoseconds = run.exchanges.reduce(0) { $0 &+ $1.nanoseconds }
        }
    }

    /// Something at the bench that is not as it was.
    package struct DiaryDifference: Sendable, Encodable, Equatable {
        package var what: String
        /// How it was in the first run; null for a device that it did not use.
        package var first: OrNull<String>
        /// How it was in the second.
        package var second: OrNull<String>

        package static func == (one: Self, other: Self) -> Bool {
            (one.what, one.first.value, one.second.value) == (other.what, other.first.value, other.second.value)
        }
    }

    /// Compares two runs.
    package init(_ first: ComparedRun, _ second: ComparedRun) {
        (self.first, self.second) = (Side(first), Side(second))
        diary = Self.diary(first.diary, second.diary)
        let alignment = ExchangeAlignment(first.exchanges, second.exchanges)
        (sameExchanges, isExact, changes) = (alignment.sameCount, alignment.isExact, alignment.changes)
        commands = CommandComparison.all(first.exchanges, second.exchanges)
    }

    /// The commands that are slower by more than so many percent.
    package func slower(thanPercent limit: Double) -> [CommandComparison] {
        commands.filter { $0.verdict == .slower && ($0.slowdown.value ?? 0) * 100 > limit }
    }

    private static func diary(_ first: [ComparedRun.Fact], _ second: [ComparedRun.Fact]) -> [DiaryDifference] {
        let known = Dictionary(second.map { ($0.what, $0) }) { one, _ in one }
        let before = Dictionary(first.map { ($0.what, $0) }) { one, _ in one }
        func difference(_ what: String) -> DiaryDifference? {
            let (old, new) = (before[what], known[what])
            guard old?.value != new?.value else { return nil }
            let isCertain = old != nil && new != nil || old?.isThing == true || new?.isThing == true
            return isCertain ? DiaryDifference(what: what, first: OrNull(old?.value), second: OrNull(new?.value)) : nil
        }
        return first.compactMap { difference($0.what) }
            + second.filter { before[$0.what] == nil }.compactMap { difference($0.what) }
    }
}
