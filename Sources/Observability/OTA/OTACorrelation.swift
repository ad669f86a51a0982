internal import ProbeEvents
internal import SmartCard

/// Finds what belongs to one session over the air among what several taps saw, and makes a time line of it.
///
/// A trigger goes with the card's next channel. A channel goes with a connection when the card asked for the port at which
/// the tap listens, while the connection was made, and the bytes agree; where more than one would do for either, none is
/// taken. It is looked at a second after the end, since events of different taps do not come in their order. A plain
/// value, with times given.
struct OTACorrelation: Sendable {
    /// What comes so soon after an end may belong to it.
    static let settlingNanoseconds: UInt64 = 1_000_000_000
    /// How long an end waits for that of something which may go with it.
    static let patienceNanoseconds: UInt64 = 30_000_000_000
    /// How long something that is over still speaks against what it may have gone with.
    private static let memoryNanoseconds: UInt64 = 60_000_000_000
    /// A channel that is opened later has nothing to do with a trigger.
    static let triggerNanoseconds: UInt64 = 600_000_000_000
    /// Of each kind; the oldest makes room.
    static let limit = 512
    private static let deviceLimit = 256
    private static let momentLimit = 64

    /// When something ended, as it was heard, and what has become of it.
    struct Life: Sendable {
        var heardEnd: UInt64?
        var isTold = false

        func hasSettled(_ now: UInt64) -> Bool { heardEnd.map { now >= $0 &+ settlingNanoseconds } ?? false }
        func isOutOfPatience(_ now: UInt64) -> Bool { heardEnd.map { now >= $0 &+ patienceNanoseconds } ?? false }
        func isForgotten(_ now: UInt64) -> Bool {
            isTold && heardEnd.map { now >= $0 &+ memoryNanoseconds } ?? false
        }
    }

    struct Channel: Sendable {
        var link: BIPLink
        var clock: EventClock
        var asked: UInt64
        /// nil for one that was refused.
        var opened: UInt64?
        var sinceTrigger: UInt64?
        /// nil for one that a connection cannot go with.
        var clientPort: UInt16?
        var port: UInt16?
        var sentBytes: UInt64 = 0
        var receivedBytes: UInt64 = 0
        var closed: UInt64?
        var status = SessionStatus.completed
        var error: String?
        var connection: TLSLink?
        var life = Life()
    }

    struct Connection: Sendable {
        var link: TLSLink
        var clock: EventClock
        var opened: UInt64
        var port: UInt16?
        var hello: UInt64?
        var secured: UInt64?
        var identity: String?
        var error: String?
        var sentBytes: UInt64 = 0
        var receivedBytes: UInt64 = 0
        var closed: UInt64?
        var channel: BIPLink?
        var life = Life()
    }

    struct Session: Sendable {
        var began: OTASessionBegan
        var firstScript: UInt64?
        var lastAnswer: UInt64?
        var packet: OTAPacketDone?
        var legs: [OTALegDone] = []
        var ended: OTASessionEnded?
        var life = Life()

        var connection: TLSLink? {
            began.link.connection.map { TLSLink(tap: began.link.device, connection: $0) }
        }
    }

    /// What woke the card of a device: when a tester sent it, and when it came to the card; when the card asked for
    /// channels, and when it went.
    struct Triggers: Sendable {
        var sent: [UInt64] = []
        var seen: [UInt64] = []
        var asked: [UInt64] = []
        var went: [UInt64] = []
    }

    var channels: [BIPLink: Channel] = [:]
    var connections: [TLSLink: Connection] = [:]
    var sessions: [OTALink: Session] = [:]
    var triggers: [String: Triggers] = [:]
    /// Refused channels have no number of their own.
    private var refusals: UInt64 = 0
    /// What is whole as it comes.
    private var ready: [OTATimeline] = []

    /// How much was given up since it was too much at once.
    private(set) var unfollowed = 0

