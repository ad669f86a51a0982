internal import AsyncHTTPClient
internal import FoundationEssentials
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
package import Observability
internal import ProbeEvents

/// Asks one probe over HTTP.
package struct ProbeClient: Sendable {
    /// One connection needs one thread; the shared group would begin one for each processor.
    private static let loop = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    private let client: HTTPClient
    private let connection: ProbeConnection

    /// An answer.
    package struct Answer: Sendable {
        /// HTTP's status.
        package var status: UInt
        /// The header `Content-Type`.
        package var contentType: String
        /// The body.
        package var body: [UInt8]
        /// The header `Location`.
        var location: String?

        /// The first line of a body that is text, for people.
        var line: String {
            guard contentType.hasPrefix("text/plain"), let text = String(validating: body.prefix(400), as: UTF8.self)
            else { return "" }
            return SummaryFormat.name(String(text.prefix { !$0.isNewline }), limit: 200)
        }
    }

    /// A document, as it came and as it is understood.
    package struct Document<Value: Sendable>: Sendable {
        package var value: Value
        package var bytes: [UInt8]
    }

    /// 100,000 series take 8 MB.
    package static let mostMetricBytes = 256 * 1024 * 1024
    /// A status has 100 sessions, 50 channels and 50 faults.
    package static let mostStatusBytes = 8 * 1024 * 1024

    /// Calls the body with a client, whose connections are closed when it returns.
    package static func with<Result: Sendable>(
        _ connection: ProbeConnection, _ body: (ProbeClient) async throws -> Result
    ) async throws -> Result {
        let client = try ProbeClient(connection)
        do {
            let result = try await body(client)
            try? await client.client.shutdown()
            return result
        } catch {
            try? await client.client.shutdown()
            throw error
        }
    }

    private init(_ connection: ProbeConnection) throws(ProbeError) {
        self.connection = connection
        // A redirect could lead the password to another host.
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        // Else it would try on its own until the time is over, and nobody would know.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.httpVersion = .http1Only
        configuration.tracing.tracer = nil
        if connection.address.isSecure {
            do throws(ProbeError.Reason) {
                configuration.tlsConfiguration = try connection.tls.configuration()
            } catch {
                throw ProbeError(connection.address.base, error)
            }
        }
        client = HTTPClient(eventLoopGroup: Self.loop, configuration: configuration)
    }

    /// What is on the bench.
    package func status() async throws(ProbeError) -> Document<BenchStatus> {
        let path = "/api/v1/status"
        let answer = try checked(try await get(path, mostBytes: Self.mostStatusBytes), path)
        return try BenchDocument.status(answer.body, from: connection.address.base)
    }

    /// What the health checks found; a probe that is unhealthy says so with 503.
    package func health() async throws(ProbeError) -> Document<HealthReport> {
        let path = "/health"
        var answer = try await get(path, mostBytes: Self.mostStatusBytes)
        if answer.status == 503, answer.contentType.hasPrefix("application/json") { answer.status = 200 }
        answer = try checked(answer, path)
        let value: HealthReport = try BenchDocument.decode(answer.body, from: connection.address.base)
        return Document(value: value, bytes: answer.body)
    }

    /// The metrics in a format.
    package func metrics(_ format: MetricFormat) async throws(ProbeError) -> Answer {
        let path = connection.address.metricsPath
        let answer = try await get(path, accept: format.contentType, mostBytes: Self.mostMetricBytes)
        return try checked(answer, path)
    }

    // MARK: One request

    private func get(
        _ path: String, accept: String = "application/json", mostBytes: Int
    ) async throws(ProbeError) -> Answer {
        var request = HTTPClientRequest(url: connection.address.base + path)
        request.headers.add(name: "Accept", value: accept)
        request.headers.add(name: "User-Agent", value: "cardlink-metrics/\(ProbeVersion.current)")
        if let credentials = connection.credentials {
            request.setBasicAuth(username: credentials.user, password: credentials.password)
        }
        do {
            let response = try await client.execute(request, deadline: .now() + TimeAmount(connection.timeout))
            let body = try await response.body.collect(upTo: mostBytes)
            return Answer(
                status: response.status.code, contentType: response.headers.first(name: "Content-Type") ?? "",
                body: Array(buffer: body), location: response.headers.first(name: "Location"))
        } catch is NIOTooManyBytesError {
            throw fault(.tooLarge(mostBytes))
        } catch {
            throw fault(.init(error, timeout: connection.timeout / .seconds(1)))
        }
    }

    private func checked(_ answer: Answer, _ path: String) throws(ProbeError) -> Answer {
        let words = answer.line
        switch answer.status {
        case 200: return answer
        case 300..<400: throw fault(.redirected(to: answer.location ?? "nowhere"))
        case 401: throw fault(.unauthorized(hasUser: connection.credentials != nil))
        case 403: throw fault(.forbidden(words))
        case 404: throw fault(.notThere(path: path))
        case 503: throw fault(.unavailable(words))
        default: throw fault(.status(answer.status, words))
        }
    }

    private func fault(_ reason: ProbeError.Reason) -> ProbeError { ProbeError(connection.address.base, reason) }
}
