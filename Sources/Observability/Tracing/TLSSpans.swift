internal import ProbeEvents
internal import SmartCard

/// The TLS connections that are open, each with its span: in it the handshake, and the session over the air with its
/// turns as events.
struct TLSSpans {
    /// More are not followed: what is open longest makes room.
    private static let limit = 4_096

    /// A session over the air, among those of all taps.
    private struct OTAKey: Hashable {
        var device: String
        var session: UInt64
    }

    private let manager: SpanManager
    private let root: SpanContext?
    private var connections: [TLSLink: SpanData] = [:]
    private var sessions: [OTAKey: SpanData] = [:]
    /// Connections and sessions that ended last: what is told later refers to them.
    private var endedConnections = RingQueue<(key: TLSLink, context: SpanContext)>(capacity: 256)
    private var endedSessions = RingQueue<(key: OTAKey, context: SpanContext)>(capacity: 256)

    init(manager: SpanManager, root: SpanContext?) { (self.manager, self.root) = (manager, root) }

    /// The session that a command over the air belongs to; nil for one whose begin was not seen.
    func parent(of exchange: APDUExchange) -> SpanContext? {
        sessions[OTAKey(device: exchange.reader, session: exchange.session)]?.context
    }

    /// The span of a connection that is open or ended lately.
    func context(of link: TLSLink) -> SpanContext? {
        connections[link]?.context ?? endedConnections.last { $0.key == link }?.context
    }

    /// The span of a session that is open or ended lately.
    func context(of link: OTALink) -> SpanContext? {
        let key = OTAKey(device: link.device, session: link.session)
        return sessions[key]?.context ?? endedSessions.last { $0.key == key }?.context
    }

    // MARK: Connections

    /// - Parameter test: the span of the test that it happened in.
    mutating func note(_ event: TLSEvent, in test: SpanContext?) {
        switch event {
        case .opened(let opened): open(opened, under: test ?? root)
        case .handshake(let done): tell(done, under: test ?? root)
        case .closed(let closed): close(closed)
        }
    }

    private mutating func open(_ opened: TLSConnectionOpened, under parent: SpanContext?) {
        guard connections[opened.link] == nil else { return }
        if connections.count >= Self.limit,
            let oldest = connections.min(by: { $0.value.startNanoseconds < $1.value.startNanoseconds })?.key
        {
            abandon(connections.removeValue(forKey: oldest))
        }
        var span = SpanData(
            "TLS connection", context: manager.context(under: parent), parent: parent, from: opened.stamp,
            limits: manager.limits)
        span.set("cardlink.tap", .text(opened.link.tap))
        connections[opened.link] = span
    }

    private mutating func tell(_ done: TLSHandshakeDone, under other: SpanContext?) {
        let parent = connections[done.link]?.context ?? other
        var span = SpanData(
            "TLS handshake", context: manager.context(under: parent), parent: parent, from: done.stamp,
            limits: manager.limits)
        span.set(done.attributes)
        if let error = done.error {
            span.set("error.type", .text(error.name))
            span.status = .error("")
        }
        span.end(with: done.stamp)
        manager.tell(span)
    }

    private mutating func close(_ closed: TLSConnectionClosed) {
        guard var span = connections.removeValue(forKey: closed.link) else { return }
        _ = endedConnections.append((closed.link, span.context))
        span.set([
            Attribute("cardlink.tls.sent_bytes", .integer(Int64(clamping: closed.sentBytes))),
            Attribute("cardlink.tls.received_bytes", .integer(Int64(clamping: closed.receivedBytes))),
            Attribute("cardlink.tls.sent_records", .integer(Int64(clamping: closed.sentRecords))),
            Attribute("cardlink.tls.received_records", .integer(Int64(clamping: closed.receivedRecords))),
        ])
        if let peer = closed.endedBy { span.set("cardlink.tls.ended_by", .text(peer.name)) }
        if let error = closed.error {
            span.set("error.type", .text(error.name))
            span.status = .error("")
        }
        span.end(with: closed.stamp)
        manager.tell(span)
    }

    // MARK: Sessions over the air

    /// - Parameter test: the span of the test that it happened in.
    mutating func note(_ event: OTAEvent, in test: SpanContext?) {
        let key = OTAKey(device: event.link.device, session: event.link.session)
        switch event {
        case .began(let began): begin(began, key, under: test ?? root)
        case .turn(let turn): sessions[key]?.note(turn)
        case .packet(let packet): sessions[key]?.note(packet)
        case .leg(let leg):
            sessions[key]?.addEvent(
                "leg", atEndOf: leg.stamp,
                [
                    Attribute("cardlink.ota.leg", .text(leg.leg.name)),
                    Attribute("cardlink.ota.seconds", .seconds(leg.stamp.durationNanoseconds)),
                ])
        case .ended(let ended): end(ended, key)
        }
    }

