internal import GRDB
internal import Observability
internal import ProbeEvents

/// A session over the air: one with an administration server, a packet in short messages, the download of a profile.
package struct StoredOTA: Sendable, Hashable, Codable {
    /// A leg, or what a download asked for.
    package struct Step: Sendable, Hashable, Codable {
        /// Its name.
        package var name: String
        /// `seen`, `unknown`, or `not_reached`.
        package var state: String
        /// When it began after the session did; nil unless it was seen.
        package var afterNanoseconds: Int64?
        /// How long it took; nil unless it was seen.
        package var durationNanoseconds: Int64?
        /// What came of it; nil where nothing is said.
        package var result: String?
    }

    /// Its number.
    package var id: Int64?
    /// The run that had it; the probe's own where it is not known.
    package var run: Int64
    /// `scp81`, `scp80`, `channel`, or `download`.
    package var kind: String
    /// The card's reader or modem where one saw it, else the tap before the server.
    package var device: String
    /// The tap before the server; nil when none saw it.
    package var tap: String?
    /// The port at the server's end; nil when it is not known.
    package var port: Int?
    /// When the first thing happened that is known of it, RFC 3339 in UTC.
    package var startedAt: String
    /// Until the last thing that is known of it.
    package var durationNanoseconds: Int64
    /// How it ended.
    package var status: String
    /// Why it ended badly; nil when it did not.
    package var error: String?
    /// The hash of the card's identity; nil when none was seen.
    package var identityHash: String?
    /// Its parts, in order.
    package var steps: [Step]
}

extension StoredOTA: StoredRow {
    static let databaseTableName = "ota"
    var order: String { startedAt }
}

extension StoredOTA {
    /// The row of a session; its run is told when it is written.
    init(_ timeline: OTATimeline) {
        run = 0
        (kind, device, tap) = (timeline.kind.rawValue, timeline.device, timeline.tap)
        port = timeline.port.map(Int.init)
        startedAt = RFC3339.text(wallNanoseconds: timeline.began.wallNanoseconds)
        durationNanoseconds = Int64(clamping: timeline.durationNanoseconds)
        (status, error, identityHash) = (timeline.status.name, timeline.error, timeline.identity)
        steps = timeline.steps.map { step in
            Step(
                name: step.name, state: step.state.rawValue,
                afterNanoseconds: step.afterNanoseconds.map { Int64(clamping: $0) },
                durationNanoseconds: step.durationNanoseconds.map { Int64(clamping: $0) }, result: step.result)
        }
    }
}
