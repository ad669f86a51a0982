package import ProbeEvents
internal import SmartCard
internal import Synchronization

/// Turns events into spans: a reader session a span, and in it each command as the application meant it, and each BIP
/// channel; a TLS connection a span, and in it its handshake, and the session over the air with its commands; a suite a
/// span, in it each test, and in that all of these which happened in it; a database's operation a span.
///
/// A chain over T=0 (61XX with GET RESPONSE, 6CXX with the command again) is one span. No span has data bytes. It goes
/// behind an ``EventRing``: a span costs more than a count.
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

    /// The trace that the commands of a session are part of, which is open or has ended lately; nil where none is kept.
    package func traceID(client: UInt64, session: UInt64) -> TraceID? {
        state.withLock { $0.traceID(of: SessionKey(client: client, session: session)) }
    }

    /// Notes which file has the events around a fault: a span of no length in the fault's session, since that of the
    /// command has ended.
    package func note(_ flight: FlightRecorder.Flight) { state.withLock { $0.note(flight) } }

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
            case .tls(let event): spans.note(event)
            case .ota(let event): spans.note(event)
            case .esim(let event): spans.note(event)
            case .test(let event): spans.tests.note(event)
            case .database(.operation(let done)): spans.note(done)
            case .triggerSeen, .phone, .database: break
            }
        }
    }

    /// Takes a session over the air that is over.
    package func receive(_ timeline: OTATimeline) { state.withLock { $0.tell(timeline) } }

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
    /// The sessions that ended last: who hears events later than this asks for their traces.
    private var ended = RingQueue<(key: SessionKey, context: SpanContext)>(capacity: 256)
    var channels: ChannelSpans
    var connections: TLSSpans
    var tests: TestSpans
    /// Clients whose spans another probe exports: a command is one span.
    private var tracedElsewhere: Set<UInt64> = []

    init(manager: SpanManager, root: SpanContext?, isDecided: Bool) {
        (self.manager, self.root, self.isDecided) = (manager, root, isDecided)
        channels = ChannelSpans(manager: manager)
        connections = TLSSpans(manager: manager, root: root)
        tests = TestSpans(manager: manager, root: root)
    }

    mutating func attach(_ attached: ClientAttached) {
        tests.note(attached)
        guard attached.isTraced == true, tracedElsewhere.count < Self.limit else { return }
        tracedElsewhere.insert(attached.client.id)
    }

    func traceID(of key: SessionKey) -> TraceID? { context(of: key)?.traceID }

    /// What the commands of a session are part of, where that is kept.
    private func context(of key: SessionKey) -> SpanContext? {
        guard let session = sessions[key] else { return ended.last { $0.key == key }?.context }
        return Self.kept(session)
    }

    private static func kept(_ session: SessionSpan) -> SpanContext? {
        session.context.flatMap { $0.isSampled ? $0 : nil }
    }

    func note(_ flight: FlightRecorder.Flight) {
        guard let parent = flight.session.flatMap(context) else { return }
        let start = flight.wallNanoseconds
        var span = SpanData(
            "fault", context: manager.context(under: parent), parent: parent, startNanoseconds: start,
            limits: manager.limits)
        span.set([
            Attribute("cardlink.flight.file", .text(flight.name)),
            Attribute("cardlink.flight.fault", .text(flight.header.message)),
        ])
        span.endNanoseconds = start
        manager.tell(span)
    }

    mutating func open(_ opened: ReaderSessionOpened) {
        let key = SessionKey(opened.client, opened.session)
        guard sessions[key] == nil, !tracedElsewhere.contains(key.client) else { return }
        if sessions.count >= Self.limit, let oldest = sessions.min(by: { $0.value.started < $1.value.started })?.key {
            sessions.removeValue(forKey: oldest)?.abandon()
        }
        let test = tests.context(at: opened.stamp.startNanoseconds, opened.client)
        let parent = test ?? root
        let context = isDecided && test == nil ? manager.keptContext() : manager.context(under: parent)
        sessions[key] = SessionSpan(opened, context, manager: manager, parent: parent, test: test, collector: collector)
    }

    mutating func note(_ event: TLSEvent) {
        connections.note(event, in: tests.context(at: event.stamp.startNanoseconds))
    }

    mutating func note(_ event: OTAEvent) {
        connections.note(event, in: tests.context(at: event.stamp.startNanoseconds))
    }

    /// The probe's own file is not the tester's database.
    mutating func note(_ done: DatabaseOperationDone) {
        if done.stamp.source != .store { tests.note(done) }
    }

    mutating func open(_ opened: BIPChannelOpened) {
        guard isTraced(opened.link) else { return }
        channels.begin(opened, under: parent(of: opened.link, opened.stamp))
    }

    mutating func note(_ failed: BIPCommandFailed) {
        guard isTraced(failed.link) else { return }
        channels.note(failed, under: parent(of: failed.link, failed.stamp))
    }

    /// A function and a download are told when they are over, and are spans of their session then.
    func note(_ event: ESIMEvent) {
        guard !tracedElsewhere.contains(event.link.client.id) else { return }
        let (client, session) = (event.link.client, event.link.session)
        manager.tell(event, under: parent(client, session: session, event.stamp))
    }

    /// A session from trigger to end, with links to what its parts are spans of.
    func tell(_ timeline: OTATimeline) {
        let links = [
            timeline.channel.flatMap { channels.context(of: $0) },
            timeline.connection.flatMap { connections.context(of: $0) },
            timeline.session.flatMap { connections.context(of: $0) },
        ]
        let begin = timeline.began.monotonicNanoseconds
        let test = timeline.client.map { tests.context(at: begin, $0) } ?? tests.context(at: begin)
        manager.tell(timeline, under: test ?? root, links: links.compactMap(\.self))
    }

    private func isTraced(_ link: BIPLink) -> Bool { link.client.map { !tracedElsewhere.contains($0.id) } ?? true }

    /// The session that a channel belongs to, unless a test has begun in it since; for one of a modem the test.
    private func parent(of link: BIPLink, _ stamp: EventStamp) -> SpanContext? {
        parent(link.client, session: link.session, stamp)
    }

    private func parent(_ client: ClientProcess?, session number: UInt64, _ stamp: EventStamp) -> SpanContext? {
        let session = client.flatMap { sessions[SessionKey($0, number)] }
        let test = tests.context(at: stamp.startNanoseconds, client)
        guard let session, test == nil || test == session.test else { return test ?? root }
        return session.context
    }

    mutating func observe(_ exchange: APDUExchange) {
        let key = SessionKey(exchange.client, exchange.session)
        let test = tests.context(at: exchange.stamp.startNanoseconds, exchange.client)
        if let place = sessions.index(forKey: key) { return sessions.values[place].observe(exchange, in: test) }
        // Its session's begin was not seen.
        guard manager.sampler.canKeep, !tracedElsewhere.contains(key.client) else { return }
        let parent = exchange.interface == .pskTls ? connections.parent(of: exchange) : nil
        var session = SessionSpan(manager: manager, context: parent ?? test ?? root, collector: collector)
        session.observe(exchange, in: nil)
        session.endCommands(.complete)
    }

    mutating func note(_ operation: ReaderOperation) {
        let key = SessionKey(operation.client, operation.session)
        guard let place = sessions.index(forKey: key) else { return }
        sessions.values[place].note(operation)
    }

    mutating func close(_ closed: ReaderSessionClosed) {
        let key = SessionKey(closed.client, closed.session)
        guard let session = sessions.removeValue(forKey: key) else { return }
        if let context = Self.kept(session) { _ = ended.append((key, context)) }
        session.close(closed)
    }

    /// A client's sessions end with it; their own ends were lost.
    mutating func end(_ ended: ClientEnded) {
        tracedElsewhere.remove(ended.client.id)
        tests.note(ended)
        channels.abandon(ended)
        for (key, session) in sessions where key.client == ended.client.id {
            session.abandon(atNanoseconds: ended.stamp.endNanoseconds)
            sessions[key] = nil
        }
    }

    mutating func endAll() {
        channels.abandonAll()
        connections.abandonAll()
        sessions.values.forEach { $0.abandon() }
        sessions = [:]
        tests.abandonAll()
    }
}
