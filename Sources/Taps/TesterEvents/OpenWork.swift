package import ProbeEvents

/// What the events of one teller have opened and not closed: client processes, their sessions, BIP channels, and what
/// ``OpenTesterEvents`` follows.
///
/// Only what was opened can be closed, and once: gauges that follow the events cannot drift.
package struct OpenWork: Sendable {
    /// More clients at once are not taken.
    static let clientLimit = 1_024
    /// More sessions at once, of all clients, are not taken.
    static let sessionLimit = 4_096

    /// More BIP channels at once are not taken.
    static let channelLimit = 1_024

    private struct Client: Sendable {
        var process: ClientProcess
        var attached: ClientAttached?
        var sessions: [UInt64: ReaderSessionOpened] = [:]
    }

    /// Nothing is open.
    package init() {}

    private var clients: [UInt64: Client] = [:]
    private var sessionCount = 0
    private var channels: [BIPChannelOpened] = []
    private var testerWork = OpenTesterEvents()

    var isEmpty: Bool { clients.isEmpty && channels.isEmpty && testerWork.isEmpty }

    /// Notes an event: what is to be told for it, in order; nil for an event that contradicts those before it.
    package mutating func admit(_ event: ProbeEvent, clock: EventClock) -> [ProbeEvent]? {
        switch event {
        case .clientAttached(let attached):
            guard enter(attached.client), clients[attached.client.id]?.attached == nil else { return nil }
            clients[attached.client.id]?.attached = attached
        case .sessionOpened(let opened):
            guard sessionCount < Self.sessionLimit, clients[opened.client.id]?.sessions[opened.session] == nil,
                enter(opened.client)
            else { return nil }
            clients[opened.client.id]?.sessions[opened.session] = opened
            sessionCount += 1
        case .sessionClosed(let closed):
            guard clients[closed.client.id]?.sessions.removeValue(forKey: closed.session) != nil else { return nil }
            sessionCount -= 1
            leave(closed.client)
        case .clientEnded(let ended):
            guard let client = clients[ended.client.id], client.attached != nil else { return nil }
            clients[ended.client.id] = nil
            sessionCount -= client.sessions.count
            return Self.closings(of: client, clock: clock) + [event]
        case .bipOpened(let opened):
            guard channels.count < Self.channelLimit, place(of: opened.link) == nil else { return nil }
            channels.append(opened)
        case .bipClosed(let closed):
            guard let place = place(of: closed.link) else { return nil }
            channels.remove(at: place)
        case .apdu, .operation, .readerChanged, .cardIdentified, .clientDrained, .eventsDropped, .sourceState: break
        case .atCommand, .urc, .modemChanged, .modemIdentified, .simChanged, .registrationChanged, .signalMeasured:
            break
        case .bipData, .bipLinkChanged, .bipDataWaiting, .bipFailed, .triggerSeen: break
        case .tls(let event): guard testerWork.admit(event) else { return nil }
        case .ota(let event): guard testerWork.admit(event) else { return nil }
        case .test(let event): guard testerWork.admit(event) else { return nil }
        case .database(let event): guard testerWork.admit(event) else { return nil }
        case .esim, .phone: break
        }
        return [event]
    }

    /// The teller is gone: the ends of all that it left open.
    mutating func abandon(clock: EventClock) -> [ProbeEvent] {
        let left = clients.sorted { $0.key < $1.key }.map(\.value)
        let ends = channels.map { Self.end(of: $0, clock: clock) } + testerWork.ends(clock: clock)
        self = OpenWork()
        return ends
            + left.flatMap { client in
                guard let attached = client.attached else { return Self.closings(of: client, clock: clock) }
                let ended = ClientEnded(
                    stamp: attached.stamp.lasting(until: clock), client: client.process, isOrderly: false,
                    openSessions: client.sessions.count)
                return Self.closings(of: client, clock: clock) + [.clientEnded(ended)]
            }
    }

    /// What somebody who has heard nothing must be told, to make sense of what comes.
    package var openings: [ProbeEvent] {
        clients.sorted { $0.key < $1.key }.flatMap { _, client in
            (client.attached.map { [.clientAttached($0)] } ?? []) + Self.inOrder(client).map { .sessionOpened($0) }
        } + channels.map { .bipOpened($0) } + testerWork.openings
    }

    private func place(of link: BIPLink) -> Int? { channels.firstIndex { $0.link.isSame(as: link) } }

    /// What went through is told by its own events, and not counted here.
    private static func end(of opened: BIPChannelOpened, clock: EventClock) -> ProbeEvent {
        .bipClosed(
            BIPChannelClosed(
                stamp: opened.stamp.lasting(until: clock), link: opened.link, bearer: opened.bearer, status: .failed,
                reason: .sourceGone, sentBytes: 0, receivedBytes: 0))
    }

    private mutating func enter(_ process: ClientProcess) -> Bool {
        guard clients[process.id] == nil else { return true }
        guard clients.count < Self.clientLimit else { return false }
        clients[process.id] = Client(process: process)
        return true
    }

    private mutating func leave(_ process: ClientProcess) {
        guard let client = clients[process.id], client.attached == nil, client.sessions.isEmpty else { return }
        clients[process.id] = nil
    }

    private static func closings(of client: Client, clock: EventClock) -> [ProbeEvent] {
        inOrder(client).map { opened in
            .sessionClosed(
                ReaderSessionClosed(
                    stamp: opened.stamp.lasting(until: clock), client: opened.client, session: opened.session,
                    reader: opened.reader, status: .failed, error: .clientGone, type: opened.type))
        }
    }

    private static func inOrder(_ client: Client) -> [ReaderSessionOpened] {
        client.sessions.sorted { $0.key < $1.key }.map(\.value)
    }
}

extension EventStamp {
    /// The stamp of what began with this one and ends now; without length where it claims to begin later.
    func lasting(until clock: EventClock) -> EventStamp {
        var stamp = self
        stamp.durationNanoseconds = clock.monotonicNanoseconds - min(startNanoseconds, clock.monotonicNanoseconds)
        return stamp
    }
}
