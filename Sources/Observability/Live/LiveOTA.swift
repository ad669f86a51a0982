internal import ProbeEvents

/// Sessions over the air: those that are under way, and the last that are over, with their time lines.
struct LiveOTA: Sendable {
    /// Many more than a bench has at once.
    private static let limit = 128

    struct Open: Sendable {
        let began: OTASessionBegan
        /// Its time line comes later.
        var ended: OTASessionEnded?
    }

    /// In order of their begin, and of what is told of them.
    private var open: [Open] = []
    private var over: [OTATimeline] = []

    mutating func note(_ event: OTAEvent) {
        switch event {
        case .began(let began):
            guard !open.contains(where: { $0.began.link == began.link }) else { return }
            if open.count >= Self.limit { open.removeFirst() }
            open.append(Open(began: began))
        case .ended(let ended):
            if let place = open.lastIndex(where: { $0.began.link == ended.link }) { open[place].ended = ended }
        case .turn, .packet, .leg: break
        }
    }

    mutating func note(_ timeline: OTATimeline) {
        if let session = timeline.session { open.removeAll { $0.began.link == session } }
        if over.count >= Self.limit { over.removeFirst() }
        over.append(timeline)
    }

    /// Those under way first, the latest of each first.
    func shown(_ limit: Int, now: UInt64) -> [BenchStatus.OTA] {
        let all =
            open.reversed().map { BenchStatus.OTA($0, now: now) } + over.reversed().map { BenchStatus.OTA($0) }
        return Array(all.prefix(limit))
    }
}

extension BenchStatus.OTA {
    fileprivate init(_ open: LiveOTA.Open, now: UInt64) {
        let (began, ended) = (open.began, open.ended)
        id = OTATimeline.id(of: began.link)
        kind = (began.sessionProtocol == .scp80 ? OTATimeline.Kind.scp80 : .scp81).rawValue
        device = began.link.device
        state = ended?.status.name ?? "open"
        reason = ended?.error?.name
        beganAt = RFC3339.text(wallNanoseconds: began.stamp.wallNanoseconds)
        let start = began.stamp.startNanoseconds
        ageSeconds = BenchStatus.seconds(ended?.stamp.durationNanoseconds ?? now &- min(start, now))
        steps = []
    }

    fileprivate init(_ timeline: OTATimeline) {
        id = timeline.id
        (kind, device, tap) = (timeline.kind.rawValue, timeline.device, timeline.tap)
        (state, reason) = (timeline.status.name, timeline.error)
        beganAt = RFC3339.text(wallNanoseconds: timeline.began.wallNanoseconds)
        ageSeconds = BenchStatus.seconds(timeline.durationNanoseconds)
        steps = timeline.steps.map { step in
            Step(
                name: step.name, state: step.state.rawValue,
                afterSeconds: step.afterNanoseconds.map(BenchStatus.seconds),
                seconds: step.durationNanoseconds.map(BenchStatus.seconds), result: step.result)
        }
    }
}
