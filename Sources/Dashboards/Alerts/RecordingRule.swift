internal import Observability
internal import PrometheusClient

/// An expression whose values Prometheus keeps under a name, since several rules or panels ask for it.
package struct RecordingRule: Sendable {
    /// `level:metric:operation`.
    package let name: String
    /// What is kept.
    package let query: Query

    init(_ name: String, _ query: Query) { (self.name, self.query) = (name, query) }

    /// The values that were kept last.
    package var latest: Query { Query(name) }
}

/// How far rules look back.
enum RuleWindow: Int, CaseIterable {
    /// For what comes by the second.
    case tenMinutes = 600
    /// For what takes minutes itself.
    case halfHour = 1_800

    /// As PromQL writes it.
    var text: String { "\(rawValue / 60)m" }

    /// The probes that were scraped when the window began or are younger than that.
    var watched: RecordingRule {
        let start = Series(Catalogs.probe.processStartTime)
        return RecordingRule(
            "instance:cardlink_probe:watched\(text)",
            Query(
                "\(start.selector) offset \(text) or \(start.selector) > time() - \(rawValue)", series: [start]))
    }
}

extension Query {
    /// What the window added to counters, those that appeared in it too.
    ///
    /// `increase` sees nothing of a series that appears with the value 1, as the first failure does, nor of a run that
    /// begins and ends between two scrapes. A series that was not there when the window began has gained its whole value,
    /// provided that the probe was watched all the time.
    static func gained(_ series: Series, over window: RuleWindow) -> Query {
        let (counter, span) = (series.selector, window.text)
        return Query(
            """
            (\(counter) unless \(counter) offset \(span)) and on (job, instance) \(window.watched.name) \
            or increase(\(counter)[\(span)])
            """, series: [series], groupings: ["job", "instance"])
    }

    /// The sum over all values of these labels; those that a scrape gave its target stay.
    func sum(without label: String, _ others: String...) -> Query {
        let labels = [label] + others
        return Query(
            "sum without (\(labels.joined(separator: ", "))) (\(text))", series: series,
            groupings: groupings.union(labels))
    }

    /// The time that 95 % of a histogram's values did not exceed, what these labels tell apart taken together.
    static func quantile95(of buckets: Series, over window: RuleWindow, without label: String) -> Query {
        gained(buckets, over: window).sum(without: label).wrapped { "histogram_quantile(0.95, \($0))" }
    }

    /// What the window added to either of two counters with the same labels.
    static func gained(_ first: Series, or second: Series, over window: RuleWindow) -> Query {
        func marked(_ series: Series) -> Query {
            gained(series, over: window).wrapped { "label_replace(\($0), \"counter\", \"\(series.name)\", \"\", \"\")" }
        }
        return marked(first).joined("or", marked(second)).sum(without: "counter")
    }

    /// Where more than a share of `whole` is `part`, and `whole` is enough to judge by.
    static func share(
        _ part: RecordingRule, of whole: RecordingRule, above limit: Double, minimum: Double
    ) -> Query {
        Query(
            "\(part.name) / \(whole.name) > \(RuleText.of(limit)) and \(whole.name) >= \(RuleText.of(minimum))")
    }

    /// Where it is above a limit.
    func exceeding(_ limit: Double) -> Query { wrapped { "\($0) > \(RuleText.of(limit))" } }

    /// Where it reaches a limit.
    func atLeast(_ limit: Double) -> Query { wrapped { "\($0) >= \(RuleText.of(limit))" } }

    /// The same where a set operator (`and`, `unless`, with `on`) lets it be; a comparison in it needs no brackets.
    func with(_ operation: String, _ other: Query) -> Query {
        Query(
            "\(text) \(operation) \(other.text)", series: series.union(other.series),
            groupings: groupings.union(other.groupings))
    }
}
