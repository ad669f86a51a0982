internal import CProbe
internal import Glibc
internal import ProbeEvents

/// One client process as the receiver knows it. Used under the receiver's lock only.
final class ShimClient {
    /// A shim says who it is as soon as it has connected.
    static let silenceNanoseconds: UInt64 = 2_000_000_000
    /// How often it is told that a client which writes nothing has nothing to tell.
    static let idleMarkNanoseconds: UInt64 = 200_000_000

    /// Which one it is of those that came to this receiver.
    let number: UInt64

    private let pid: Int32
    private let inherited: ProcessEnvironment
    private var reader: RingReader?
    private var decoder: RingDecoder?
    private let connected: EventClock = .now
    private var attached: EventClock = .now
    private var saidBye = false
    private var lastDrained: UInt64 = 0

    init(pid: Int32, number: UInt64, inherited: ProcessEnvironment) {
        self.pid = pid
        self.inherited = inherited
        self.number = number
    }

    /// The process, once it has said who it is.
    var process: ClientProcess? { decoder?.client }

    /// Whether it has connected and not said who it is, for longer than any shim takes.
    func isSilent(now: UInt64) -> Bool {
        decoder == nil && now &- connected.monotonicNanoseconds > Self.silenceNanoseconds
    }

    /// Takes a message; false for one that no shim sends.
    func hear(_ message: ring_message, file: Int32, sink: any EventSink) -> Bool {
        defer { if file >= 0 { close(file) } }
        guard message.layout == RING_LAYOUT else { return false }
        switch Int(message.kind) {
        case RING_HELLO: return file >= 0 && reader == nil && attach(file, sink)
        case RING_WAKE: return reader != nil
        case RING_BYE:
            saidBye = true
            return reader != nil
        default: return false
        }
    }

    private func attach(_ file: Int32, _ sink: any EventSink) -> Bool {
        guard let ring = RingReader(file: file) else { return false }
        let identity = ring.identity
        let client = ClientProcess(id: identity.clientID, pid: pid, program: identity.program)
        reader = ring
        decoder = RingDecoder(client: client)
        attached = .now
        let environment = ProcessEnvironment(of: pid) ?? inherited
        sink.receive(
            .clientAttached(
                ClientAttached(
                    stamp: .now(source: .shim), client: client, library: identity.library,
                    isWaitExact: identity.countsWaits, traceparent: environment.traceparent,
                    testerVersion: environment.testerVersion, testerCommit: environment.testerCommit)))
        // Nothing of it is told yet: whoever waits for it has to wait.
        tellDrained(EventClock(monotonicNanoseconds: 0, wallNanoseconds: attached.wall(atMonotonic: 0)), sink)
        tellDropped(.receiverGone, ring.takeLostBefore(), sink)
        drain(into: sink, clock: .now, isFinal: false)
        // A client that met another receiver before has sessions that are told by nothing in the ring.
        for session in ring.openSessions() {
            decoder?.resume(session, clock: .now).forEach(sink.receive)
        }
        tellDrained(attached, sink)
        return true
    }

    /// Tells all that lies in the ring. With `isFinal` the client has ended, and waits for no record to be finished.
    func drain(into sink: any EventSink, clock: EventClock, isFinal: Bool) {
        guard var ring = reader else { return }
        var malformed: UInt64 = 0
        var unfinished: UInt64 = 0
        var isActive = false
        // Before the next record: what that means may depend on one that is missing.
        func tellLosses() {
            tellDropped(.malformed, malformed, sink)
            tellDropped(.unfinished, unfinished, sink)
            tellDropped(.ringFull, ring.takeDropped(), sink)
            (malformed, unfinished) = (0, 0)
        }
        // Bounded, whatever a client writes meanwhile.
        drain: for _ in 0..<(2 * RING_SLOTS) {
            // A record may be newer than this look.
            switch ring.next(now: EventClock.monotonicNow, isFinal: isFinal) {
            case .empty: break drain
            case .malformed: malformed += 1
            case .unfinished: unfinished += 1
            case .record(let record):
                isActive = true
                tellLosses()
                let events = decoder?.events(of: record, clock: clock) { ring.session($0) }
                events?.forEach(sink.receive)
            }
        }
        reader = ring
        tellLosses()
        let isDue = clock.monotonicNanoseconds &- lastDrained >= Self.idleMarkNanoseconds
        if isActive || isDue, ring.isEmpty { tellDrained(clock, sink) }
    }

    private func tellDrained(_ clock: EventClock, _ sink: any EventSink) {
        guard let client = decoder?.client else { return }
        lastDrained = clock.monotonicNanoseconds
        let stamp = EventStamp(source: .shim, startNanoseconds: clock.monotonicNanoseconds, clock: clock)
        sink.receive(.clientDrained(ClientDrained(stamp: stamp, client: client)))
    }

    /// The client is gone: tells the rest of its ring, its sessions and its end.
    func end(into sink: any EventSink) {
        let clock = EventClock.now
        drain(into: sink, clock: clock, isFinal: true)
        detach()
        guard var decoder else { return }
        let left = decoder.openSessionCount
        decoder.end(isOrderly: saidBye, clock: clock).forEach(sink.receive)
        let stamp = EventStamp(
            source: .shim, startNanoseconds: attached.monotonicNanoseconds,
            durationNanoseconds: clock.monotonicNanoseconds &- attached.monotonicNanoseconds, clock: clock)
        sink.receive(
            .clientEnded(
                ClientEnded(stamp: stamp, client: decoder.client, isOrderly: saidBye, openSessions: left)))
    }

    /// Lets the ring go; the client keeps it for another receiver.
    func detach() {
        reader?.unmap()
        reader = nil
    }

    private func tellDropped(_ reason: DropReason, _ count: UInt64, _ sink: any EventSink) {
        guard count > 0 else { return }
        sink.receive(.eventsDropped(EventsDropped(stamp: .now(source: .shim), reason: reason, count: count)))
    }
}
