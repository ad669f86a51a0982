import Testing

@testable import ProbeDaemon

struct AcceptedFormatTests {
    /// What Prometheus 2.42 sends.
    static let prometheus2 =
        "application/openmetrics-text;version=1.0.0,"
        + "application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"

    @Test(
        arguments: [
            (Self.prometheus2, .openMetrics), ("", .text), ("*/*", .text), ("text/*", .text),
            ("text/html", .text),
            (
                "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
                    + "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4",
                .openMetrics
            ),
            ("application/openmetrics-text", .text),
            ("application/openmetrics-text; version=0.0.1", .text),
            ("application/openmetrics-text; version=\"1.0.0\"; charset=utf-8", .openMetrics),
            ("APPLICATION/OpenMetrics-Text;VERSION=1.0.0", .openMetrics),
            ("text/plain;q=0.9,application/openmetrics-text;version=1.0.0;q=0.8", .text),
            ("text/plain,application/openmetrics-text;version=1.0.0", .text),
            ("application/openmetrics-text;version=1.0.0;q=0", .text),
            ("application/openmetrics-text;version=1.0.0;q=x", .text),
            ("application/openmetrics-text;version=1.0.0;q=nan", .text), (",;,=;;q=1,", .text),
            ("application/openmetrics-text;version=2.0.0,text/plain;version=0.0.4;q=0.1", .text),
            ("application/json", .json), ("application/json;q=0", .text), ("*/*;q=0.1,application/json;q=0.2", .json),
            ("application/json;q=0.5,text/plain;q=0.6", .text), ("application/json, text/plain, */*", .json),
            ("application/json;q=0.7,application/openmetrics-text;version=1.0.0", .openMetrics),
        ] as [(String, ScrapeFormat)])
    func theHighestWeightCounts(header: String, format: ScrapeFormat) {
        #expect(AcceptedFormat(header).format == format)
    }

    @Test(arguments: [
        (nil, "text/plain; version=0.0.4; charset=utf-8"),
        (prometheus2, "application/openmetrics-text; version=1.0.0; charset=utf-8"),
        (
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8",
            "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores"
        ),
        ("application/json;escaping=allow-utf-8", "application/json"),
    ])
    func theAnswerNamesItsType(header: String?, type: String) {
        #expect(AcceptedFormat(header).contentType == type)
    }
}
