internal import AsyncHTTPClient
internal import Gzip
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import ProbeEvents

/// Posts requests to one URL, as OTLP/HTTP has it; Zipkin differs in the type alone.
struct HTTPTransport: ExportTransport {
    private let client: HTTPClient?
    private let settings: ExportSettings

    /// A client that has no connection yet.
    init(_ settings: ExportSettings) {
        self.settings = settings
        var configuration = HTTPClient.Configuration.ofProbe
        guard let tls = try? settings.tls.configuration() else {
            client = nil
            return
        }
        configuration.tlsConfiguration = tls
        client = HTTPClient(eventLoopGroup: MultiThreadedEventLoopGroup.singleton, configuration: configuration)
    }

    func send(_ body: [UInt8], timeout: Duration) async -> ExportAnswer? {
        guard let client else { return .refused("the certificates cannot be used") }
        do {
            let deadline = NIODeadline.now() + TimeAmount(timeout)
            let response = try await client.execute(request(body), deadline: deadline)
            let answer = try await response.body.collect(upTo: ExportSettings.longestAnswer)
            return ExportAnswer(
                status: Int(response.status.code), retryAfter: response.headers.first(name: "Retry-After"),
                body: settings.wire == .zipkin ? [] : Array(buffer: answer))
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
        let type = settings.wire == .zipkin ? "application/json" : "application/x-protobuf"
        request.headers.add(name: "Content-Type", value: type)
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
