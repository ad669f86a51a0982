internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import ProbeEvents

/// Posts requests to one URL, as OTLP/HTTP has it.
struct HTTPTransport: ExportTransport {
    private let client: HTTPClient
    private let endpoint: String
    private let headers: [ExportSettings.Header]

    /// An answer that is longer is none.
    private static let longestAnswer = 4 * 1024 * 1024

    /// A client that has no connection yet.
    init(_ settings: ExportSettings) {
        // A redirect could lead the headers, which carry secrets, to another host.
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        // Else it would try to connect on its own until the time is over, and nobody would know.
        configuration.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton, configuration: configuration)
        endpoint = settings.endpoint
        headers = settings.headers
    }

    /// One attempt; nil when the task was cancelled.
    func send(_ body: [UInt8], timeout: Duration) async -> ExportAnswer? {
        var request = HTTPClientRequest(url: endpoint)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/x-protobuf")
        let version = ProbeVersion.current
        request.headers.add(
            name: "User-Agent", value: "CardLink-Probe/\(version) OTel-OTLP-Exporter-Swift/\(version)")
        for header in headers { request.headers.replaceOrAdd(name: header.name, value: header.value) }
        request.body = .bytes(ByteBuffer(bytes: body))
        do {
            let deadline = NIODeadline.now() + TimeAmount(timeout)
            let response = try await client.execute(request, deadline: deadline)
            let answer = try await response.body.collect(upTo: Self.longestAnswer)
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

    /// Closes its connections.
    func close() async { try? await client.shutdown() }

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
