/// Whether the latest of some values are greater than they usually were: in batches, by the rank test, and only when two
/// batches in a row say so; it ends when two say the opposite.
///
/// What is judged goes over into the usual: what is so for as long as it was otherwise becomes usual itself.
struct Drift: Sendable {
    /// Values that are judged at once.
    static let batchSize = 16
    /// With less of them nothing is usual.
    static let fewestUsual = 48
    /// Tests go on for weeks: less likely than this, twice, is no chance.
    static let significance = 0.001
    private static let batchesInARow = 2

    private var usual = Thinned(limit: 256)
    private var batch: [UInt64] = []
    /// Batches in a row that contradict what is told.
    private var contradictions = 0
    /// How far it is off; 0 while it is not.
    private(set) var level = 0.0

    /// Whether enough is known to judge by.
    var isKnown: Bool { usual.values.count >= Self.fewestUsual }

    /// Notes a value of before, which nobody judges.
    mutating func learn(_ value: UInt64) { usual.add(value) }

    /// Notes a value of now.
    ///
    /// - Parameters:
    ///   - leastEffect: how much more often a value of the batch must be the greater one (Cliff's delta).
    ///   - measure: how far off a batch is, both in their order; nil where that does not matter.
    /// - Returns: whether there is something new to tell.
    mutating func note(
        _ value: UInt64, leastEffect: Double, _ measure: (_ batch: [UInt64], _ usual: [UInt64]) -> Double?
    ) -> Bool {
        guard isKnown else {
            usual.add(value)
            return isKnown
        }
        batch.append(value)
        guard batch.count >= Self.batchSize else { return false }
        defer {
            batch.forEach { usual.add($0) }
            batch.removeAll(keepingCapacity: true)
        }
        let test = RankTest(usual.values, batch)
        let isOff = test.pValue < Self.significance && test.effect >= leastEffect
        return note(isOff ? measure(batch.sorted(), usual.values.sorted()) : nil)
    }

    private mutating func note(_ measured: Double?) -> Bool {
        let before = level
        contradictions = (measured != nil) == (level > 0) ? 0 : contradictions + 1
        if contradictions >= Self.batchesInARow {
            (level, contradictions) = (measured ?? 0, 0)
        } else if level > 0, let measured {
            level = measured
        }
        return level != before
    }
}
