internal import NIOCore
package import ProbeEvents

/// What is still to be handed on to a daemon, and what it has confirmed; knows no socket.
///
/// An event is kept until the daemon has confirmed it, and told again to the next daemon when it has not. When there
/// is no room the oldest event that was not sent goes; openings and ends of clients and sessions stay, as far as they
/// do not cancel out, so that the daemon's gauges stay true.
struct ForwardQueue {
    private struct Entry {
        enum Kind {
            /// An event that was handed to us.
            case event
            /// An opening that an earlier daemon has confirmed.
            case replay
            /// Of our own: how many events were lost.
            case notice
        }

        var event: ProbeEvent
        var kind: Kind
    }

    private let limits: EventForwarder.Limits
    /// What is open by the events that a daemon has confirmed.
    private var confirmed = OpenWork()
    private var sent: CircularBuffer<Entry> = []
    private var sentBytes = 0
    private var resent: CircularBuffer<Entry> = []
    /// Openings and ends for which there was no room, older than all that waits.
    private var spared: [ProbeEvent] = []
    private var waiting: CircularBuffer<ProbeEvent> = []
    private var waitingBytes = 0
    private var untold: [LossKind: UInt64] = [:]
    private var receipt = Receipt()

    /// Whether a daemon is there to send to.
    private(set) var isConnected = false
    /// How many events were confirmed.
    private(set) var delivered: UInt64 = 0
    /// What was lost.
    private(set) var losses: [LossKind: UInt64] = [:]

    init(limits: EventForwarder.Limits) {
        self.limits = limits
    }

    /// Whether all is confirmed or lost, and the losses are told.
    var isEmpty: Bool { sent.isEmpty && resent.isEmpty && spared.isEmpty && waiting.isEmpty && untold.isEmpty }

    /// How many events were never sent.
    var waitingCount: Int { waiting.count }

    /// What is lost in all.
    var lossCount: UInt64 { losses.values.reduce(0, +) }

    /// Adds an event; drops the oldest that were not sent when there is no room.
    mutating func append(_ event: ProbeEvent) {
        // Of a client's marks only the last one counts.
        if let last = waiting.last, event.supersedes(last) {
            _ = waiting.popLast().map { waitingBytes -= $0.estimatedBytes }
        }
        waiting.append(event)
        waitingBytes += event.estimatedBytes
        while waiting.count > limits.events || waitingBytes > limits.bytes, let oldest = popWaiting() {
            spareOrLose(oldest)
        }
    }

    /// An event came when none are taken any more.
    mutating func refuse(_ event: ProbeEvent) {
        lose(event, .receiverGone)
    }

    /// A daemon that has heard nothing yet is there.
    mutating func connected() {
        isConnected = true
        receipt = Receipt()
        // What was to be told again when the connection broke comes after what was told again already.
        let unconfirmed = (Array(sent) + Array(resent)).filter { $0.kind != .replay }
        resent = CircularBuffer(confirmed.openings.map { Entry(event: $0, kind: .replay) } + unconfirmed)
        sent = []
        sentBytes = 0
    }

    /// The daemon went away.
    mutating func disconnected() {
        isConnected = false
    }

    /// The next event to send; nil when there is none, or too many are not confirmed.
    mutating func next(clock: EventClock) -> ProbeEvent? {
        guard isConnected, sent.count < limits.unconfirmed, sentBytes < limits.unconfirmedBytes,
            let entry = nextEntry(clock)
        else { return nil }
        sent.append(entry)
        sentBytes += entry.event.estimatedBytes
        return entry.event
    }

    /// How far the daemon has read this connection.
    mutating func confirm(_ now: Receipt, clock: EventClock) {
        var skipped = now.skipped &- receipt.skipped
        // A daemon cannot have read more than was sent.
        let lines = min(UInt64(sent.count), now.lines &- receipt.lines)
        receipt = now
        for _ in 0..<lines {
            let entry = sent.removeFirst()
            sentBytes -= entry.event.estimatedBytes
            // Which ones of a batch were skipped is not told; it is rare, and their number is right.
            if skipped > 0 {
                skipped -= 1
                if entry.kind == .event { lose(entry.event, .malformed) }
                continue
            }
            guard entry.kind == .event else { continue }
            delivered += 1
            _ = confirmed.admit(entry.event, clock: clock)
        }
    }

