package import AsyncHTTPClient

extension HTTPClient.Configuration {
    /// How the probe makes requests of its own.
    package static var ofProbe: HTTPClient.Configuration {
        // A redirect could lead the headers, which carry secrets, to another host.
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        // Else it would try to connect on its own until the time is over, and nobody would know.
        configuration.connectionPool.retryConnectionEstablishment = false
        // Else an export would make spans, which are exported.
        configuration.tracing.tracer = nil
        return configuration
    }
}
