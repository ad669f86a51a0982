internal import FoundationEssentials
internal import Hummingbird

/// The state of one thing that is checked, or of all.
package enum HealthStatus: String, Sendable, Codable, CaseIterable {
    case healthy, degraded, unhealthy, unknown
}

/// What `/health` tells, as JSON.
package struct HealthReport: Sendable, Codable, Hashable {
    /// One check's result.
    package struct Check: Sendable, Codable, Hashable {
        /// What was found.
        package var status: HealthStatus
        /// One line: what is wrong and what to do; empty when nothing is.
        package var message: String

        /// A result from its parts.
        package init(status: HealthStatus, message: String = "") {
            self.status = status
            self.message = message
        }
    }

    /// The worst of the checks.
    package var status: HealthStatus
    /// The probe's version.
    package var version: String
    /// Seconds since the start.
    package var uptimeSeconds: Double
    /// By name.
    package var checks: [String: Check]

    /// A report whose status is the worst of its checks.
    package init(version: String, uptimeSeconds: Double, checks: [String: Check]) {
        self.version = version
        self.uptimeSeconds = uptimeSeconds
        self.checks = checks
        let worstFirst: [HealthStatus] = [.unhealthy, .degraded, .unknown]
        status = worstFirst.first { status in checks.values.contains { $0.status == status } } ?? .healthy
    }

    /// The JSON text, ended by a line feed.
    package func json() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(self)) + [0x0A]
    }
}

/// Answers `/health`, `/health/live` and `/health/ready`.
struct HealthEndpoint: WebEndpoint {
    let report: @Sendable () -> HealthReport

    func answer(_ request: Request) async -> Response {
        // A check may wait; the loop must not.
        let report = await withTaskExecutorPreference(globalConcurrentExecutor) { self.report() }
        guard let json = try? report.json() else { return .text(.internalServerError, "no report") }
        let isGood = report.status == .healthy || report.status == .degraded
        return .whole(isGood ? .ok : .serviceUnavailable, json, type: "application/json")
    }
}
