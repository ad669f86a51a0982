internal import Observability

/// The catalogues that the rules read; nothing is counted in them.
enum Catalogs {
    static let bench = MetricCatalog()
    static let probe = HealthCatalog()
}
