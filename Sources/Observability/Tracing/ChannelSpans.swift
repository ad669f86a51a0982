internal import ProbeEvents

/// The BIP channels that are open, each with its span: under its session's, with what happened to it as events.
struct ChannelSpans {
    /// More are not followed: the one that is open longest makes room.
    private static let limit = 4_096

    private let manager: SpanManager
    private var open: [BIPLink: SpanData] = [:]
    /// Those that ended last: what is told later refers to them.
    private var ended = RingQueue<(key: BIPLink, context: SpanContext)>(capacity: 256)

    init(manager: SpanManager) { self.manager = manager }

    /// The span of a channel that is open or ended lately.
    func context(of link: BIPLink) -> SpanContext? {
        let key = link.opening
        return open[key]?.context ?? ended.last { $0.key == key }?.context
    }

    mutating func begin(_ opened: BIPChannelOpened, under parent: SpanContext?) {
        let key = opened.link.opening
        guard open[key] == nil else { return }
        if open.count >= Self.limit,
            let oldest = open.min(by: { $0.value.startNanoseconds < $1.value.startNanoseconds })?.key
        {
            abandon(oldest)
        }
        var span = span(of: opened.link, opened.bearer, opened.stamp, under: parent)
        span.set("cardlink.bip.transport", .text(opened.transport.name))
        if let port = opened.port { span.set("cardlink.bip.port", .integer(Int64(port))) }
        if let buffer = opened.bufferBytes { span.set("cardlink.bip.buffer_bytes", .integer(Int64(buffer))) }
        if let time = opened.sinceTriggerNanoseconds {
            span.set("cardlink.bip.since_trigger_seconds", .seconds(time))
        }
        span.addEvent("opened", atEndOf: opened.stamp)
        open[key] = span
    }

    mutating func note(_ data: BIPDataMoved) {
        open[data.link.opening]?.addEvent(
            "data \(data.direction.name)", atEndOf: data.stamp,
            [
                Attribute("cardlink.bip.bytes", .integer(Int64(data.bytes))),
                Attribute("cardlink.bip.seconds", .seconds(data.stamp.durationNanoseconds)),
            ])
    }

    mutating func note(_ waiting: BIPDataWaiting) {
        let about = waiting.bytes.map { [Attribute("cardlink.bip.bytes", .integer(Int64($0)))] } ?? []
        open[waiting.link.opening]?.addEvent("data waiting", atEndOf: waiting.stamp, about)
    }

    mutating func note(_ changed: BIPLinkChanged) {
        open[changed.link.opening]?.addEvent("link \(changed.state.name)", atEndOf: changed.stamp)
    }

    /// A command that failed is an event of its channel; one that opened none is a span of its own.
    mutating func note(_ failed: BIPCommandFailed, under parent: SpanContext?) {
        var about = [
            Attribute("cardlink.bip.command", .text(failed.command.name)),
            Attribute("error.type", .text(failed.error.name)),
        ]
        if let result = failed.result { about.append(Attribute("cardlink.bip.result", .hex(result))) }
        if let cause = failed.additional { about.append(Attribute("cardlink.bip.cause", .hex(cause))) }
        let key = failed.link.opening
        guard open[key] == nil else {
            open[key]?.addEvent("command failed", atEndOf: failed.stamp, about)
            return
        }
        guard failed.command == .openChannel else { return }
        var span = span(of: failed.link, failed.bearer, failed.stamp, under: parent)
        span.set(about)
        if let time = failed.sinceTriggerNanoseconds {
            span.set("cardlink.bip.since_trigger_seconds", .seconds(time))
        }
        span.status = .error("")
        span.end(with: failed.stamp)
        manager.tell(span)
    }

    mutating func end(_ closed: BIPChannelClosed) {
        guard var span = open.removeValue(forKey: closed.link.opening) else { return }
        _ = ended.append((closed.link.opening, span.context))
        span.set([
            Attribute("cardlink.bip.channel", .integer(Int64(closed.link.channel))),
            Attribute("cardlink.bip.sent_bytes", .integer(Int64(clamping: closed.sentBytes))),
            Attribute("cardlink.bip.received_bytes", .integer(Int64(clamping: closed.receivedBytes))),
            Attribute("cardlink.bip.close_reason", .text(closed.reason.name)),
        ])
        if closed.status != .completed {
            span.set("error.type", .text(closed.reason.name))
            span.status = .error("")
        }
        span.end(with: closed.stamp)
        manager.tell(span)
    }

    /// Ends those of a client that is gone; their own ends were lost.
    mutating func abandon(_ ended: ClientEnded) {
        for key in open.keys where key.client?.id == ended.client.id { abandon(key, with: ended.stamp) }
    }

    mutating func abandonAll() {
        for key in open.keys { abandon(key) }
    }

    private mutating func abandon(_ key: BIPLink, with end: EventStamp? = nil) {
        guard var span = open.removeValue(forKey: key) else { return }
        span.set("cardlink.abandoned", true)
        if let end { span.end(with: end) } else { span.endWithItsLastEvent() }
        manager.tell(span)
    }

    private func span(
        of link: BIPLink, _ bearer: BearerType, _ stamp: EventStamp, under parent: SpanContext?
    ) -> SpanData {
        var span = SpanData(
            "BIP channel", context: manager.context(under: parent), parent: parent, from: stamp,
            limits: manager.limits)
        span.set([
            Attribute("cardlink.bip.bearer", .text(bearer.name)),
            Attribute("cardlink.interface", .text(link.interface.name)),
            Attribute(link.interface == .at ? "cardlink.modem" : "cardlink.reader", .text(link.device)),
            Attribute("cardlink.bip.channel", .integer(Int64(link.channel))),
        ])
        return span
    }
}