    /// Whether something has ended and was not told.
    var isWaiting: Bool {
        !ready.isEmpty || channels.values.contains { $0.life.heardEnd != nil && !$0.life.isTold }
            || connections.values.contains { $0.life.heardEnd != nil && !$0.life.isTold }
            || sessions.values.contains { $0.life.heardEnd != nil && !$0.life.isTold }
    }

    /// Takes an event that was heard at a moment; whether it may end something.
    mutating func take(_ event: ProbeEvent, now: UInt64) -> Bool {
        switch event {
        case .triggerSeen(let trigger):
            let isSent = trigger.stamp.source == .testerSocket
            note(trigger.stamp.startNanoseconds, isSent ? \.sent : \.seen, of: trigger.device)
        // What was sent to the card that was there is not for the next one.
        case .readerChanged(let change):
            if change.change == .cardWent || change.change == .readerWent, triggers[change.reader] != nil {
                note(change.stamp.startNanoseconds, \.went, of: change.reader)
            }
        case .bipOpened(let opened): open(opened)
        case .bipData(let data): note(data)
        case .bipClosed(let closed): return close(closed, now)
        case .bipFailed(let failed): return refuse(failed, now)
        case .tls(let event): return take(event, now)
        case .ota(let event): return take(event, now)
        case .esim(.download(let done)):
            ready.append(OTATimeline(done))
            return true
        case .apdu, .sessionOpened, .sessionClosed, .operation, .cardIdentified, .clientAttached, .clientEnded: break
        case .clientDrained, .eventsDropped, .sourceState: break
        case .atCommand, .urc, .modemChanged, .modemIdentified, .simChanged, .registrationChanged, .signalMeasured:
            break
        case .bipLinkChanged, .bipDataWaiting, .esim, .phone, .test, .database: break
        }
        return false
    }

    /// What is over by now, in the order of its begin.
    ///
    /// - Parameter all: whether no more will come, so that nothing is waited for.
    mutating func concluded(now: UInt64, all: Bool = false) -> [OTATimeline] {
        join(now, all)
        var timelines = ready
        ready = []
        for key in sessions.keys where isDue(sessions[key], now, all) { timelines += conclude(key) }
        for key in connections.keys where isDue(connections[key], now, all) { timelines += conclude(key) }
        for key in channels.keys where isDue(channels[key], now, all) { timelines += conclude(key) }
        forget(now)
        return timelines.sorted { $0.began.monotonicNanoseconds < $1.began.monotonicNanoseconds }
    }
}

// MARK: What is heard

extension OTACorrelation {
    private mutating func note(
        _ moment: UInt64, _ list: WritableKeyPath<Triggers, [UInt64]>, of device: String
    ) {
        guard triggers[device] != nil || triggers.count < Self.deviceLimit else { return unfollowed += 1 }
        var known = triggers[device, default: Triggers()]
        known[keyPath: list].append(moment)
        if known[keyPath: list].count > Self.momentLimit { known[keyPath: list].removeFirst() }
        triggers[device] = known
    }

    private mutating func open(_ opened: BIPChannelOpened) {
        let key = opened.link.opening
        guard channels[key] == nil else { return }
        Self.makeRoom(in: &channels, for: \.asked, &unfollowed)
        note(opened.stamp.startNanoseconds, \.asked, of: opened.link.device)
        let isClient = opened.transport == .tcpClient
        channels[key] = Channel(
            link: opened.link, clock: opened.stamp.begin, asked: opened.stamp.startNanoseconds,
            opened: opened.stamp.endNanoseconds, sinceTrigger: opened.sinceTriggerNanoseconds,
            clientPort: isClient ? opened.port : nil, port: opened.port)
    }

    private mutating func note(_ data: BIPDataMoved) {
        let key = data.link.opening
        switch data.direction {
        case .sent: channels[key]?.sentBytes.addSaturating(UInt64(data.bytes))
        case .received: channels[key]?.receivedBytes.addSaturating(UInt64(data.bytes))
        }
    }

