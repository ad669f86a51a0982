import Observability
import TelemetryExport
import TestSupport
import Testing

@testable import ProbeDaemon

/// Keys of ours and variables of OpenTelemetry that say the same thing.
struct TracingVariablesTests {
    /// Where a row's words stand.
    struct Words: Sendable {
        var options: [String: [String]] = [:]
        var environment: [String: String] = [:]
        var file = ""
    }

    private static let otlp = "OTEL_EXPORTER_OTLP_ENDPOINT"

    @Test(
        arguments: [
            (Words(), nil),
            // CardLink's, as it has them.
            (Words(environment: ["GP_OTLP_ENDPOINT": "h:4317"]), "grpc http://h:4317"),
            (Words(environment: ["GP_OTLP_ENDPOINT": "h:4317", "GP_OTLP_PROTOCOL": "grpc"]), "grpc http://h:4317"),
            (
                Words(environment: ["GP_OTLP_ENDPOINT": "h:4318", "GP_OTLP_PROTOCOL": "http"]),
                "http http://h:4318/v1/traces"
            ),
            (
                Words(environment: ["GP_OTLP_ENDPOINT": "h:4318", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"]),
                "http http://h:4318/v1/traces"
            ),
            (Words(environment: ["GP_OTLP_ENDPOINT": "h:1", "GP_TRACING_ENABLED": "false"]), nil),
            (Words(environment: ["GP_TRACING_ENABLED": "true"]), "http http://localhost:4318/v1/traces"),
            (
                Words(environment: ["GP_TRACING_ENABLED": "true", "GP_OTLP_PROTOCOL": "grpc"]),
                "grpc http://localhost:4317"
            ),
            // URLs.
            (Words(file: "tracing: {endpoint: 'https://h'}"), "http https://h/v1/traces"),
            (Words(file: "tracing: {endpoint: 'https://h/'}"), "http https://h/v1/traces"),
            (Words(file: "tracing: {endpoint: 'https://h/own'}"), "http https://h/own"),
            (Words(file: "tracing: {endpoint: 'https://h:1', protocol: grpc}"), "grpc https://h:1"),
            // The key goes before OpenTelemetry's variable, and the variable before the file.
            (
                Words(
                    environment: [otlp: "http://o", "CARDLINK_TRACING_ENDPOINT": "http://v"],
                    file: "tracing: {endpoint: 'http://f'}"),
                "http http://v/v1/traces"
            ),
            (
                Words(
                    options: ["tracing.endpoint": ["http://c"]],
                    environment: ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://o"]),
                "http http://c/v1/traces"
            ),
            (
                Words(environment: [otlp: "http://o"], file: "tracing: {endpoint: 'f:1'}"),
                "http http://o/v1/traces"
            ),
            (Words(environment: [otlp: ""], file: "tracing: {endpoint: 'f:1'}"), "grpc http://f:1"),
            (
                Words(
                    environment: ["OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"],
                    file: "tracing: {endpoint: 'f:1', protocol: http}"),
                "grpc http://f:1"
            ),
            (Words(environment: [otlp: "http://o", "OTEL_SDK_DISABLED": "true"]), nil),
            (
                Words(
                    options: ["tracing.enabled": ["true"]],
                    environment: [otlp: "http://o", "OTEL_SDK_DISABLED": "true"]),
                "http http://o/v1/traces"
            ),
            (
                Words(
                    environment: [otlp: "http://o", "OTEL_TRACES_EXPORTER": "none"], file: "tracing: {enabled: true}"),
                nil
            ),
            (Words(environment: [otlp: "http://o"], file: "tracing: {enabled: false}"), nil),
        ] as [(Words, String?)])
    func whereSpansGo(words: Words, to destination: String?) async throws {
        let (traces, warnings) = try await Self.read(words)
        #expect(traces.map { "\($0.export.wire) \($0.export.endpoint)" } == destination && warnings.isEmpty)
    }

    @Test(
        arguments: [
            (Words(), .parentBased(.alwaysOn), []),
            (
                Words(environment: [
                    "GP_TRACE_SAMPLE_RATE": "0.5", "GP_SERVICE_NAME": "tester", "GP_SERVICE_VERSION": "2",
                ]),
                .parentBased(.ratio(0.5)), [Attribute("service.name", "tester"), Attribute("service.version", "2")]
            ),
            (
                Words(
                    environment: ["OTEL_TRACES_SAMPLER": "always_on", "OTEL_SERVICE_NAME": "o"],
                    file: "tracing: {sample_rate: 0.1, service_name: f}"),
                .alwaysOn, [Attribute("service.name", "o")]
            ),
            (
                Words(
                    options: ["tracing.sample_rate": ["0"]],
                    environment: [
                        "OTEL_TRACES_SAMPLER": "always_on", "OTEL_RESOURCE_ATTRIBUTES": "a=b,service.name=r",
                    ],
                    file: "tracing: {service_name: f}"),
                .parentBased(.ratio(0)), [Attribute("a", "b"), Attribute("service.name", "r")]
            ),
            (
                Words(
                    environment: ["CARDLINK_TRACING_SERVICE_NAME": "v", "OTEL_SERVICE_NAME": "o"],
                    file: "tracing: {service_version: 3, sample_rate: 0.1}"),
                .parentBased(.ratio(0.1)), [Attribute("service.name", "v"), Attribute("service.version", "3")]
            ),
        ] as [(Words, Sampler, [Attribute])])
    func whatIsKeptAndWhoSpeaks(words: Words, sampler: Sampler, resource: [Attribute]) async throws {
        var words = words
        words.environment["OTEL_TRACES_EXPORTER"] = "otlp"
        let (read, warnings) = try await Self.read(words)
        let traces = try #require(read)
        #expect(traces.sampler == sampler && traces.export.resource == resource && warnings.isEmpty)
    }

    private static func read(_ words: Words) async throws -> (TraceSettings?, [String]) {
        final class Warnings { var lines: [String] = [] }
        let folder = try TemporaryFolder()
        let file = words.file.isEmpty ? nil : try folder.write(words.file, to: "config.yaml")
        let sources = ConfigSources(file: file, environment: words.environment, options: words.options)
        let warnings = Warnings()
        let read = ExportVariables({ words.environment[$0] }) { warnings.lines.append($0) }
        return (TracingVariables(try await sources.load(), read).export(), warnings.lines)
    }
}
