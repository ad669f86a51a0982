internal import ProbeEvents

/// BIP channels: those that are open, and some that ended; the oldest of those that ended makes room.
struct LiveChannels: Sendable {
    struct Channel: Sendable {
        let opened: BIPChannelOpened
        var link: BIPLink
        var sentBytes: UInt64 = 0
        var receivedBytes: UInt64 = 0
        /// Nil while it is open.
        var closed: BIPChannelClosed?
        /// What went wrong last.
        var error: BIPErrorType?
        var traceID: String?
    }

    /// Many more than a bench has open at once.
    private static let limit = 128

    /// In order of their opening, those that ended behind in order of their end.
    private var open: [Channel] = []
    private var ended: [Channel] = []

    /// Open ones first, the latest of each first.
    func shown(_ limit: Int) -> [Channel] { Array((open.reversed() + ended.reversed()).prefix(limit)) }

    mutating func open(_ event: BIPChannelOpened, _ traces: LiveState.TraceLookup) {
        guard place(of: event.link) == nil else { return }
        if open.count >= Self.limit { open.removeFirst() }
        open.append(Channel(opened: event, link: event.link, traceID: Self.trace(of: event.link, traces)))
    }

    mutating func move(_ data: BIPDataMoved) {
        guard let place = place(of: data.link) else { return }
        switch data.direction {
        case .sent: open[place].sentBytes.addSaturating(UInt64(data.bytes))
        case .received: open[place].receivedBytes.addSaturating(UInt64(data.bytes))
        }
    }

    mutating func note(_ failed: BIPCommandFailed) {
        if let place = place(of: failed.link) { open[place].error = failed.error }
    }

    mutating func close(_ closed: BIPChannelClosed, _ traces: LiveState.TraceLookup) {
        guard let place = place(of: closed.link) else { return }
        var channel = open.remove(at: place)
        (channel.closed, channel.link) = (closed, closed.link)
        (channel.sentBytes, channel.receivedBytes) = (closed.sentBytes, closed.receivedBytes)
        // Spans are made aside: when it opened there may have been none yet.
        channel.traceID = channel.traceID ?? Self.trace(of: closed.link, traces)
        if ended.count >= Self.limit { ended.removeFirst() }
        ended.append(channel)
    }

    private static func trace(of link: BIPLink, _ traces: LiveState.TraceLookup) -> String? {
        link.client.flatMap { traces($0.id, link.session) }
    }

    private func place(of link: BIPLink) -> Int? { open.lastIndex { $0.link.isSame(as: link) } }
}

extension BenchStatus.Channel {
    init(_ channel: LiveChannels.Channel, now: UInt64) {
        let (link, opened) = (channel.link, channel.opened)
        let origin = link.client.map { LiveSessions.id(client: $0.id, session: link.session) } ?? link.device
        id = "\(origin)-\(link.connection)"
        (device, self.channel, bearer) = (link.device, Int(link.channel), opened.bearer.name)
        destination = [opened.transport.word, opened.port.map(String.init)].compactMap(\.self).joined(separator: " ")
        state = channel.closed?.status.name ?? "open"
        reason = Self.reason(channel)
        // The opening's duration is the time until it was open.
        openedAt = RFC3339.text(wallNanoseconds: opened.stamp.endWallNanoseconds)
        let since = opened.stamp.endNanoseconds
        ageSeconds = BenchStatus.seconds(channel.closed?.stamp.durationNanoseconds ?? now &- min(since, now))
        (sentBytes, receivedBytes, traceId) = (channel.sentBytes, channel.receivedBytes, channel.traceID)
    }

    private static func reason(_ channel: LiveChannels.Channel) -> String? {
        guard let closed = channel.closed, closed.status != .completed else { return channel.error?.name }
        return closed.reason == .card ? channel.error?.name : closed.reason.name
    }
}

extension BIPTransport {
    /// How a destination begins; nil where nothing is known of it.
    fileprivate var word: String? {
        switch self {
        case .tcpClient: "tcp"
        case .udpClient: "udp"
        case .tcpServer: "tcp server"
        case .tcpLocal: "tcp local"
        case .udpLocal: "udp local"
        case .direct: "direct"
        case .none, .other: nil
        }
    }
}
