internal import ProbeEvents

/// The moments between the legs of a session over the air: the first of them begins the first leg, and so on.
struct OTALegs: Sendable, Hashable {
    /// What is known of a moment.
    enum Moment: Sendable, Hashable {
        case at(UInt64)
        case unknown
        /// The session ended before.
        case notReached

        init(_ nanoseconds: UInt64?, else other: Moment = .unknown) { self = nanoseconds.map { .at($0) } ?? other }

        var nanoseconds: UInt64? { if case .at(let nanoseconds) = self { nanoseconds } else { nil } }
    }

    /// The trigger was sent.
    var sent = Moment.unknown
    /// It came to the card.
    var envelope = Moment.unknown
    /// The card asked for a channel.
    var asked = Moment.unknown
    /// The terminal said that it is open.
    var opened = Moment.unknown
    /// ClientHello began to come.
    var hello = Moment.unknown
    /// The handshake was over.
    var secured = Moment.unknown
    /// The card had the first script whole.
    var firstScript = Moment.unknown
    /// The server's last answer had gone out.
    var lastAnswer = Moment.unknown
    /// The channel was closed; where none was seen, the connection.
    var closed = Moment.unknown

    private var all: [Moment] {
        [sent, envelope, asked, opened, hello, secured, firstScript, lastAnswer, closed]
    }

    /// From the first moment that is known to the last one; nil when none is.
    var span: ClosedRange<UInt64>? {
        let known = ordered.compactMap(\.nanoseconds)
        guard let first = known.first, let last = known.last else { return nil }
        return first...last
    }

    /// The legs, each from the moment before that was reached: those that were seen one behind the other leave no gap.
    var steps: [OTATimeline.Step] {
        let moments = ordered
        let start = span?.lowerBound ?? 0
        return OTALeg.allCases.map { leg in
            let index = Int(leg.rawValue)
            if moments[index + 1] == .notReached { return OTATimeline.Step(leg.name, .notReached) }
            let before = moments[...index].last { $0 != .notReached }
            guard let from = before?.nanoseconds, let to = moments[index + 1].nanoseconds else {
                return OTATimeline.Step(leg.name, .unknown)
            }
            return OTATimeline.Step(leg.name, .seen, after: from - start, took: to - from)
        }
    }

    /// What claims to have been before something earlier is not believed.
    private var ordered: [Moment] {
        var latest: UInt64 = 0
        return all.map { moment in
            guard let nanoseconds = moment.nanoseconds else { return moment }
            guard nanoseconds >= latest else { return .unknown }
            latest = nanoseconds
            return moment
        }
    }
}
