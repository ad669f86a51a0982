package import Observability

/// How long a command took in two runs.
package struct CommandComparison: Sendable, Encodable {
    /// What can be said of it.
    package enum Verdict: String, Sendable, Encodable {
        /// No difference that is more than chance, or that matters.
        case same
        /// It takes longer in the second run.
        case slower
        /// It takes less long in the second run.
        case faster
        /// There are too few to judge by.
        case few
    }

    package var command: String
    /// Commands that were answered in the first run, and whose time is known.
    package var firstCalls: Int
    /// The same in the second run.
    package var secondCalls: Int
    package var firstP50Nanoseconds: OrNull<UInt64>
    package var secondP50Nanoseconds: OrNull<UInt64>
    package var firstP95Nanoseconds: OrNull<UInt64>
    package var secondP95Nanoseconds: OrNull<UInt64>
    /// How much longer the second run's p50 is, as a part of the first's; null where a run does not have the command.
    package var slowdown: OrNull<Double>
    /// How likely such a difference is by chance (Mann and Whitney), with regard to how many commands are compared (Holm);
    /// null for too few.
    package var pValue: OrNull<Double>
    /// Cliff's delta, -1 to 1: how much more often a call of the second run takes longer than one of the first; null for
    /// too few.
    package var effect: OrNull<Double>
    package var verdict: Verdict

    /// With fewer on a side the test cannot be as certain as ``significance``.
    package static let fewestCalls = 6
    /// Less likely than this is no chance.
    package static let significance = 0.01
    /// What is called a medium effect (Romano 2006); less does not matter.
    package static let leastEffect = 0.33
    /// Less is the machine's own unrest: of a card that answers within 0.2 ms, p50 on a busy machine differ by as much.
    package static let leastNanoseconds: UInt64 = 250_000

    /// All commands of two runs.
    static func all(_ first: [ComparedRun.Exchange], _ second: [ComparedRun.Exchange]) -> [CommandComparison] {
        let (old, new) = (times(first), times(second))
        let names = Set(old.keys).union(new.keys).sorted()
        let tests = names.map { name -> RankTest? in
            let (one, other) = (old[name] ?? [], new[name] ?? [])
            return min(one.count, other.count) < fewestCalls ? nil : RankTest(one, other)
        }
        var likelihoods = RankTest.holm(tests.compactMap { $0?.pValue })[...]
        let all = zip(names, tests).map { name, test in
            CommandComparison(
                name, old[name] ?? [], new[name] ?? [], effect: test?.effect,
                pValue: test == nil ? nil : likelihoods.popFirst())
        }
        let weights = new.merging(old) { new, _ in new }.mapValues { $0.reduce(0, &+) }
        return all.sorted { (weights[$0.command] ?? 0, $1.command) > (weights[$1.command] ?? 0, $0.command) }
    }

    private static func times(_ exchanges: [ComparedRun.Exchange]) -> [String: [UInt64]] {
        var times: [String: [UInt64]] = [:]
        // Of a command in a log without times none is known.
        for exchange in exchanges where exchange.statusWord != nil && exchange.nanoseconds > 0 {
            times[exchange.command, default: []].append(exchange.nanoseconds)
        }
        return times.mapValues { $0.sorted() }
    }

    private init(_ name: String, _ old: [UInt64], _ new: [UInt64], effect: Double?, pValue: Double?) {
        command = name
        (firstCalls, secondCalls) = (old.count, new.count)
        (firstP50Nanoseconds, firstP95Nanoseconds) = (Self.quantile(old, 50), Self.quantile(old, 95))
        (secondP50Nanoseconds, secondP95Nanoseconds) = (Self.quantile(new, 50), Self.quantile(new, 95))
        (self.pValue, self.effect) = (OrNull(pValue), OrNull(effect))
        let (before, after) = (firstP50Nanoseconds.value ?? 0, secondP50Nanoseconds.value ?? 0)
        let hasBoth = !old.isEmpty && !new.isEmpty && before > 0
        slowdown = OrNull(hasBoth ? Double(after) / Double(before) - 1 : nil)
        guard let pValue, let effect else {
            verdict = .few
            return
        }
        let matters =
            pValue < Self.significance && abs(effect) >= Self.leastEffect
            && max(before, after) - min(before, after) >= Self.leastNanoseconds
        verdict = !matters ? .same : after > before ? .slower : .faster
    }

    /// The smallest value that so many percent do not exceed.
    private static func quantile(_ sorted: [UInt64], _ percent: Int) -> OrNull<UInt64> {
        sorted.isEmpty ? OrNull(nil) : OrNull(sorted[(sorted.count * percent + 99) / 100 - 1])
    }
}
