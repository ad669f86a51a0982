/// One thing that was tried, and how it went.
package struct TestStep: Sendable, Hashable, Codable {
    /// What came out.
    package enum Outcome: String, Sendable, Codable {
        case passed, failed
        /// There was nothing to try.
        case skipped
    }

    /// `metrics`, `health`, `otlp`, `pcsc` or `modem`.
    package var name: String
    package var outcome: Outcome
    /// What was done, and where.
    package var tried: String
    /// What was found; of a failure why, and what to do.
    package var message: String
    package var durationSeconds: Double
}

/// What a step does, and how it ends.
struct StepWork: Sendable {
    /// A failure, or a reason not to try, in one line.
    enum End: Error {
        case failed(String)
        case skipped(String)
    }

    var name: String
    var tried: String
    /// Tells what was found.
    var work: @Sendable () async throws -> String
}