    private mutating func close(_ closed: BIPChannelClosed, _ now: UInt64) -> Bool {
        guard var channel = channels[closed.link.opening], channel.closed == nil else { return false }
        channel.link = closed.link
        channel.closed = closed.stamp.endNanoseconds
        // Of one whose teller went they are 0.
        channel.sentBytes = max(channel.sentBytes, closed.sentBytes)
        channel.receivedBytes = max(channel.receivedBytes, closed.receivedBytes)
        channel.status = closed.status
        channel.error = closed.status == .completed ? nil : closed.reason.name
        channel.life.heardEnd = now
        channels[closed.link.opening] = channel
        return true
    }

    private mutating func refuse(_ failed: BIPCommandFailed, _ now: UInt64) -> Bool {
        guard failed.command == .openChannel else { return false }
        Self.makeRoom(in: &channels, for: \.asked, &unfollowed)
        note(failed.stamp.startNanoseconds, \.asked, of: failed.link.device)
        refusals += 1
        var key = failed.link.opening
        (key.connection, key.channel) = (refusals, 0xFF)
        var channel = Channel(
            link: failed.link, clock: failed.stamp.begin, asked: failed.stamp.startNanoseconds,
            sinceTrigger: failed.sinceTriggerNanoseconds)
        (channel.status, channel.error, channel.life.heardEnd) = (.failed, failed.error.name, now)
        channels[key] = channel
        return true
    }

    private mutating func take(_ event: TLSEvent, _ now: UInt64) -> Bool {
        switch event {
        case .opened(let opened):
            guard connections[opened.link] == nil else { return false }
            Self.makeRoom(in: &connections, for: \.opened, &unfollowed)
            connections[opened.link] = Connection(
                link: opened.link, clock: opened.stamp.begin, opened: opened.stamp.startNanoseconds, port: opened.port)
        case .handshake(let done):
            connections[done.link]?.identity = done.identity
            connections[done.link]?.hello = done.stamp.startNanoseconds
            if done.result == .success {
                connections[done.link]?.secured = done.stamp.endNanoseconds
            } else {
                connections[done.link]?.error = (done.error?.name ?? done.result.name)
            }
        case .closed(let closed):
            guard var connection = connections[closed.link], connection.closed == nil else { return false }
            connection.closed = closed.stamp.endNanoseconds
            (connection.sentBytes, connection.receivedBytes) = (closed.sentBytes, closed.receivedBytes)
            connection.error = connection.error ?? closed.error?.name
            connection.life.heardEnd = now
            connections[closed.link] = connection
            return true
        }
        return false
    }

    private mutating func take(_ event: OTAEvent, _ now: UInt64) -> Bool {
        let key = event.link
        switch event {
        case .began(let began):
            guard sessions[key] == nil else { return false }
            Self.makeRoom(in: &sessions, for: \.began.stamp.startNanoseconds, &unfollowed)
            sessions[key] = Session(began: began)
        case .turn(let turn):
            if turn.scriptBytes > 0, sessions[key]?.firstScript == nil {
                sessions[key]?.firstScript = turn.stamp.endNanoseconds
            }
            sessions[key]?.lastAnswer = turn.stamp.endNanoseconds
        case .packet(let packet): sessions[key]?.packet = packet
        case .leg(let leg):
            if sessions[key]?.legs.count ?? .max < OTALeg.allCases.count { sessions[key]?.legs.append(leg) }
        case .ended(let ended):
            guard sessions[key] != nil, sessions[key]?.ended == nil else { return false }
            sessions[key]?.ended = ended
            sessions[key]?.life.heardEnd = now
            return true
        }
        return false
    }

    private static func makeRoom<Key, Value>(
        in table: inout [Key: Value], for begin: KeyPath<Value, UInt64>, _ unfollowed: inout Int
    ) {
        guard table.count >= limit else { return }
        unfollowed += 1
        if let oldest = table.min(by: { $0.value[keyPath: begin] < $1.value[keyPath: begin] })?.key {
            table[oldest] = nil
        }
    }

