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

    /// Of gRPC host and port count; the scheme says whether TLS is spoken, and without one a variable does.
    @Test(
        arguments: [
            ([:], "http://localhost:4317", "localhost", 4317), (["ENDPOINT": "http://h"], "http://h", "h", 4317),
            (["ENDPOINT": "https://h"], "https://h", "h", 443),
            (["TRACES_ENDPOINT": "http://h:1/path"], "http://h:1/path", "h", 1),
            (["ENDPOINT": "h:4317"], "https://h:4317", "h", 4317),
            (["ENDPOINT": "h:4317", "INSECURE": "true"], "http://h:4317", "h", 4317),
            (["ENDPOINT": "h:4317", "TRACES_INSECURE": "TRUE", "INSECURE": "no"], "http://h:4317", "h", 4317),
            (["ENDPOINT": "https://h:4317", "INSECURE": "true"], "https://h:4317", "h", 4317),
            (["ENDPOINT": "http://[::1]:5"], "http://[::1]:5", "::1", 5),
            (["ENDPOINT": "http://[::1]"], "http://[::1]", "::1", 4317),
            (["ENDPOINT": "http://127.0.0.1:5"], "http://127.0.0.1:5", "127.0.0.1", 5),
        ] as [([String: String], String, String, Int)])
    func grpcEndpoints(variables: [String: String], url: String, host: String, port: Int) throws {
        let all = Dictionary(uniqueKeysWithValues: variables.map { ("OTEL_EXPORTER_OTLP_\($0)", $1) })
        let read = Self.read(
            all.merging(["OTEL_EXPORTER_OTLP_PROTOCOL": "grpc", "OTEL_TRACES_EXPORTER": "otlp"]) { $1 })
        #expect(read.settings?.export.endpoint == url && read.settings?.export.wire == .grpc && read.warnings.isEmpty)
        let endpoint = try #require(GRPCEndpoint(url))
        #expect(endpoint.port == port && endpoint.isSecure == url.hasPrefix("https"))
        switch endpoint.host {
        case .name(let name), .ipv4(let name), .ipv6(let name): #expect(name == host)
        }
    }

    @Test(arguments: ["", "h:x", "h:0", "h:65536", "http://", "ftp://h", "http://u:p@h:1", "http://::1:5", "[::1"])
    func badGRPCEndpoints(endpoint: String) {
        let read = Self.read([
            "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
        ])
        #expect(read.settings == nil)
        let warning =
            "OTEL_EXPORTER_OTLP_ENDPOINT is no HOST:PORT, alone or behind http:// or https://; exporting nothing"
        #expect(read.warnings == (endpoint.isEmpty ? [] : [warning]))
    }

    @Test func everythingElse() throws {
        let read = Self.read([
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://h", "OTEL_EXPORTER_OTLP_HEADERS": "a=1",
            "OTEL_EXPORTER_OTLP_TRACES_HEADERS": "api-key = s%2Cx , b=2", "OTEL_EXPORTER_OTLP_TIMEOUT": "2000",
            "OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.25",
            "OTEL_EXPORTER_OTLP_COMPRESSION": "none", "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION": "gzip",
            "OTEL_BSP_EXPORT_TIMEOUT": "700", "OTEL_BSP_MAX_QUEUE_SIZE": "100", "OTEL_BSP_SCHEDULE_DELAY": "250",
            "OTEL_SPAN_EVENT_COUNT_LIMIT": "3",
            "OTEL_RESOURCE_ATTRIBUTES": "service.name=x,bench=left%20one", "OTEL_SERVICE_NAME": "tester",
        ])
        var wanted = TraceSettings(ExportSettings(endpoint: "http://h/v1/traces"))
        wanted.export.headers = [.init(name: "api-key", value: "s,x"), .init(name: "b", value: "2")]
        wanted.export.timeout = .milliseconds(2_000)
        wanted.sampler = .ratio(0.25)
        (wanted.batch.queueSize, wanted.batch.batchSize, wanted.batch.delay) = (100, 100, .milliseconds(250))
        wanted.batch.exportTimeout = .milliseconds(700)
        wanted.export.isCompressed = true
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
            "OTEL_EXPORTER_OTLP_COMPRESSION", "zstd",
            "OTEL_EXPORTER_OTLP_COMPRESSION 'zstd' is neither gzip nor none; not compressing"
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
            "OTEL_EXPORTER_OTLP_PROTOCOL", "http/json",
            "OTEL_EXPORTER_OTLP_PROTOCOL 'http/json' is neither grpc nor http/protobuf; exporting nothing"
        ),
        (
            "OTEL_EXPORTER_OTLP_CERTIFICATE", "/no/such.pem",
            "OTEL_EXPORTER_OTLP_CERTIFICATE: /no/such.pem cannot be read: No such file or directory; exporting nothing"
        ),
        (
            "OTEL_EXPORTER_OTLP_CERTIFICATE", "/etc/hostname",
            "OTEL_EXPORTER_OTLP_CERTIFICATE: certificates or key are no PEM, or do not belong together; "
                + "exporting nothing"
        ),
        (
            "OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY", "/etc/hostname",
            "OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY: a client certificate and its key go together; exporting nothing"
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
