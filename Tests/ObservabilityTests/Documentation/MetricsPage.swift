import PrometheusClient

@testable import Observability

/// The article that lists every metric family, made from the catalogues.
struct MetricsPage {
    /// Where it is in the package.
    static let path = "Sources/ProbeDaemon/ProbeDaemon.docc/Metrics.md"

    /// Longer lists of label values stand once, at the end of the page.
    private static let longestListInPlace = 24

    private let bench = Self.families(of: MetricCatalog())
    private let health = Self.families(of: HealthCatalog())

    /// The whole page.
    var text: String {
        let sections = [
            Self.introduction, "## The bench", table(bench), "## The probe itself", table(health),
            "## Each family of the bench", entries(bench), "## Each family of the probe", entries(health),
            "## Long lists of label values", lists,
        ]
        return sections.joined(separator: "\n\n") + "\n"
    }

    private static let introduction = """
        # Metrics

        Every family on `/metrics`: name, type, unit, labels with their values, buckets.

        ## Overview

        Names, types, label values and buckets are a contract: dashboards and alerts depend on them. This page is made from
        the tables that declare the families, and a test compares the two.

        Some families are filled by what a tester tells itself (its tests and its database, see <doc:Events>). A family of which
        nothing was told has its HELP and TYPE lines and no sample; without labels, its number stays 0. The legs of an OTA
        session are counted a second after its end, each that was seen; they begin where the one before ended
        (<doc:OverTheAir>).

        A label value marked *open* is a name that a user or a bench supplies. A family takes \(Registry.defaultSeriesLimit)
        combinations of them; further ones count under `other`, and `cardlink_series_refused_total` counts how often. All other labels have
        closed lists. Durations are in seconds, sizes in bytes. Buckets are upper bounds, and `+Inf` follows the last one.

        `/metrics` is Prometheus text 0.0.4, and OpenMetrics 1.0 for who asks for it in `Accept`, as Prometheus does. There the
        buckets of commands and sessions have exemplars: the trace that a value was part of, where traces are exported.
        Prometheus keeps them with `--enable-feature=exemplar-storage`.
        """

    private static func families(of catalog: some Sendable) -> [FamilyDescriptor] {
        let registry = Registry()
        registry.registerAll(of: catalog)
        return registry.descriptors
    }

    private func table(_ families: [FamilyDescriptor]) -> String {
        let rows = families.map { family in
            "| `\(family.name)` | \(family.kind.rawValue) | \(family.unit.suffix) | "
                + "\(family.labels.map { "`\($0.name)`" }.joined(separator: ", ")) |"
        }
        return (["| Family | Type | Unit | Labels |", "|---|---|---|---|"] + rows).joined(separator: "\n")
    }

    private func entries(_ families: [FamilyDescriptor]) -> String {
        families.map { entry($0) }.joined(separator: "\n\n")
    }

    private func entry(_ family: FamilyDescriptor) -> String {
        var points = family.labels.map { label in
            "- `\(label.name)`: \(values(of: label, in: family))"
        }
        if !family.bucketBounds.isEmpty { points.append("- buckets: \(family.bucketBounds.joined(separator: " "))") }
        let head = "### \(family.name)\n\n\(family.help) \(kind(of: family))"
        return points.isEmpty ? head : head + "\n\n" + points.joined(separator: "\n")
    }

    private func kind(of family: FamilyDescriptor) -> String {
        let unit = family.unit.suffix
        return unit.isEmpty ? "*\(family.kind.rawValue)*" : "*\(family.kind.rawValue), \(unit)*"
    }

    private func values(of label: LabelSpec, in family: FamilyDescriptor) -> String {
        guard let domain = label.domain else { return family.kind == .info ? "a fact" : "*open*" }
        guard domain.count > Self.longestListInPlace else { return Self.list(domain) }
        let owner = longLists.first { $0.domain == domain }?.owner ?? family.name
        return "\(domain.count) values, those of `\(owner)` under *Long lists of label values*"
    }

    // MARK: Long lists

    /// Each long list once, under the first family that has it.
    private var longLists: [(owner: String, label: String, domain: [String])] {
        var lists: [(owner: String, label: String, domain: [String])] = []
        for family in bench + health {
            for label in family.labels {
                guard let domain = label.domain, domain.count > Self.longestListInPlace,
                    !lists.contains(where: { $0.domain == domain })
                else { continue }
                lists.append((family.name, label.name, domain))
            }
        }
        return lists
    }

    private var lists: String {
        longLists.map { "### \($0.label) of \($0.owner)\n\n\(Self.list($0.domain))" }.joined(separator: "\n\n")
    }

    private static func list(_ values: [String]) -> String {
        values.map { "`\($0)`" }.joined(separator: " ")
    }
}
