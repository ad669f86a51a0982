internal import ProbeEvents
internal import SmartCard

// MARK: What is told

extension OTACorrelation {
    mutating func conclude(_ key: OTALink) -> [OTATimeline] {
        guard let session = sessions[key], let ended = session.ended else { return [] }
        sessions[key]?.life.isTold = true
        if let link = session.connection { connections[link]?.life.isTold = true }
        if session.began.sessionProtocol == .scp80 { return [timeline(ofPacketIn: session, ended)] }
        if !session.legs.isEmpty { return [Self.timeline(ofToldLegsOf: session, ended)] }
        let connection = session.connection.flatMap { connections[$0] }
        return timeline(connection?.channel.flatMap { channels[$0] }, connection, session).map { [$0] } ?? []
    }

    mutating func conclude(_ key: TLSLink) -> [OTATimeline] {
        guard let connection = connections[key], !connection.life.isTold else { return [] }
        connections[key]?.life.isTold = true
        guard let channel = connection.channel.flatMap({ channels[$0] }) else { return [] }
        return timeline(channel, connection, nil).map { [$0] } ?? []
    }

    mutating func conclude(_ key: BIPLink) -> [OTATimeline] {
        guard let channel = channels[key], !channel.life.isTold else { return [] }
        channels[key]?.life.isTold = true
        // What goes with a connection is told with that; without a trigger it is a channel like another.
        guard channel.connection == nil, hasTrigger(channel) else { return [] }
        return timeline(channel, nil, nil).map { [$0] } ?? []
    }

    private func hasTrigger(_ channel: Channel) -> Bool {
        let (sent, envelope) = trigger(of: channel)
        return sent != nil || envelope != nil
    }

    /// When the trigger of a channel was sent, and when it came: the last one before it, unless another channel was asked
    /// for in between.
    private func trigger(of channel: Channel) -> (sent: UInt64?, envelope: UInt64?) {
        let (device, asked) = (channel.link.device, channel.asked)
        let known = triggers[device] ?? Triggers()
        let before = (known.asked + known.went).filter { $0 < asked }.max() ?? 0
        let since = max(asked - min(Self.triggerNanoseconds, asked), before)
        let own = channel.sinceTrigger.map { asked - min($0, asked) }
        if let envelope = own ?? known.seen.filter({ $0 > since && $0 <= asked }).max() {
            return (sent(to: device, before: envelope), envelope)
        }
        let sent = sent(to: device, before: asked)
        return (sent ?? 0 > since ? sent : nil, nil)
    }

    /// When a tester sent what came then: nil when it is not certain which of its messages it was.
    private func sent(to device: String, before moment: UInt64) -> UInt64? {
        guard let known = triggers[device] else { return nil }
        let earliest = moment - min(Self.triggerNanoseconds, moment)
        let before = (known.seen + known.went).filter { $0 < moment }.max() ?? 0
        let candidates = known.sent.filter { $0 <= moment && $0 >= earliest && $0 > before }
        return candidates.count == 1 ? candidates.first : nil
    }

    private func timeline(
        _ channel: Channel?, _ connection: Connection?, _ session: Session?
    ) -> OTATimeline? {
        let legs = legs(channel, connection, session)
        guard let span = legs.span,
            let clock = channel?.clock ?? connection?.clock ?? session?.began.stamp.begin
        else { return nil }
        let hasTLS = connection != nil || session != nil
        return OTATimeline(
            kind: hasTLS ? .scp81 : .channel,
            device: channel?.link.device ?? connection?.link.tap ?? session?.began.link.device ?? "",
            tap: connection?.link.tap ?? session?.began.link.device, port: connection?.port ?? channel?.port,
            identity: session?.began.identity ?? connection?.identity, client: channel?.link.client,
            channel: channel?.link, connection: connection?.link, session: session?.began.link,
            began: EventClock(
                monotonicNanoseconds: span.lowerBound, wallNanoseconds: clock.wall(atMonotonic: span.lowerBound)),
            durationNanoseconds: span.upperBound - span.lowerBound,
            status: Self.status(channel, connection, session), error: Self.error(channel, connection, session),
            steps: legs.steps)
    }

