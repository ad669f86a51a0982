internal import AsyncHTTPClient
internal import Foundation
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import Observability

/// The place that spans go to, asked with none.
struct OTLPEndpoint: Sendable {
    private let url: String
    private let isGRPC: Bool
    private let headers: [(name: String, value: String)]
    private let authority: String?

    /// From the configuration, else from OpenTelemetry's variables; nil when neither names one.
    init?(_ settings: Settings, _ environment: [String: String]) {
        func variable(_ name: String) -> String? {
            ["OTEL_EXPORTER_OTLP_TRACES_\(name)", "OTEL_EXPORTER_OTLP_\(name)"].lazy.compactMap { environment[$0] }
                .first { !$0.isEmpty }
        }
        let configured = settings[\.tracingEndpoint]
        guard let endpoint = configured ?? variable("ENDPOINT") else { return nil }
        let isBare = !endpoint.contains("://")
        let wire = settings[\.tracingProtocol] ?? variable("PROTOCOL") ?? (isBare ? "grpc" : "http/protobuf")
        isGRPC = wire == "grpc"
        let whole = isBare ? "http://\(endpoint)" : endpoint
        let isWhole = configured == nil && environment["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"]?.isEmpty == false
        url = isGRPC || isWhole ? whole : Self.withPath(whole, isBase: configured == nil)
        authority = variable("CERTIFICATE")
        headers = (variable("HEADERS") ?? "").split(separator: ",").compactMap { field in
            let parts = field.split(separator: "=", maxSplits: 1).map { $0.trimmingPrefix(while: \.isWhitespace) }
            return parts.count == 2 ? (String(parts[0]), String(parts[1]).removingPercentEncoding ?? "") : nil
        }
    }

    /// What is done with it.
    var tried: String { isGRPC ? "HTTP/2 greeting to \(url)" : "POST \(url), no spans" }

    /// Asks it; tells how it answered.
    func check(within timeout: Duration) async throws -> String {
        do {
            return isGRPC ? try await greet(within: timeout) : try await post(within: timeout)
        } catch let end as StepWork.End {
            throw end
        } catch {
            let reason = ProbeError.Reason(error, timeout: timeout / .seconds(1))
            throw StepWork.End.failed("\(url): \(Self.words(reason)); start the collector, or correct the endpoint")
        }
    }

    /// A base gets the path of traces; a configured URL that has a path keeps it.
    private static func withPath(_ url: String, isBase: Bool) -> String {
        let rest = url.drop { $0 != ":" }.dropFirst(3)
        let path = rest.drop { $0 != "/" }
        guard isBase || path.isEmpty else { return url }
        return url + (url.hasSuffix("/") ? "" : "/") + "v1/traces"
    }

    private static func words(_ reason: ProbeError.Reason) -> String {
        switch reason {
        case .refused: "connection refused"
        case .unknownHost: "no address is known for this host"
        case .noAnswer(let seconds): "no answer in \(DurationText.text(.seconds(seconds)))"
        case .untrusted: "its certificate is signed by nobody who is trusted (OTEL_EXPORTER_OTLP_CERTIFICATE)"
        case .otherName: "its certificate is for another host name"
        case .badFile(let words): words
        case .unreachable(let words), .noHandshake(let words): words
        default: "what answers speaks no OTLP"
        }
    }

    private func post(within timeout: Duration) async throws -> String {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.tracing.tracer = nil
        if url.hasPrefix("https:") {
            configuration.tlsConfiguration = try ClientTLS(authority: authority).configuration()
        }
        let client = HTTPClient(eventLoopGroup: MultiThreadedEventLoopGroup.singleton, configuration: configuration)
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/x-protobuf")
        for header in headers { request.headers.replaceOrAdd(name: header.name, value: header.value) }
        // A request without spans is an empty message.
        request.body = .bytes(ByteBuffer())
        let status: UInt
        do {
            status = try await client.execute(request, deadline: .now() + TimeAmount(timeout)).status.code
            try? await client.shutdown()
        } catch {
            try? await client.shutdown()
            throw error
        }
        guard (200..<300).contains(status) else {
            throw StepWork.End.failed("\(url): answers \(status); correct the endpoint, or OTEL_EXPORTER_OTLP_HEADERS")
        }
        return "answers \(status)"
    }

    private func greet(within timeout: Duration) async throws -> String {
        let isSecure = url.hasPrefix("https:")
        let authority = url.drop { $0 != ":" }.dropFirst(3).prefix { $0 != "/" }
        let hasPort = authority.contains(":") && !authority.hasSuffix("]")
        let address = try ListenAddress(parsing: authority + (hasPort ? "" : isSecure ? ":443" : ":80"))
        try await HTTP2Greeting.send(to: address, isSecure: isSecure, within: timeout)
        return isSecure ? "takes connections; TLS was not tried" : "speaks HTTP/2"
    }
}
