import Foundation
import TestSupport

@testable import Dashboards

/// What Grafana puts into a query before Prometheus sees it.
struct GrafanaVariables {
    /// The time that a dashboard shows.
    let rangeSeconds: Int
    /// Four scrapes, as Grafana has it at least.
    var rateSeconds = 4
    /// Values that were chosen; `$__all` is every one that there is.
    var chosen: [String: [String]] = [:]

    /// The query with its variables filled in.
    func filled(_ text: String) -> String {
        let own = [
            "__rate_interval": "\(rateSeconds)s", "__range": "\(rangeSeconds)s", "__interval": "1s", "window": "5s",
        ]
        let values = own.merging(chosen.mapValues(Self.pattern)) { own, _ in own }
        // The longest first: one name may begin another.
        return values.sorted { $0.key.count > $1.key.count }.reduce(text) { $0.replacing("$" + $1.key, with: $1.value) }
    }

    /// One of these values, for `=~`; what a pattern would take for a sign of its own is escaped twice.
    private static func pattern(_ values: [String]) -> String {
        let escaped = values.map { value in
            value.map { "\\^$.|?*+()[]{}/".contains($0) ? "\\\\\($0)" : "\($0)" }.joined()
        }
        return escaped.count == 1 ? escaped[0] : "(" + escaped.joined(separator: "|") + ")"
    }
}

extension Dashboard {
    /// Every query of every panel and annotation, filled in.
    func queries(_ variables: GrafanaVariables) -> [NamedQuery] {
        let asked = panels.flatMap { panel in
            panel.targets.enumerated().map { index, target in
                let isRange = target.shape == .series || target.shape == .buckets
                return NamedQuery(
                    "\(uid): \(panel.title) \(Target.name(index))", variables.filled(target.query.text),
                    at: isRange ? .last(seconds: variables.rangeSeconds) : .now)
            }
        }
        return asked
            + annotations.map {
                NamedQuery(
                    "\(uid): annotation \($0.name)", variables.filled($0.query.text),
                    at: .last(seconds: variables.rangeSeconds))
            }
    }
}
