package import ProbeEvents

/// What happened in one session over the air, from what woke the card to the end, whichever taps saw which part of it.
package struct OTATimeline: Sendable, Hashable {
    /// What kind of session it is.
    package enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        /// An administration server over TLS.
        case scp81
        /// Secured packets in short messages.
        case scp80
        /// A channel that a trigger opened, and nobody saw what went over it.
        case channel
        /// The download of a profile to an eUICC.
        case download
    }

    /// A part of it.
    package struct Step: Sendable, Hashable {
        /// What is known of a part.
        package enum State: String, Sendable, Hashable, Codable, CaseIterable {
            case seen
            /// No tap saw where it began or ended, or it is not certain that what was seen belongs to it.
            case unknown
            /// The session ended before.
            case notReached = "not_reached"
        }

        /// The leg, or the function that an eUICC was asked for.
        package var name: String
        package var state: State
        /// When it began after the whole did, nanoseconds; nil unless it was seen.
        package var afterNanoseconds: UInt64?
        /// How long it took; nil unless it was seen.
        package var durationNanoseconds: UInt64?
        /// What came of it; nil where nothing is said.
        package var result: String?

        package init(
            _ name: String, _ state: State, after: UInt64? = nil, took: UInt64? = nil, result: String? = nil
        ) {
            (self.name, self.state, self.result) = (name, state, result)
            (afterNanoseconds, durationNanoseconds) = (after, took)
        }
    }

    package var kind: Kind
    /// The card's reader or modem where one saw it, else the tap before the server.
    package var device: String
    /// The tap before the server; nil when none saw it.
    package var tap: String?
    /// The port at the server's end; nil when it is not known.
    package var port: UInt16?
    /// The hash of the card's identity; nil when none was seen.
    package var identity: String?
    /// The process that talked to the card; nil when none is known.
    package var client: ClientProcess?
    /// The card's channel; nil when none was seen.
    package var channel: BIPLink?
    /// The TLS connection; nil when none was seen.
    package var connection: TLSLink?
    /// The session as its source tells it; nil when none did.
    package var session: OTALink?
    /// When the first thing happened that is known of it.
    package var began: EventClock
    /// Until the last thing that is known of it.
    package var durationNanoseconds: UInt64
    package var status: SessionStatus
    /// Why it ended badly; nil when it did not.
    package var error: String?
    /// Its parts, in order.
    package var steps: [Step]
    /// Whether its source told its legs itself, so that they are counted already.
    package var isTold = false

    /// What tells it from others.
    package var id: String {
        if let session { return Self.id(of: session) }
        return "\(device)-\(began.monotonicNanoseconds)"
    }

    /// What tells a session from others.
    package static func id(of session: OTALink) -> String { "\(session.device)-\(session.session)" }

    /// How long each leg took that was seen.
    package var legs: [(leg: OTALeg, nanoseconds: UInt64)] {
        steps.compactMap { step in
            guard let leg = OTALeg(name: step.name), let nanoseconds = step.durationNanoseconds else { return nil }
            return (leg, nanoseconds)
        }
    }
}
