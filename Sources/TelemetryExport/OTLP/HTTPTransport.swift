internal import AsyncHTTPClient
internal import Gzip
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import ProbeEvents

/// Posts requests to one URL, as OTLP/HTTP has it.
struct HTTPTransport: ExportTransport {
    private let client: HTTPClient?
    private let settings: ExportSettings

    /// A client that has no connection yet.
    init(_ settings: ExportSettings) {
        self.settings = settings
        var configuration = Self.configuration
        guard let tls = try? settings.tls.configuration() else {
            client = nil
            return
        }
        configuration.tlsConfiguration = tls
        client = HTTPClient(eventLoopGroup: MultiThreadedEventLoopGroup.singleton, configuration: configuration)
    }

    /// How requests with secrets are made.
    static var configuration: HTTPClient.Configuration {
        // A redirect could lead the headers, which carry secrets, to another host.
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        // Else it would try to connect on its own until the time is over, and nobody would know.
        configuration.connectionPool.retryConnectionEstablishment = false
        return configuration
    }

    func send(_ body: [UInt8], timeout: Duration) async -> ExportAnswer? {
        guard let client else { return .refused("the certificates cannot be used") }
        do {
            let deadline = NIODeadline.now() + TimeAmount(timeout)
            let response = try await client.execute(request(body), deadline: deadline)
            let answer = try await response.body.collect(upTo: ExportSettings.longestAnswer)
            return ExportAnswer(
                status: Int(response.status.code), retryAfter: response.headers.first(name: "Retry-After"),
                body: Array(buffer: answer))
        } catch is CancellationError {
            return nil
        } catch let error as HTTPClientError {
            return Self.answer(to: error)
        } catch {
            return .later(.unreachable, "no connection", after: nil)
        }
    }

    func close() async { try? await client?.shutdown() }

    private func request(_ body: [UInt8]) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: settings.endpoint)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/x-protobuf")
        request.headers.add(name: "User-Agent", value: ExportSettings.userAgent)
        var content = ByteBuffer(bytes: body)
        if settings.isCompressed, let stream = GzipStream() {
            var compressed = ByteBuffer()
            stream.compress(content, into: &compressed)
            stream.finish(into: &compressed)
            content = compressed
            request.headers.add(name: "Content-Encoding", value: "gzip")
        }
        for header in settings.headers { request.headers.replaceOrAdd(name: header.name, value: header.value) }
        request.body = .bytes(content)
        return request
    }

    private static func answer(to error: HTTPClientError) -> ExportAnswer? {
        switch error {
        case .cancelled: nil
        case .deadlineExceeded, .connectTimeout, .readTimeout, .writeTimeout, .tlsHandshakeTimeout,
            .getConnectionFromPoolTimeout:
            .later(.timeout, "no answer in time", after: nil)
        case .invalidURL, .emptyHost, .emptyScheme: .refused(error.shortDescription)
        default: .later(.unreachable, error.shortDescription, after: nil)
        }
    }
}
