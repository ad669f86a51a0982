/// One thing that is checked when somebody asks for health.
public struct HealthCheck: Sendable {
    /// Its name in the report.
    public var name: String
    /// How long it may take; nil for the checker's own limit.
    public var timeout: Duration?
    /// Whether the program does not do its work while it fails.
    public var isNeededToBeReady: Bool
    /// Looks, and tells what it found. It may block its thread, which is its own.
    public var look: @Sendable () async throws -> HealthResult

    /// A check from its parts.
    public init(
        _ name: String, timeout: Duration? = nil, isNeededToBeReady: Bool = false,
        look: @escaping @Sendable () async throws -> HealthResult
    ) {
        self.name = name
        self.timeout = timeout
        self.isNeededToBeReady = isNeededToBeReady
        self.look = look
    }
}
