internal import GRDB

/// A process that was watched, and the bench as it was when that began; the probe itself is one, too.
package struct StoredRun: Sendable, Hashable, Codable {
    /// What became of it.
    package enum State: String, Sendable, Hashable, Codable {
        /// It runs.
        case running
        /// It ended by exit.
        case ended
        /// It was killed, or replaced itself by another program.
        case killed
        /// It ran when the probe ended.
        case left
        /// The probe was killed while it ran: its last second may be missing.
        case interrupted
    }

    /// Its number.
    package var id: Int64?
    /// The name of the executable, without directory; never its arguments.
    package var program: String
    /// Its process id.
    package var pid: Int32
    /// The process id of the probe that watched it.
    package var probePid: Int32
    /// When it was first seen, RFC 3339 in UTC.
    package var startedAt: String
    /// When it had ended; nil while it runs.
    package var endedAt: String?
    /// What became of it.
    package var state: State
    /// Commands that it sent to cards.
    package var commands: Int64
    /// Those that failed, refusals of a SELECT left out.
    package var errors: Int64
    /// The probe's version.
    package var probe: String
    /// The bench's name.
    package var bench: String
    /// The site that it stands at.
    package var site: String
    /// The kernel's release.
    package var kernel: String
    /// The version of pcscd's package; nil when it is not installed.
    package var pcscLite: String?
    /// The version of the CCID driver's package; nil when it is not installed.
    package var ccid: String?
    /// The machine's load average over a minute; nil when it could not be read.
    package var load: Double?
    /// The PC/SC library that its tap forwards to; nil for none.
    package var library: String?
    /// Which version of the tester it is; nil where nobody said it.
    package var testerVersion: String?
    /// The commit that the tester is at; nil where nobody said it.
    package var testerCommit: String?
}

extension StoredRun.State: DatabaseValueConvertible {}

extension StoredRun: StoredRow {
    static let databaseTableName = "runs"
    var order: String { startedAt }
    var counts: (commands: Int64, errors: Int64)? { (commands, errors) }
}
