import Testing

/// The example of the documentation does what its text says.
@Suite struct DocumentationExampleTests {
    @Test func theScrapeIsWhole() {
        #expect(
            scrapeAfterOneRequest() == """
                # HELP requests_total Requests that ended.
                # TYPE requests_total counter
                requests_total{outcome="success"} 1
                # HELP request_duration_seconds Time of a request.
                # TYPE request_duration_seconds histogram
                request_duration_seconds_bucket{le="0.1"} 0
                request_duration_seconds_bucket{le="1.0"} 1
                request_duration_seconds_bucket{le="+Inf"} 1
                request_duration_seconds_sum 0.25
                request_duration_seconds_count 1
                # HELP connections_active Connections that are open.
                # TYPE connections_active gauge
                connections_active 3

                """)
    }
}
