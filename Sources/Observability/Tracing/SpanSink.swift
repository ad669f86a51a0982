package import ProbeEvents
internal import SmartCard
internal import Synchronization

/// Turns events into spans: a reader session a span, and in it each command as the application meant it, and each BIP
/// channel.
///
/// A chain over T=0 (61XX with GET RESPONSE, 6CXX with the command again) is one span. No span has data bytes. It goes
/// behind a ``QueuedSink``: a span costs more than a count.
package final class SpanSink: EventSink {
    private let state: Mutex<SessionSpans>

    /// Spans for a manager, under a root when the whole has one: the span of a run.
    ///
    /// - Parameter isDecided: whether only sessions come that are to be kept, as ``SampledSessions`` decides.
    package init(_ manager: SpanManager, root: SpanContext? = nil, isDecided: Bool = false) {
        state = Mutex(SessionSpans(manager: manager, root: root, isDecided: isDecided))
    }

    /// From now on shows in a collector's histograms, which count the same events, what trace a number came from.
    package func showTraces(in collector: Collector) { state.withLock { $0.collector = collector } }

    /// Takes one event.
    package func receive(_ event: ProbeEvent) {
        state.withLock { spans in
            switch event {
            case .apdu(let exchange): spans.observe(exchange)
            case .sessionOpened(let opened): spans.open(opened)
            case .sessionClosed(let closed): spans.close(closed)
            case .operation(let operation): spans.note(operation)
            case .clientEnded(let ended): spans.end(ended)
            case .clientAttached(let attached): spans.attach(attached)
            case .readerChanged, .cardIdentified, .clientDrained, .eventsDropped, .sourceState: break
            case .atCommand, .urc, .modemChanged, .modemIdentified, .simChanged, .registrationChanged, .signalMeasured:
                break
            case .bipOpened(let opened): spans.open(opened)
            case .bipData(let data): spans.channels.note(data)
            case .bipLinkChanged(let changed): spans.channels.note(changed)
            case .bipDataWaiting(let waiting): spans.channels.note(waiting)
            case .bipClosed(let closed): spans.channels.end(closed)
            case .bipFailed(let failed): spans.note(failed)
            case .triggerSeen: break
            }
        }
    }

    /// Ends all spans that are open; for the end of the events.
    package func finish() {
        state.withLock { $0.endAll() }
    }
}

/// The sessions that are open, each with its span and the commands that wait for their continuation.
private struct SessionSpans {
    /// More are not followed: the one that is open longest makes room.
    private static let limit = 4_096

    private let manager: SpanManager
    private let root: SpanContext?
    private let isDecided: Bool
    /// Where traces are shown beside numbers.
    var collector: Collector?
    private var sessions: [SessionKey: SessionSpan] = [:]
    var channels: ChannelSpans
    /// Clients whose spans another probe exports: a command is one span.
    private var tracedElsewhere: Set<UInt64> = []

    init(manager: SpanManager, root: SpanContext?, isDecided: Bool) {
        (self.manager, self.root, self.isDecided) = (manager, root, isDecided)
        channels = ChannelSpans(manager: manager)
    }

    mutating func attach(_ attached: ClientAttached) {
        guard attached.isTraced == true, tracedElsewhere.count < Self.limit else { return }
        tracedElsewhere.insert(attached.client.id)
    }

    mutating func open(_ opened: ReaderSessionOpened) {
        let key = SessionKey(client: opened.client.id, session: opened.session)
        guard sessions[key] == nil, !tracedElsewhere.contains(key.client) else { return }
        if sessions.count >= Self.limit, let oldest = sessions.min(by: { $0.value.started < $1.value.started })?.key {
            sessions.removeValue(forKey: oldest)?.abandon()
        }
        let context = isDecided ? manager.keptContext() : manager.context(under: root)
        sessions[key] = SessionSpan(opened, context, manager: manager, root: root, collector: collector)
    }

    mutating func open(_ opened: BIPChannelOpened) {
        guard isTraced(opened.link) else { return }
        channels.begin(opened, under: parent(of: opened.link))
    }

    mutating func note(_ failed: BIPCommandFailed) {
        guard isTraced(failed.link) else { return }
        channels.note(failed, under: parent(of: failed.link))
    }

    private func isTraced(_ link: BIPLink) -> Bool { link.client.map { !tracedElsewhere.contains($0.id) } ?? true }

    /// The session that a channel belongs to; the root for one of a modem.
    private func parent(of link: BIPLink) -> SpanContext? {
        let session = link.client.flatMap { sessions[SessionKey(client: $0.id, session: link.session)] }
        return session.map(\.parent) ?? root
    }

    mutating func observe(_ exchange: APDUExchange) {
        let key = SessionKey(client: exchange.client.id, session: exchange.session)
        if let place = sessions.index(forKey: key) { return sessions.values[place].observe(exchange) }
        // Its session's begin was not seen.
        guard manager.sampler.canKeep, !tracedElsewhere.contains(key.client) else { return }
        var session = SessionSpan(manager: manager, root: root, collector: collector)
        session.observe(exchange)
        session.endCommands(.complete)
    }

    mutating func note(_ operation: ReaderOperation) {
        let key = SessionKey(client: operation.client.id, session: operation.session)
        guard let place = sessions.index(forKey: key) else { return }
        sessions.values[place].note(operation)
    }

    mutating func close(_ closed: ReaderSessionClosed) {
        let key = SessionKey(client: closed.client.id, session: closed.session)
        sessions.removeValue(forKey: key)?.close(closed)
    }

    /// A client's sessions end with it; their own ends were lost.
    mutating func end(_ ended: ClientEnded) {
        tracedElsewhere.remove(ended.client.id)
        channels.abandon(
            client: ended.client.id, atWall: ended.stamp.wallNanoseconds &+ ended.stamp.durationNanoseconds)
        for (key, session) in sessions where key.client == ended.client.id {
            session.abandon(atNanoseconds: ended.stamp.endNanoseconds)
            sessions[key] = nil
        }
    }

    mutating func endAll() {
        channels.abandonAll()
        sessions.values.forEach { $0.abandon() }
        sessions = [:]
    }
}
