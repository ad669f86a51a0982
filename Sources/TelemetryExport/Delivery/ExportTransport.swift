internal import ProbeEvents

/// Carries requests of one signal to one endpoint.
protocol ExportTransport: Sendable {
    /// One attempt with the bytes of a request's message; nil when the task was cancelled.
    func send(_ body: [UInt8], timeout: Duration) async -> ExportAnswer?

    /// Closes its connections.
    func close() async
}

extension ExportSettings {
    /// A transport for requests of a signal, as the settings want it; it has no connection yet.
    func transport(for signal: ExportSignal) -> any ExportTransport {
        switch wire {
        case .http: HTTPTransport(self)
        case .grpc: GRPCTransport(signal, self)
        }
    }

    /// How the probe names itself to servers.
    static var userAgent: String {
        "CardLink-Probe/\(ProbeVersion.current) OTel-OTLP-Exporter-Swift/\(ProbeVersion.current)"
    }

    /// An answer that is longer is none.
    static let longestAnswer = 4 * 1024 * 1024
}
