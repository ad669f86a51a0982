import Observability
import ProbeEvents
import TestSupport
import Testing

@testable import TelemetryExport

/// Both wires, against a server of the official grpcio or of Python's own HTTP, read by the official opentelemetry-proto.
@Suite(.serialized) struct WireTests {
    /// The names of the spans that a sink has are those that were made, in order, each once.
    private static let names = (0..<50).map { "s\($0)" }

    @Test func everythingInASpanArrivesOverGRPC() async throws {
        let sink = try TraceSink(wire: .grpc)
        var settings = Self.settings(sink, .grpc)
        settings.export.headers = [.init(name: "API-Key", value: "s,x")]
        settings.export.resource = [Attribute("service.name", "tester")]
        let export = TraceExport(settings)
        let remote = try #require(
            SpanContext(
                traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".utf8, tracestate: "a=1".utf8))
        let span = export.spans.start("SELECT", kind: .client, parent: remote)
        span.set("text", "é\"\n")
        span.end()
        export.spans.start("child", parent: span.context).end()
        #expect(await export.finish(within: .seconds(10)).lost == 0)

        let spans = try sink.spans
        #expect(sink.requests == ["/opentelemetry.proto.collector.trace.v1.TraceService/Export OK"])
        try #require(spans.map(\.name) == ["SELECT", "child"])
        let (told, child) = (spans[0], spans[1])
        #expect(told.trace_id == "4bf92f3577b34da6a3ce929d0e0e4736" && told.parent_span_id == "00f067aa0ba902b7")
        #expect(told.span_id == span.context.spanID.description && child.parent_span_id == told.span_id)
        #expect(told.start == span.data.startNanoseconds && told.end >= told.start)
        #expect(told.attributes == ["text": "é\"\n"] && told.resource["service.name"] == "tester")
        #expect(told.headers["api-key"] == "s,x")
        #expect(told.headers["user-agent"]?.hasPrefix("CardLink-Probe/") == true)
    }

    /// What may be taken later is sent again until it is; RetryInfo goes before our own pause.
    @Test(arguments: [
        ["UNAVAILABLE", "ABORTED", "DEADLINE_EXCEEDED", "CANCELLED", "OUT_OF_RANGE", "DATA_LOSS"],
        ["RESOURCE_EXHAUSTED:1"], ["UNAVAILABLE:1", "ABORTED"],
    ])
    func nothingIsLostOverGRPC(answers: [String]) async throws {
        let sink = try TraceSink(answers: answers, wire: .grpc)
        let told = Told()
        let begin = ContinuousClock.now
        let export = Self.export(Self.settings(sink, .grpc), told)
        #expect(try await eventually(within: 20) { try sink.spans.count == 50 })
        #expect(await export.finish(within: .seconds(10)).lost == 0)
        #expect(try sink.spans.map(\.name) == Self.names && told.dropped.isEmpty)
        #expect(sink.requests.count == answers.count + 1)
        #expect(told.failures.values.reduce(0, +) == UInt64(answers.count) && told.lines.count == 2)
        if answers[0].hasSuffix(":1") { #expect(ContinuousClock.now - begin >= .seconds(1)) }
    }

    @Test(arguments: [
        "RESOURCE_EXHAUSTED", "INVALID_ARGUMENT", "UNAUTHENTICATED", "PERMISSION_DENIED", "INTERNAL", "UNKNOWN",
        "UNIMPLEMENTED",
    ])
    func whatIsRefusedOverGRPCIsDroppedAndCounted(code: String) async throws {
        let sink = try TraceSink(answers: [code, "partial:2"], wire: .grpc)
        let told = Told()
        var settings = Self.settings(sink, .grpc)
        settings.batch.batchSize = 25
        let export = Self.export(settings, told)
        let end = await export.finish(within: .seconds(10))
        #expect(end.lost == 27 && end.reason == "2 spans rejected: too old")
        #expect(told.dropped == [.rejected: 27] && told.failures == [.rejected: 1] && sink.requests.count == 2)
        #expect(told.lines.first?.contains("\(code) not now") == true)
    }

    /// A connection is made anew when the server is back, and what came in between is in the queue.
    @Test(arguments: [TraceSink.Wire.http, .grpc])
    func aServerThatEndsInTheMidstAndReturns(wire: TraceSink.Wire) async throws {
        let told = Told()
        let first = try TraceSink(wire: wire)
        let settings = Self.settings(first, wire)
        let export = Self.export(settings, told)
        #expect(try await eventually(within: 10) { try first.spans.count == 50 })
        first.end()
        for name in Self.names { export.spans.start("later \(name)").end() }
        #expect(try await eventually(within: 10) { told.failures[.unreachable, default: 0] >= 2 })
        let second = try TraceSink(port: first.port, wire: wire)
        #expect(try await eventually(within: 20) { try second.spans.count == 50 })
        #expect(await export.finish(within: .seconds(10)).lost == 0)
        #expect(try second.spans.map(\.name) == Self.names.map { "later \($0)" } && told.dropped.isEmpty)
    }

    /// A server that hangs costs an attempt its time and no more; the end is in time.
    @Test func aServerThatHangsOverGRPC() async throws {
        let sink = try TraceSink(answers: ["hang"], wire: .grpc)
        let told = Told()
        var settings = Self.settings(sink, .grpc)
        settings.export.timeout = .milliseconds(300)
        let export = Self.export(settings, told)
        #expect(try await eventually(within: 10) { try sink.spans.count == 50 })
        #expect(told.failures == [.timeout: 1] && sink.requests.count == 2)
        #expect(await export.finish(within: .seconds(10)).lost == 0)

        let stuck = try TraceSink(answers: ["hang"], wire: .grpc)
        let last = Self.export(Self.settings(stuck, .grpc), told)
        #expect(try await eventually(within: 10) { stuck.requests.count == 1 })
        let begin = ContinuousClock.now
        #expect(await last.finish(within: .milliseconds(300)).lost == 50)
        #expect(ContinuousClock.now - begin < .seconds(2))
    }

    /// Certificates of an authority that only we know, on both sides, by address and by name.
    @Test(arguments: [TraceSink.Wire.http, .grpc], ["127.0.0.1", "localhost"])
    func bothSidesShowCertificates(wire: TraceSink.Wire, host: String) async throws {
        let certificates = try Self.certificates()
        let sink = try TraceSink(wire: wire, certificates: certificates)
        var settings = Self.settings(sink, wire, host: host)
        let files = certificates.folder
        settings.export.tls = try ExportTLS(
            authorities: files.file("ca.pem"), certificate: files.file("client.pem"), key: files.file("client.key"))
        let export = Self.export(settings, Told())
        #expect(await export.finish(within: .seconds(10)).lost == 0)
        #expect(try sink.spans.map(\.name) == Self.names)
    }

    /// Without our certificate, or with nobody who vouches for the server's, nothing is sent.
    @Test(arguments: [TraceSink.Wire.http, .grpc], [true, false])
    func withoutTheRightCertificatesNothingIsSent(wire: TraceSink.Wire, isServerTrusted: Bool) async throws {
        let certificates = try Self.certificates()
        let sink = try TraceSink(wire: wire, certificates: certificates)
        var settings = Self.settings(sink, wire)
        let authority = certificates.folder.file("ca.pem")
        settings.export.tls = try ExportTLS(
            authorities: isServerTrusted ? authority : nil, certificate: nil, key: nil)
        let told = Told()
        let export = Self.export(settings, told)
        let end = await export.finish(within: .seconds(1))
        #expect(end.lost == 50 && !end.reason.isEmpty)
        #expect(told.failures[.unreachable, default: 0] >= 1 && sink.requests.isEmpty)
    }

    @Test(arguments: [TraceSink.Wire.http, .grpc])
    func compressed(wire: TraceSink.Wire) async throws {
        let sink = try TraceSink(wire: wire)
        var settings = Self.settings(sink, wire)
        settings.export.isCompressed = true
        let export = Self.export(settings, Told())
        #expect(await export.finish(within: .seconds(10)).lost == 0)
        #expect(try sink.spans.map(\.name) == Self.names)
        if wire == .http { #expect(try sink.spans.first?.headers["content-encoding"] == "gzip") }
    }

    /// A server that takes no gzip refuses what is compressed, so it was.
    @Test(arguments: [true, false])
    func whatIsCompressedOverGRPC(isCompressed: Bool) async throws {
        let sink = try TraceSink(wire: .plainGRPC)
        var settings = Self.settings(sink, .grpc)
        settings.export.isCompressed = isCompressed
        let end = await Self.export(settings, Told()).finish(within: .seconds(10))
        #expect(end.lost == (isCompressed ? 50 : 0) && end.reason.contains("UNIMPLEMENTED") == isCompressed)
    }

    private static func certificates() throws -> Certificates {
        let certificates = try Certificates(in: TemporaryFolder())
        try certificates.make("server")
        try certificates.make("client")
        return certificates
    }

    private static func export(_ settings: TraceSettings, _ told: Told) -> TraceExport {
        let export = TraceExport(settings, telemetry: told.telemetry, firstPause: .milliseconds(20))
        for name in names { export.spans.start(name).end() }
        return export
    }

    private static func settings(
        _ sink: TraceSink, _ wire: TraceSink.Wire, host: String = "127.0.0.1"
    ) -> TraceSettings {
        let endpoint = sink.endpoint.replacing("127.0.0.1", with: host)
        var settings = TraceSettings(ExportSettings(endpoint: wire == .http ? endpoint + "/v1/traces" : endpoint))
        settings.export.wire = wire == .http ? .http : .grpc
        settings.batch.delay = .milliseconds(50)
        return settings
    }
}
