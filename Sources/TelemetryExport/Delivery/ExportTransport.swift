/// Carries requests of one signal to one endpoint.
protocol ExportTransport: Sendable {
    /// One attempt with the bytes of a request's message; nil when the task was cancelled.
    func send(_ body: [UInt8], timeout: Duration) async -> ExportAnswer?

    /// Closes its connections.
    func close() async
}
