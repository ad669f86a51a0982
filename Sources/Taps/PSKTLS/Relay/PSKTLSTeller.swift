internal import NIOCore
internal import ProbeEvents
internal import SmartCard

/// Tells as events what is found in one connection.
struct PSKTLSTeller: RelayReader {
    private let link: TLSLink
    private let hasher: PSKIdentityHasher?
    private let sink: any EventSink
    private let onReading: (PSKReading) -> Void
    private var copy: StreamCopy?
    private var conversation: TLSConversation
    private var administration: AdministrationTeller
    private var openedNanoseconds: UInt64 = 0

    /// - Parameters:
    ///   - level: how much is kept of what is read inside.
    ///   - copy: is told of what passes; nil where nobody captures.
    ///   - onReading: is told of each session under a shared key whether it is read.
    init(
        _ link: TLSLink, keys: TLSKeyRing, hasher: PSKIdentityHasher?, client: ClientProcess,
        level: Redaction.Level = .standard, copy: StreamCopy? = nil, into sink: any EventSink,
        onReading: @escaping (PSKReading) -> Void
    ) {
        (self.link, self.hasher, self.sink, self.copy, self.onReading) = (link, hasher, sink, copy, onReading)
        conversation = TLSConversation(keys: keys)
        administration = AdministrationTeller(link, hasher: hasher, client: client, level: level, into: sink)
    }

    mutating func opened(from client: SocketAddress?, to listener: SocketAddress?) {
        let stamp = EventStamp.now(source: .pskTlsTap)
        openedNanoseconds = stamp.startNanoseconds
        let port = listener?.port.map { UInt16(clamping: $0) }
        sink.receive(.tls(.opened(TLSConnectionOpened(stamp: stamp, link: link, port: port))))
        copy?.opened(from: client, to: listener)
    }

    mutating func received(_ bytes: ByteBufferView, from side: RelaySide, at clock: EventClock) {
        tell(conversation.received(bytes, from: TLSPeer(side), at: clock), at: clock)
        copy?.sent(bytes, by: TLSPeer(side), at: clock)
    }

    mutating func closed(by side: RelaySide, isReset: Bool) {
        conversation.closed(by: TLSPeer(side))
        copy?.tell(isReset ? .reset : .closed, by: TLSPeer(side))
    }

    mutating func stopped() { copy?.tell(.closed, by: .server) }

    mutating func ended() {
        let clock = EventClock.now
        tell(conversation.ended(at: clock), at: clock)
        copy?.tell(.over, by: .server)
    }

    private mutating func tell(_ news: [TLSNews], at clock: EventClock) {
        for item in news {
            switch item {
            case .handshake(let report): tell(report)
            case .data(let data): administration.received(data)
            case .closed(let ending):
                administration.ended(by: ending.endedBy, at: clock)
                tell(ending, at: clock)
            }
        }
    }

    private mutating func tell(_ report: TLSHandshakeReport) {
        let identity = report.identity.flatMap { hasher?(.pskIdentity, $0) }
        let stamp = EventStamp(
            source: .pskTlsTap, startNanoseconds: report.began.monotonicNanoseconds,
            durationNanoseconds: report.endedNanoseconds &- report.began.monotonicNanoseconds, clock: report.began)
        sink.receive(
            .tls(
                .handshake(
                    TLSHandshakeDone(
                        stamp: stamp, link: link, version: report.version, cipherSuite: report.cipherSuite,
                        result: report.result, error: report.error, step: report.step, endedBy: report.endedBy,
                        isResumed: report.isResumed, hasExtendedMasterSecret: report.hasExtendedMasterSecret,
                        identity: identity))))
        if report.reading != .notAsked {
            onReading(PSKReading(identity: identity, suite: report.cipherSuite, reading: report.reading))
        }
        administration.handshakeDone(isSuccess: report.result == .success, identity: identity)
    }

    private func tell(_ ending: TLSEnding, at clock: EventClock) {
        let stamp = EventStamp(source: .pskTlsTap, since: openedNanoseconds, until: clock)
        // The tester's side is the server: what it sent went to the card.
        sink.receive(
            .tls(
                .closed(
                    TLSConnectionClosed(
                        stamp: stamp, link: link, error: ending.error, endedBy: ending.endedBy,
                        sentBytes: ending.fromServer.bytes, receivedBytes: ending.fromClient.bytes,
                        sentRecords: ending.fromServer.records, receivedRecords: ending.fromClient.records))))
    }
}

extension TLSPeer {
    fileprivate init(_ side: RelaySide) {
        self =
            switch side {
            case .client: .client
            case .server: .server
            }
    }
}
