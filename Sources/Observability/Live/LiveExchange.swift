package import ProbeEvents

/// One command and its answer, as the live page lists it; the item of the `apdu` events of `/api/v1/stream`.
///
/// Keys and units as in ``BenchStatus``.
package struct LiveExchange: Sendable, Hashable, Codable {
    /// Counts up from 1 since the probe's start; what `/api/v1/apdu/ID` takes.
    package var id: UInt64
    package var time: String
    package var interface: APDUInterface
    /// Reader or modem.
    package var device: String
    package var program: String
    package var pid: Int32
    /// The session's id as in ``BenchStatus/Session``; empty when its opening was not seen.
    package var session: String
    /// The command's name.
    package var command: String
    /// The command in words: `SELECT ADF.USIM`.
    package var words: String
    /// CLA, INS, P1, P2 in hex.
    package var header: String
    package var sentBytes: Int
    package var receivedBytes: Int
    /// Four hex digits; empty when none came.
    package var statusWord: String
    /// What it means, or why none came.
    package var meaning: String
    /// `ok`, `probing` (a SELECT that was refused), `expected` (it failed as it was meant to), `warning` or `error`.
    package var verdict: String
    /// The card's own time.
    package var cardSeconds: Double
    /// Time spent waiting for others.
    package var waitSeconds: Double
    /// The first command of the chain (61XX and GET RESPONSE, 6CXX and the command again) that this one goes on.
    package var continues: UInt64?
    package var traceId: String?
}
