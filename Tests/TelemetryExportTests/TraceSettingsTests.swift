import Observability
import Testing

@testable import TelemetryExport

/// The variables that OpenTelemetry gives every program.
@Suite struct TraceSettingsTests {
    private final class Warnings {
        var lines: [String] = []
    }

    private static func read(_ variables: [String: String]) -> (settings: TraceSettings?, warnings: [String]) {
        let warnings = Warnings()
        let settings = TraceSettings(ExportVariables({ variables[$0] }) { warnings.lines.append($0) })
        return (settings, warnings.lines)
    }

    @Test(
        arguments: [
            ([:], nil), (["OTEL_EXPORTER_OTLP_ENDPOINT": "http://h:4318"], "http://h:4318/v1/traces"),
            (["OTEL_EXPORTER_OTLP_ENDPOINT": "https://h/base/"], "https://h/base/v1/traces"),
            (["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://h:1/x"], "http://h:1/x"),
            (
                ["OTEL_EXPORTER_OTLP_ENDPOINT": "http://h", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://t"],
                "http://t"
            ),
            // Empty is unset.
            (["OTEL_EXPORTER_OTLP_ENDPOINT": " "], nil),
            (["OTEL_TRACES_EXPORTER": "otlp"], "http://localhost:4318/v1/traces"),
            (["OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://h"], nil),
            (["OTEL_TRACES_EXPORTER": "none, otlp", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://h"], "http://h/v1/traces"),
            (["OTEL_SDK_DISABLED": "TRUE", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://h"], nil),
            // Only "true" is true.
            (["OTEL_SDK_DISABLED": "1", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://h"], "http://h/v1/traces"),
        ] as [([String: String], String?)])
    func endpoints(variables: [String: String], endpoint: String?) {
        let read = Self.read(variables)
        #expect(read.settings?.export.endpoint == endpoint && read.warnings.isEmpty)
    }

    @Test(arguments: ["h:4318", "ftp://h", "http://", "http://:80", "http:///v1", "http://h\nx", "http://h é"])
    func badEndpoints(endpoint: String) {
        let read = Self.read(["OTEL_EXPORTER_OTLP_ENDPOINT": endpoint])
        #expect(read.settings == nil)
        #expect(
            read.warnings == [
                "OTEL_EXPORTER_OTLP_ENDPOINT is no URL that begins with http:// or https:// and names a host; "
                    + "exporting nothing"
            ])
    }

    @Test func everythingElse() throws {
        let read = Self.read([
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://h", "OTEL_EXPORTER_OTLP_HEADERS": "a=1",
            "OTEL_EXPORTER_OTLP_TRACES_HEADERS": "api-key = s%2Cx , b=2", "OTEL_EXPORTER_OTLP_TIMEOUT": "2000",
            "OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.25",
            "OTEL_BSP_MAX_QUEUE_SIZE": "100", "OTEL_BSP_SCHEDULE_DELAY": "250", "OTEL_SPAN_EVENT_COUNT_LIMIT": "3",
            "OTEL_RESOURCE_ATTRIBUTES": "service.name=x,bench=left%20one", "OTEL_SERVICE_NAME": "tester",
        ])
        var wanted = TraceSettings(ExportSettings(endpoint: "http://h/v1/traces"))
        wanted.export.headers = [.init(name: "api-key", value: "s,x"), .init(name: "b", value: "2")]
        wanted.export.timeout = .milliseconds(2_000)
        wanted.sampler = .ratio(0.25)
        (wanted.batch.queueSize, wanted.batch.batchSize, wanted.batch.delay) = (100, 100, .milliseconds(250))
        wanted.limits.events = 3
        wanted.export.resource = [Attribute("bench", "left one"), Attribute("service.name", "tester")]
        #expect(read.settings == wanted && read.warnings.isEmpty)
    }

    /// Warned of, ignored, and no value of a header is told.
    @Test(arguments: [
        ("OTEL_TRACES_SAMPLER", "often", "OTEL_TRACES_SAMPLER 'often' is no sampler; using parentbased_always_on"),
        (
            "OTEL_BSP_MAX_QUEUE_SIZE", "-1",
            "OTEL_BSP_MAX_QUEUE_SIZE '-1' is no whole number from 1 to 1000000; ignored"
        ),
        (
            "OTEL_EXPORTER_OTLP_TIMEOUT", "10s",
            "OTEL_EXPORTER_OTLP_TIMEOUT '10s' is no time in milliseconds, 1 to 86400000; ignored"
        ),
        (
            "OTEL_EXPORTER_OTLP_HEADERS", "api-key",
            "OTEL_EXPORTER_OTLP_HEADERS is no list of key=value with percent-encoded values; ignored"
        ),
        (
            "OTEL_EXPORTER_OTLP_HEADERS", "a=%0Ax",
            "OTEL_EXPORTER_OTLP_HEADERS has a header whose name or value HTTP forbids; it is left out"
        ),
        (
            "OTEL_RESOURCE_ATTRIBUTES", "a=%4",
            "OTEL_RESOURCE_ATTRIBUTES is no list of key=value with percent-encoded values; ignored"
        ),
    ])
    func whatCannotBeRead(name: String, value: String, warning: String) {
        let read = Self.read(["OTEL_EXPORTER_OTLP_ENDPOINT": "http://h", name: value])
        #expect(
            read.settings == TraceSettings(ExportSettings(endpoint: "http://h/v1/traces")) && read.warnings == [warning]
        )
    }

    @Test(arguments: [
        ("OTEL_TRACES_EXPORTER", "zipkin", "OTEL_TRACES_EXPORTER 'zipkin' is neither otlp nor none; exporting nothing"),
        (
            "OTEL_EXPORTER_OTLP_PROTOCOL", "grpc",
            "traces go out by http/protobuf only, not by 'grpc'; exporting nothing"
        ),
    ])
    func whatIsNotThere(name: String, value: String, warning: String) {
        let read = Self.read(["OTEL_EXPORTER_OTLP_ENDPOINT": "http://h", name: value])
        #expect(read.settings == nil && read.warnings == [warning])
    }

    @Test(arguments: [
        ("http://h/v1", "http://h/v1"), ("http://user:pw@h/v1?key=1", "http://h/v1"), ("http://a@b@h", "http://h"),
    ])
    func noSecretIsShown(endpoint: String, shown: String) {
        #expect(ExportSettings(endpoint: endpoint).shownEndpoint == shown)
    }
}