    /// Nothing is sent any more: what was not confirmed is lost.
    mutating func abandon() {
        let left = (Array(sent) + Array(resent)).filter { $0.kind == .event }.map(\.event) + spared + Array(waiting)
        for event in left { lose(event, .receiverGone) }
        (sent, resent, spared, waiting, untold) = ([], [], [], [], [:])
        (sentBytes, waitingBytes) = (0, 0)
    }

    private mutating func nextEntry(_ clock: EventClock) -> Entry? {
        if let entry = resent.popFirst() { return entry }
        if !spared.isEmpty { return Entry(event: spared.removeFirst(), kind: .event) }
        if let (kind, count) = untold.first {
            untold[kind] = nil
            let stamp = EventStamp(source: kind.source, startNanoseconds: clock.monotonicNanoseconds, clock: clock)
            let notice = EventsDropped(stamp: stamp, reason: kind.reason, count: count)
            return Entry(event: .eventsDropped(notice), kind: .notice)
        }
        return popWaiting().map { Entry(event: $0, kind: .event) }
    }

    private mutating func popWaiting() -> ProbeEvent? {
        guard let event = waiting.popFirst() else { return nil }
        waitingBytes -= event.estimatedBytes
        return event
    }

    private mutating func spareOrLose(_ event: ProbeEvent) {
        let reason = isConnected ? DropReason.queueFull : .receiverGone
        if let opening = spared.lastIndex(where: { event.closes($0) }) {
            lose(spared.remove(at: opening), reason)
            lose(event, reason)
        } else if event.isOpeningOrEnd, spared.count < OpenWork.sessionLimit {
            spared.append(event)
        } else {
            lose(event, reason)
        }
    }

    private mutating func lose(_ event: ProbeEvent, _ reason: DropReason) {
        if case .clientDrained = event { return }
        let kind = LossKind(source: event.stamp.source, reason: reason)
        losses[kind, default: 0] += 1
        untold[kind, default: 0] += 1
        // A loss that was to be told stays one, whatever becomes of its event.
        if case .eventsDropped(let dropped) = event {
            untold[LossKind(source: dropped.stamp.source, reason: dropped.reason), default: 0] &+= dropped.count
        }
    }
}

/// Whose events were lost, and why.
package struct LossKind: Sendable, Hashable {
    /// The kind of source that had told them.
    package var source: SourceKind
    /// Why.
    package var reason: DropReason
}

extension ProbeEvent {
    /// About how many bytes of memory it takes.
    fileprivate var estimatedBytes: Int {
        switch self {
        case .apdu(let event): 384 + event.command.bytes.count + event.response.bytes.count
        case .sourceState(let event): 384 + event.message.utf8.count
        case .sessionOpened, .sessionClosed, .operation, .readerChanged, .cardIdentified, .clientAttached,
            .clientEnded, .clientDrained, .eventsDropped:
            384
        case .atCommand, .urc, .modemChanged, .modemIdentified, .simChanged, .registrationChanged, .signalMeasured: 384
        case .bipOpened, .bipData, .bipLinkChanged, .bipDataWaiting, .bipClosed, .bipFailed, .triggerSeen: 384
        case .tls, .ota, .esim, .phone, .test, .database: 384
        }
    }

    fileprivate var isOpeningOrEnd: Bool {
        switch self {
        case .sessionOpened, .sessionClosed, .clientAttached, .clientEnded, .bipOpened, .bipClosed: true
        case .apdu, .operation, .readerChanged, .cardIdentified, .clientDrained, .eventsDropped, .sourceState: false
        case .atCommand, .urc, .modemChanged, .modemIdentified, .simChanged, .registrationChanged, .signalMeasured:
            false
        case .bipData, .bipLinkChanged, .bipDataWaiting, .bipFailed, .triggerSeen: false
        case .tls, .ota, .esim, .phone, .test, .database: false
        }
    }

    fileprivate func supersedes(_ other: ProbeEvent) -> Bool {
        guard case .clientDrained(let new) = self, case .clientDrained(let old) = other else { return false }
        return new.client.id == old.client.id
    }

    fileprivate func closes(_ other: ProbeEvent) -> Bool {
        switch (self, other) {
        case (.sessionClosed(let closed), .sessionOpened(let opened)):
            closed.session == opened.session && closed.client.id == opened.client.id
        case (.clientEnded(let ended), .clientAttached(let attached)): ended.client.id == attached.client.id
        case (.bipClosed(let closed), .bipOpened(let opened)): closed.link.isSame(as: opened.link)
        default: false
        }
    }
}