    private mutating func forget(_ now: UInt64) {
        channels = channels.filter { !$0.value.life.isForgotten(now) }
        connections = connections.filter { !$0.value.life.isForgotten(now) }
        sessions = sessions.filter { !$0.value.life.isForgotten(now) }
    }
}

// MARK: What belongs together

extension OTACorrelation {
    /// Joins each channel that only one connection can go with, and which is the only one for that.
    private mutating func join(_ now: UInt64, _ all: Bool) {
        var ofChannel: [BIPLink: [TLSLink]] = [:]
        var ofConnection: [TLSLink: [BIPLink]] = [:]
        for (key, channel) in channels where channel.connection == nil && channel.clientPort != nil {
            for (link, connection) in connections where connection.channel == nil && Self.agree(channel, connection) {
                ofChannel[key, default: []].append(link)
                ofConnection[link, default: []].append(key)
            }
        }
        for (key, candidates) in ofChannel {
            // While one is open, its bytes are not known; soon after, another one may be told that was there.
            guard let link = candidates.first, candidates.count == 1, ofConnection[link]?.count == 1,
                let ends = [channels[key]?.life, connections[link]?.life] as? [Life],
                ends.allSatisfy({ $0.heardEnd != nil && (all || $0.hasSettled(now)) })
            else { continue }
            channels[key]?.connection = link
            connections[link]?.channel = key
        }
    }

    private static func agree(_ channel: Channel, _ connection: Connection) -> Bool {
        guard let opened = channel.opened, channel.clientPort == connection.port, connection.opened >= channel.asked,
            connection.opened <= channel.closed ?? .max, connection.hello ?? .max >= opened
        else { return false }
        guard channel.closed != nil, connection.closed != nil else { return true }
        // What a modem does not tell is 0.
        let isSentKnown = channel.link.interface != .at || channel.sentBytes > 0
        return (!isSentKnown || channel.sentBytes == connection.receivedBytes)
            && channel.receivedBytes <= connection.sentBytes
    }

    /// Whether something that is open, or has just ended, may go with it.
    private func mayBeJoined(_ channel: Channel, _ now: UInt64) -> Bool {
        channel.connection == nil
            && connections.values.contains { !$0.life.hasSettled(now) && Self.agree(channel, $0) }
    }

    private func mayBeJoined(_ connection: Connection, _ now: UInt64) -> Bool {
        connection.channel == nil
            && channels.values.contains { !$0.life.hasSettled(now) && Self.agree($0, connection) }
    }

    private func isDue(_ channel: Channel?, _ now: UInt64, _ all: Bool) -> Bool {
        guard let channel, channel.life.heardEnd != nil, !channel.life.isTold else { return false }
        guard !all else { return true }
        guard channel.life.hasSettled(now) else { return false }
        return !mayBeJoined(channel, now) || channel.life.isOutOfPatience(now)
    }

    private func isDue(_ connection: Connection?, _ now: UInt64, _ all: Bool) -> Bool {
        guard let connection, connection.life.heardEnd != nil, !connection.life.isTold else { return false }
        guard !all else { return true }
        guard connection.life.hasSettled(now) else { return false }
        // Its channel may have ended later.
        if let channel = connection.channel.flatMap({ channels[$0] }) { return channel.life.hasSettled(now) }
        return !mayBeJoined(connection, now) || connection.life.isOutOfPatience(now)
    }

    private func isDue(_ session: Session?, _ now: UInt64, _ all: Bool) -> Bool {
        guard let session, session.life.heardEnd != nil, !session.life.isTold else { return false }
        guard !all else { return true }
        guard session.life.hasSettled(now) else { return false }
        guard let connection = session.connection.flatMap({ connections[$0] }), !connection.life.isTold else {
            return true
        }
        return isDue(connection, now, false) || session.life.isOutOfPatience(now)
    }
}
