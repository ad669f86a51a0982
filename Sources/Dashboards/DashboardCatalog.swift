/// All dashboards, in the order in which one looks at them.
package enum DashboardCatalog {
    /// From many benches to a single one's tests.
    package static let all: [Dashboard] = [
        BenchOverviewDashboard().dashboard, OTAOverviewDashboard().dashboard, APDUAnalysisDashboard().dashboard,
        DeviceStatusDashboard().dashboard, TestResultsDashboard().dashboard,
    ]
}