    private func legs(_ channel: Channel?, _ connection: Connection?, _ session: Session?) -> OTALegs {
        var legs = OTALegs()
        if let channel {
            let (sent, envelope) = trigger(of: channel)
            (legs.sent, legs.envelope) = (.init(sent), .init(envelope))
            (legs.asked, legs.opened) = (.at(channel.asked), .init(channel.opened, else: .notReached))
        }
        if channel != nil, channel?.opened == nil {
            (legs.hello, legs.secured, legs.firstScript) = (.notReached, .notReached, .notReached)
            (legs.lastAnswer, legs.closed) = (.notReached, .notReached)
            return legs
        }
        if let connection {
            legs.hello = .init(connection.hello, else: .notReached)
            legs.secured = .init(connection.secured, else: .notReached)
            if connection.secured == nil { (legs.firstScript, legs.lastAnswer) = (.notReached, .notReached) }
        }
        if let session {
            legs.firstScript = .init(session.firstScript, else: .notReached)
            let isAnswered = session.lastAnswer ?? 0 > session.firstScript ?? .max
            legs.lastAnswer = isAnswered ? .init(session.lastAnswer) : .notReached
        }
        legs.closed = .init(
            channel?.closed ?? connection?.closed ?? session?.ended.map(\.stamp.endNanoseconds))
        return legs
    }

    private static func status(
        _ channel: Channel?, _ connection: Connection?, _ session: Session?
    ) -> SessionStatus {
        if let status = session?.ended?.status { return status }
        if let connection, connection.secured == nil { return .failed }
        return channel?.status ?? .completed
    }

    private static func error(_ channel: Channel?, _ connection: Connection?, _ session: Session?) -> String? {
        if let ended = session?.ended { return ended.error?.name }
        return connection?.error ?? channel?.error
    }

    /// A packet: from the message that brought it to what the card said of it.
    private func timeline(ofPacketIn session: Session, _ ended: OTASessionEnded) -> OTATimeline {
        let device = session.began.link.device
        let start = session.began.stamp.startNanoseconds
        let sent = sent(to: device, before: start)
        let begin = sent ?? start
        let took = ended.stamp.endNanoseconds - min(start, ended.stamp.endNanoseconds)
        let trigger = OTALeg.triggerToEnvelope.name
        return OTATimeline(
            kind: .scp80, device: device, identity: session.began.identity, session: session.began.link,
            began: EventClock(
                monotonicNanoseconds: begin, wallNanoseconds: session.began.stamp.begin.wall(atMonotonic: begin)),
            durationNanoseconds: start - begin + took, status: ended.status, error: ended.error?.name,
            steps: [
                sent == nil
                    ? OTATimeline.Step(trigger, .unknown)
                    : OTATimeline.Step(trigger, .seen, after: 0, took: start - begin),
                OTATimeline.Step(
                    "packet", .seen, after: start - begin, took: took, result: session.packet?.receipt?.name),
            ])
    }

    private static func timeline(ofToldLegsOf session: Session, _ ended: OTASessionEnded) -> OTATimeline {
        let start = min(
            ended.stamp.startNanoseconds, session.legs.map(\.stamp.startNanoseconds).min() ?? .max)
        var timeline = OTATimeline(
            kind: .scp81, device: session.began.link.device, identity: session.began.identity,
            session: session.began.link,
            began: EventClock(
                monotonicNanoseconds: start, wallNanoseconds: ended.stamp.begin.wall(atMonotonic: start)),
            durationNanoseconds: ended.stamp.endNanoseconds - min(start, ended.stamp.endNanoseconds),
            status: ended.status, error: ended.error?.name,
            steps: OTALeg.allCases.map { leg in
                guard let told = session.legs.first(where: { $0.leg == leg }) else {
                    return OTATimeline.Step(leg.name, .unknown)
                }
                return OTATimeline.Step(
                    leg.name, .seen, after: told.stamp.startNanoseconds - start, took: told.stamp.durationNanoseconds)
            })
        timeline.isTold = true
        return timeline
    }
}

extension OTATimeline {
    /// A download is told whole.
    init(_ done: ESIMDownloadDone) {
        let isDone = done.result == .installed || done.result == .authenticated
        self.init(
            kind: .download, device: done.link.device, client: done.link.client,
            began: done.stamp.begin, durationNanoseconds: done.stamp.durationNanoseconds,
            status: isDone ? .completed : .failed,
            error: isDone ? nil : done.words,
            steps: done.steps.map {
                Step(
                    $0.function.name, .seen, after: $0.afterNanoseconds, took: $0.durationNanoseconds,
                    result: $0.result.name)
            })
    }
}
