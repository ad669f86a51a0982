/// A PromQL expression, and the series that it reads.
package struct Query: Sendable, Hashable, CustomStringConvertible {
    /// As PromQL writes it.
    package let text: String
    /// What it reads; a check holds their names and labels to the catalogue.
    package let series: Set<Series>
    /// Labels that it groups by.
    package let groupings: Set<String>

    /// As PromQL writes it.
    package var description: String { text }

    /// An expression from its text and from what stands in it.
    package init(_ text: String, series: Set<Series> = [], groupings: Set<String> = []) {
        (self.text, self.series, self.groupings) = (text, series, groupings)
    }

    /// The latest values.
    package init(_ series: Series) {
        self.init(series.selector, series: [series])
    }

    /// What a second adds on average.
    package static func rate(_ series: Series, over window: String) -> Query {
        Query("rate(\(series.selector)[\(window)])", series: [series])
    }

    /// What the window added.
    package static func increase(_ series: Series, over window: String) -> Query {
        Query("increase(\(series.selector)[\(window)])", series: [series])
    }

    /// A function of the window's values: `max_over_time`, `changes`.
    package static func over(_ function: String, _ series: Series, _ window: String) -> Query {
        Query("\(function)(\(series.selector)[\(window)])", series: [series])
    }

    /// Adds up, and keeps these labels.
    package func sum(by labels: String...) -> Query { aggregated("sum", by: labels) }

    /// The greatest, for each value of these labels.
    package func max(by labels: String...) -> Query { aggregated("max", by: labels) }

    /// How many, for each value of these labels.
    package func count(by labels: String...) -> Query { aggregated("count", by: labels) }

    /// A quantile of a histogram's buckets that were rated, `le` and these labels kept.
    package static func quantile(_ quantile: Double, of buckets: Query, by labels: String...) -> Query {
        let grouped = buckets.aggregated("sum", by: ["le"] + labels)
        return grouped.wrapped { "histogram_quantile(\(quantile), \($0))" }
    }

    /// The `count` greatest.
    package func top(_ count: Int) -> Query { wrapped { "topk(\(count), \($0))" } }

    /// The same inside something else: a function, a comparison.
    package func wrapped(_ wrap: (String) -> String) -> Query {
        Query(wrap(text), series: series, groupings: groupings)
    }

    /// Two expressions with an operator between them: `/`, `and`, `unless on (instance)`.
    package func joined(_ operation: String, _ other: Query) -> Query {
        Query(
            "(\(text)) \(operation) (\(other.text))", series: series.union(other.series),
            groupings: groupings.union(other.groupings))
    }

    /// The quotient of two expressions.
    package func divided(by other: Query) -> Query { joined("/", other) }

    /// What any of them gives.
    package static func any(of queries: [Query]) -> Query {
        Query(
            queries.map { "(\($0.text))" }.joined(separator: " or "),
            series: Set(queries.flatMap(\.series)), groupings: Set(queries.flatMap(\.groupings)))
    }

    /// 0 where there is nothing; for an expression without labels.
    package var orZero: Query { wrapped { "(\($0)) or vector(0)" } }

    /// What is greater; nothing else.
    package func above(_ bound: Int) -> Query { wrapped { "(\($0)) > \(bound)" } }

    private func aggregated(_ function: String, by labels: [String]) -> Query {
        let kept = labels.isEmpty ? "" : " by (\(labels.joined(separator: ", ")))"
        return Query("\(function)\(kept) (\(text))", series: series, groupings: groupings.union(labels))
    }
}
