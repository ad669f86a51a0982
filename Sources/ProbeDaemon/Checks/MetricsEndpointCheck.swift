internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
internal import NIOSSL
internal import Observability
internal import TelemetryExport

extension HealthCheck {
    /// Metrics are served: asks for them where others do.
    ///
    /// - Parameters:
    ///   - asksForCertificate: whether a client must have a certificate, which the probe itself has not.
    static func metricsEndpoint(
        url: String, asksForCertificate: @escaping @Sendable () -> Bool = { false }
    ) -> HealthCheck {
        HealthCheck("metrics_endpoint") {
            do {
                return try await answer(of: url)
            } catch is CancellationError {
                return HealthResult(.unhealthy, "\(url) does not answer")
            } catch {
                // The handshake was answered, so that the server is there.
                return asksForCertificate() && isRefusal(error)
                    ? HealthResult(.healthy, "it asks for a certificate, so that it was not looked behind")
                    : HealthResult(.unhealthy, "\(url) does not answer: \(error)")
            }
        }
    }

    private static func answer(of url: String) async throws -> HealthResult {
        var tls = TLSConfiguration.makeClientConfiguration()
        // Its own certificate need not be for this address.
        tls.certificateVerification = .none
        var configuration = HTTPClient.Configuration.ofProbe
        configuration.tlsConfiguration = tls
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        do {
            let result = try await ask(client, url)
            try? await client.shutdown()
            return result
        } catch {
            try? await client.shutdown()
            throw error
        }
    }

    private static func ask(_ client: HTTPClient, _ url: String) async throws -> HealthResult {
        // The check's own limit ends it earlier.
        let response = try await client.execute(HTTPClientRequest(url: url), timeout: .seconds(60))
        var first = ByteBuffer()
        var length = 0
        for try await piece in response.body {
            if length == 0 { first = piece }
            length += piece.readableBytes
        }
        switch response.status.code {
        case 200 where length > 0: return HealthResult(.healthy)
        case 200: return HealthResult(.unhealthy, "\(url) answers with an empty page")
        case 401: return HealthResult(.healthy, "it asks for a password, so that it was not looked behind")
        case 429: return HealthResult(.healthy, "it answers, and refuses more requests at this moment")
        default:
            let words = String(buffer: first).prefix { !$0.isNewline }.prefix(200)
            let status: HealthStatus = response.status.code == 503 ? .degraded : .unhealthy
            return HealthResult(status, "\(url) answers with \(response.status.code): \(words)")
        }
    }

    /// Whether the other side ended a handshake: with an alert, or in TLS 1.3, which tells it later, by closing.
    private static func isRefusal(_ error: any Error) -> Bool {
        error is NIOSSLError || error is BoringSSLError || (error as? HTTPClientError) == .remoteConnectionClosed
    }
}
