internal import FoundationEssentials

/// What checks found, and the worst of it.
public struct HealthReport: Sendable, Codable, Hashable {
    /// One check's result.
    public struct Check: Sendable, Codable, Hashable {
        /// What was found.
        public var status: HealthStatus
        /// One line: what is wrong and what to do; empty when nothing is.
        public var message: String
        /// How long it took to find that; of a check that hangs, for how long it does.
        public var durationSeconds: Double
        /// How long ago it was found.
        public var ageSeconds: Double

        /// A result from its parts.
        public init(
            status: HealthStatus, message: String = "", durationSeconds: Double = 0, ageSeconds: Double = 0
        ) {
            self.status = status
            self.message = message
            self.durationSeconds = durationSeconds
            self.ageSeconds = ageSeconds
        }
    }

    /// The worst of the checks.
    public var status: HealthStatus
    /// The program's version.
    public var version: String
    /// Seconds since the start.
    public var uptimeSeconds: Double
    /// By name.
    public var checks: [String: Check]

    /// A report whose status is the worst of its checks.
    public init(version: String, uptimeSeconds: Double, checks: [String: Check]) {
        self.version = version
        self.uptimeSeconds = uptimeSeconds
        self.checks = checks
        let worstFirst: [HealthStatus] = [.unhealthy, .degraded, .unknown]
        status = worstFirst.first { status in checks.values.contains { $0.status == status } } ?? .healthy
    }

    /// The JSON text, ended by a line feed.
    public func json() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(self)) + [0x0A]
    }
}
