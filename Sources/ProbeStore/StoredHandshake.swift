internal import GRDB
internal import Observability
internal import ProbeEvents

/// A TLS handshake through a tap.
package struct StoredHandshake: Sendable, Hashable, Codable {
    /// Its number.
    package var id: Int64?
    /// The probe's run.
    package var run: Int64
    /// The tap's name.
    package var tap: String
    /// When it began, RFC 3339 in UTC.
    package var startedAt: String
    /// How long it took.
    package var durationNanoseconds: Int64
    /// The version.
    package var version: String
    /// The suite that was chosen.
    package var cipherSuite: String
    /// How it ended.
    package var result: String
    /// What was wrong; nil for a success.
    package var error: String?
    /// The last step that was seen.
    package var step: String
    /// Whether a session was resumed.
    package var isResumed: Bool
    /// The hash of the client's PSK identity; nil when none was seen.
    package var identityHash: String?
}

extension StoredHandshake: StoredRow {
    static let databaseTableName = "handshakes"
    var order: String { startedAt }
}

extension StoredHandshake {
    /// The row of a handshake; its run is told when it is written.
    init(_ done: TLSHandshakeDone) {
        run = 0
        tap = done.link.tap
        startedAt = RFC3339.text(wallNanoseconds: done.stamp.wallNanoseconds)
        durationNanoseconds = Int64(clamping: done.stamp.durationNanoseconds)
        version = done.version.name
        cipherSuite = done.cipherSuite.name
        result = done.result.name
        error = done.error?.name
        step = done.step.name
        isResumed = done.isResumed
        identityHash = done.identity
    }
}
