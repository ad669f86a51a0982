import Observability
import Testing

@testable import Dashboards

@Suite struct QueryTests {
    private let catalog = MetricCatalog()

    @Test func selectorsAreWrittenAsPromQLReadsThem() {
        let series = Series(catalog.apduCommands).matching("command", .matchesNot, "a\\b\"c")
        #expect(series.selector == #"cardlink_apdu_commands_total{command!~"a\\b\"c"}"#)
    }

    @Test func aQuantileKeepsTheBucketsBound() {
        let buckets = Query.rate(Series(catalog.apduResponseTime, .bucket), over: "5m")
        let query = Query.quantile(0.95, of: buckets, by: "command")
        #expect(
            query.text
                == "histogram_quantile(0.95, sum by (le, command) (rate(cardlink_apdu_response_time_seconds_bucket[5m])))"
        )
        #expect(query.groupings == ["le", "command"])
    }
}
