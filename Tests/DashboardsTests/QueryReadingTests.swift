import TestSupport
import Testing

@testable import Dashboards

@Suite struct QueryReadingTests {
    @Test(arguments: [
        ("up", ["up"], []),
        ("rate(a_total[5m])", ["a_total"], []),
        ("sum by (x, y) (rate(a{b=\"c\"}[$__rate_interval]))", ["a"], ["x", "y"]),
        ("sum(a) by (x)", ["a"], ["x"]),
        ("SUM BY(x)(a) / ON(y) GROUP_LEFT() b", ["a", "b"], ["x", "y"]),
        ("a offset 5m > bool 0.5e3", ["a"], []),
        ("a and b or c unless d", ["a", "b", "c", "d"], []),
        ("{__name__=\"a:b\", c=~\"d|e\"}", ["a:b"], []),
        ("max_over_time((a)[1h:$window]) # b{", ["a"], []),
        ("label_replace(a, \"new\", \"$1\", \"old\", \"(.*)\")", ["a"], []),
        ("histogram_quantile(0.9, sum by (le) (b_bucket))", ["b_bucket"], ["le"]),
        ("count_values(\"v\", a)", ["a"], []),
        ("sum", ["sum"], []),
        ("vector(0) + time() + NaN + Inf", [], []),
    ])
    func namesAndGroupings(_ expression: String, _ names: [String], _ groupings: [String]) {
        let reading = QueryReading(expression)
        #expect(reading.selectors.map(\.metric) == names)
        #expect(reading.groupings == groupings)
        #expect(reading.fault == nil)
    }

    @Test func conditions() {
        let reading = QueryReading(#"a{b="c\"}",d!~'${e:regex}',f=$g,}"#)
        #expect(
            reading.selectors == [
                .init(
                    metric: "a",
                    conditions: [
                        .init(label: "b", comparison: "=", value: #"c\"}"#),
                        .init(label: "d", comparison: "!~", value: "${e:regex}"),
                        .init(label: "f", comparison: "=", value: "$"),
                    ])
            ])
        #expect(QueryReading(#"label_replace(up{a="b"}, "new", "$1", "old", ".*")"#).made == ["new"])
    }

    @Test(arguments: [
        ("", "there is no query"), ("a{b=\"c}", "a quoted text has no end"), ("a{b=\"c\"", "'}' is missing at its end"),
        ("sum(a", "')' is missing at its end"), ("a)", "')' closes nothing"), ("rate(a[5m)", "')' closes nothing"),
    ])
    func whatIsNoExpression(_ expression: String, _ fault: String) {
        #expect(QueryReading(expression).fault == fault)
    }

    /// Any text gives a reading; signs of PromQL more often than others.
    @Test func anyText() {
        var random = SeededGenerator(seed: 3)
        let check = QueryCheck()
        let parts = [
            "a", "sum", "by", "(", ")", "{", "}", "[", "]", "\"", "'", "`", "\\", "$", "${", "=~", "=", ",", "#", "\n",
            "5m", "é", "\0", "label_replace",
        ]
        for round in 0..<randomRounds {
            let length = Int.random(in: 0...24, using: &random)
            let text = (0..<length).compactMap { _ in parts.randomElement(using: &random) }.joined()
            _ = QueryReading(text)
            // To look for the nearest name takes longer.
            if round % 50 == 0 { _ = check.faults(in: text) + check.faults(inLegend: text, of: text) }
        }
    }
}
