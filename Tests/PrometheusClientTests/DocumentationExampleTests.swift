import Testing

/// The example of the documentation does what its text says.
@Suite struct DocumentationExampleTests {
    @Test func theScrapeIsWhole() {
        #expect(
            scrapeAfterOneRequest() == """
                # TYPE requests counter
                # HELP requests Requests that ended.
                requests_total{outcome="success"} 1
                # TYPE request_duration_seconds histogram
                # UNIT request_duration_seconds seconds
                # HELP request_duration_seconds Time of a request.
                request_duration_seconds_bucket{le="0.1"} 0
                request_duration_seconds_bucket{le="1.0"} 1 # {trace_id="4bf92f35"} 0.25 1700000000
                request_duration_seconds_bucket{le="+Inf"} 1
                request_duration_seconds_sum 0.25
                request_duration_seconds_count 1
                # TYPE connections_active gauge
                # HELP connections_active Connections that are open.
                connections_active 3
                # EOF

                """)
    }
}
