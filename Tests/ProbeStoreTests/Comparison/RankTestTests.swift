import Testing

@testable import ProbeStore

/// The rank test, against values of SciPy 1.17.1 (`mannwhitneyu(second, first, method="asymptotic")`), and the correction
/// for many, against those of statsmodels 0.15.0 (`multipletests(values, method="holm")`).
@Suite struct RankTestTests {
    struct Row: Sendable {
        var first: [UInt64]
        var second: [UInt64]
        var u: Double
        var pValue: Double
    }

    private static let rows = [
        Row(first: [1, 2, 3, 4, 5], second: [2, 3, 4, 5, 9], u: 17, pValue: 0.39761475195653073),
        Row(first: [1, 2, 3, 4, 5, 6], second: [7, 8, 9, 10, 11, 12], u: 36, pValue: 0.005074868097940253),
        Row(
            first: [530, 540, 512, 700, 533, 561, 590, 540, 540, 519],
            second: [530, 541, 513, 690, 534, 562, 588, 2540, 541, 519], u: 58, pValue: 0.5697331202732221),
        Row(
            first: [
                55, 52, 56, 60, 50, 51, 58, 51, 55, 59, 50, 58, 53, 50, 51, 56, 56, 51, 53, 51, 58, 56, 50, 59, 51, 53,
                60, 60,
                59, 50, 59, 59, 56, 50, 53, 50, 58, 52, 54, 56,
            ],
            second: [
                54, 60, 53, 61, 56, 60, 62, 54, 53, 61, 61, 62, 55, 57, 53, 60, 63, 53, 61, 52, 61, 55, 59, 62, 60, 58,
                64, 57,
                59, 61, 59, 57, 56,
            ], u: 1024.5, pValue: 5.132377723202392e-05),
        Row(first: [5], second: [7, 7, 7], u: 3, pValue: 0.24821307898992362),
        // All equal: there is nothing to tell.
        Row(first: Array(repeating: 10, count: 8), second: Array(repeating: 10, count: 8), u: 32, pValue: 1),
        Row(first: [], second: [1], u: 0, pValue: 1),
    ]

    @Test(arguments: rows) func hasSciPysValues(_ row: Row) {
        let test = RankTest(row.first, row.second)
        #expect(test.u == row.u)
        #expect(abs(test.pValue - row.pValue) < 1e-12, "\(test.pValue)")
        // The other way round it is as likely, with the opposite effect.
        let turned = RankTest(row.second, row.first)
        #expect(abs(turned.pValue - test.pValue) < 1e-12 && abs(turned.effect + test.effect) < 1e-12)
    }

    @Test func theEffectIsThatOfThePairs() {
        #expect(RankTest([1, 2, 3], [4, 5]).effect == 1)
        #expect(RankTest([4, 5], [1, 2, 3]).effect == -1)
        // Of six pairs four are larger, one is equal, one smaller.
        #expect(abs(RankTest([1, 3], [2, 3, 4]).effect - 0.5) < 1e-12)
    }

    @Test(arguments: [
        ([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02]), ([0.5, 0.9, 1], [1, 1, 1]), ([], []),
        ([0.001, 0.001, 0.2, 0.04, 0.0002, 0.7], [0.005, 0.005, 0.4, 0.12, 0.0012, 0.7]),
    ])
    func manyAreNoMoreLikelyToErr(values: [Double], adjusted: [Double]) {
        let found = RankTest.holm(values)
        #expect(found.count == adjusted.count && zip(found, adjusted).allSatisfy { abs($0 - $1) < 1e-12 }, "\(found)")
    }
}
