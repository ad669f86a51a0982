internal import Glibc

/// Whether the values of one sample are larger than those of another: the rank test of Mann and Whitney, two-sided, by its
/// normal approximation with corrections for ties and continuity.
///
/// It asks nothing of how the values are distributed: times of cards have long tails.
struct RankTest: Equatable {
    /// How often a value of the second sample is larger than one of the first, ties as halves.
    var u: Double
    /// How likely a difference as large as this one is by chance; 1 where there is nothing to tell.
    var pValue: Double
    /// Cliff's delta, -1 to 1: how much more often the second sample's value is the larger than the smaller one.
    var effect: Double

    /// Compares two samples.
    init(_ first: [UInt64], _ second: [UInt64]) {
        let (n, m) = (Double(first.count), Double(second.count))
        guard !first.isEmpty, !second.isEmpty else {
            (u, pValue, effect) = (0, 1, 0)
            return
        }
        let all = (first.map { ($0, false) } + second.map { ($0, true) }).sorted { $0.0 < $1.0 }
        var (rankSum, ties) = (0.0, 0.0)
        var index = 0
        while index < all.count {
            var (end, ofSecond) = (index, 0)
            while end < all.count, all[end].0 == all[index].0 {
                if all[end].1 { ofSecond += 1 }
                end += 1
            }
            // Ranks begin with 1; equal values share theirs.
            rankSum += Double(ofSecond) * Double(index + 1 + end) / 2
            let count = Double(end - index)
            ties += count * count * count - count
            index = end
        }
        u = rankSum - m * (m + 1) / 2
        effect = 2 * u / (n * m) - 1
        let total = n + m
        let variance = n * m / 12 * (total + 1 - ties / (total * max(1, total - 1)))
        guard variance > 0 else {
            pValue = 1
            return
        }
        let z = max(0, abs(u - n * m / 2) - 0.5) / variance.squareRoot()
        pValue = min(1, erfc(z / 2.0.squareRoot()))
    }

    /// What becomes of values of several tests at once, so that many are no more likely to err than one (Holm 1979).
    static func holm(_ values: [Double]) -> [Double] {
        var adjusted = values
        var least = 0.0
        for (rank, index) in values.indices.sorted(by: { values[$0] < values[$1] }).enumerated() {
            least = max(least, min(1, values[index] * Double(values.count - rank)))
            adjusted[index] = least
        }
        return adjusted
    }
}
