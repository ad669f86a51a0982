/// The state of one thing that is checked, or of all.
public enum HealthStatus: String, Sendable, Codable, CaseIterable {
    /// It works.
    case healthy
    /// It works, and somebody should look at it.
    case degraded
    /// It does not work.
    case unhealthy
    /// It cannot be told.
    case unknown
}

/// What a check found.
public struct HealthResult: Sendable, Hashable {
    /// The state of what was checked.
    public var status: HealthStatus
    /// One line: what is wrong and what to do; empty when nothing is.
    public var message: String

    /// A result from its parts.
    public init(_ status: HealthStatus, _ message: String = "") {
        self.status = status
        self.message = message
    }
}