    private mutating func begin(_ began: OTASessionBegan, _ key: OTAKey, under other: SpanContext?) {
        guard sessions[key] == nil else { return }
        if sessions.count >= Self.limit,
            let oldest = sessions.min(by: { $0.value.startNanoseconds < $1.value.startNanoseconds })?.key
        {
            abandon(sessions.removeValue(forKey: oldest))
        }
        let connection = began.link.connection.flatMap {
            connections[TLSLink(tap: began.link.device, connection: $0)]?.context
        }
        let parent = connection ?? other
        var span = SpanData(
            "OTA session", context: manager.context(under: parent), parent: parent, from: began.stamp,
            limits: manager.limits)
        span.set([
            Attribute("cardlink.session.type", .text(SessionType.ota.name)),
            Attribute("cardlink.session.protocol", .text(began.sessionProtocol.name)),
            Attribute("cardlink.tap", .text(began.link.device)),
            Attribute("cardlink.ota.is_resumed", .flag(began.isResumed)),
        ])
        if let identity = began.identity { span.set("cardlink.identity", .text(identity)) }
        sessions[key] = span
    }

    private mutating func end(_ ended: OTASessionEnded, _ key: OTAKey) {
        guard var span = sessions.removeValue(forKey: key) else { return }
        _ = endedSessions.append((key, span.context))
        span.set("cardlink.session.status", .text(ended.status.name))
        if let error = ended.error { span.set("error.type", .text(error.name)) }
        if ended.status != .completed { span.status = .error("") }
        span.end(with: ended.stamp)
        manager.tell(span)
    }

    /// Ends all that are open; their own ends were lost.
    mutating func abandonAll() {
        for span in Array(sessions.values) + Array(connections.values) { abandon(span) }
        (sessions, connections) = ([:], [:])
    }

    private func abandon(_ span: SpanData?) {
        guard var span else { return }
        span.set("cardlink.abandoned", true)
        span.endWithItsLastEvent()
        manager.tell(span)
    }
}

extension TLSHandshakeDone {
    /// By OpenTelemetry's names where it has some.
    fileprivate var attributes: [Attribute] {
        var about = [
            Attribute("tls.protocol.name", .text(version == .ssl30 ? "ssl" : "tls")),
            Attribute("tls.established", .flag(result == .success)),
            Attribute("tls.resumed", .flag(isResumed)),
            Attribute("cardlink.tap", .text(link.tap)),
            Attribute("cardlink.tls.result", .text(result.name)),
            Attribute("cardlink.tls.step", .text(step.name)),
            Attribute("cardlink.tls.extended_master_secret", .flag(hasExtendedMasterSecret)),
        ]
        if let number = version.name.split(separator: " ").dropFirst().first {
            about.append(Attribute("tls.protocol.version", .text(String(number))))
        }
        if cipherSuite != .none { about.append(Attribute("tls.cipher", .text(cipherSuite.name))) }
        if let endedBy { about.append(Attribute("cardlink.tls.ended_by", .text(endedBy.name))) }
        if let identity { about.append(Attribute("cardlink.identity", .text(identity))) }
        return about
    }
}

extension SpanData {
    fileprivate mutating func note(_ turn: OTATurnDone) {
        var about = [
            Attribute("http.response.status_code", .integer(Int64(turn.httpStatus))),
            Attribute("cardlink.ota.script_bytes", .integer(Int64(turn.scriptBytes))),
            Attribute("cardlink.ota.result_bytes", .integer(Int64(turn.resultBytes))),
            Attribute("cardlink.ota.has_next", .flag(turn.hasNext)),
            Attribute("cardlink.ota.seconds", .seconds(turn.stamp.durationNanoseconds)),
        ]
        if let status = turn.scriptStatus {
            about.append(Attribute("cardlink.ota.script_status", .text(status.name)))
        }
        if let count = turn.commandCount { about.append(Attribute("cardlink.ota.commands", .integer(Int64(count)))) }
        addEvent("turn", atEndOf: turn.stamp, about)
    }
}

extension SpanData {
    /// How the packet is secured, and with the key of which number; never the key.
    fileprivate mutating func note(_ packet: OTAPacketDone) {
        let security = PacketSecurity(packet.security.parameters)
        let (cipher, checksum) = (PacketKey(packet.security.cipheringKey), PacketKey(packet.security.integrityKey))
        set([
            Attribute("cardlink.ota.tar", .text("\(packet.security.application)")),
            Attribute("cardlink.ota.spi", .text("\(packet.security.parameterBytes)")),
            Attribute("cardlink.ota.cipher", .text(security.isEnciphered ? cipher.cipherName : "none")),
            Attribute("cardlink.ota.cipher_key", .integer(Int64(cipher.number))),
            Attribute("cardlink.ota.checksum", .text(checksum.checksumName(security.integrity))),
            Attribute("cardlink.ota.checksum_key", .integer(Int64(checksum.number))),
            Attribute("cardlink.ota.parts", .integer(Int64(packet.parts))),
            Attribute("cardlink.ota.packet_bytes", .integer(Int64(packet.packetBytes))),
        ])
        if let distance = packet.counterDistance { set("cardlink.ota.counter_distance", .integer(distance)) }
        if let receipt = packet.receipt {
            set("cardlink.ota.por_status", .text(receipt.name))
            set("cardlink.ota.por_submitted", .flag(packet.isReceiptSubmitted))
        }
        if let bytes = packet.additionalBytes { set("cardlink.ota.por_bytes", .integer(Int64(bytes))) }
    }
}

extension TriggerSeen.Security {
    fileprivate var parameterBytes: HexBytes { HexBytes([UInt8(parameters >> 8), UInt8(parameters & 0xFF)]) }
}
