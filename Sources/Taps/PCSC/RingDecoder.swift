internal import CProbe
internal import ProbeEvents
internal import SmartCard

/// Turns one client's records into events: names commands by what the session did before, follows its sessions.
struct RingDecoder {
    /// More are not remembered: their APDUs are told with the session's number and no reader.
    static let sessionLimit = 1_024

    let client: ClientProcess
    private var sessions: [UInt64: SessionTrail] = [:]
    /// Sessions that ended here: what another thread wrote down later does not open them again.
    private var ended: Set<UInt64> = []

    init(client: ClientProcess) {
        self.client = client
    }

    /// How many sessions are open.
    var openSessionCount: Int { sessions.count }

    /// The events of one record; `lookUp` finds a session whose opening this receiver did not hear.
    mutating func events(
        of record: RingRecord, clock: EventClock, lookUp: (UInt64) -> RingSession?
    ) -> [ProbeEvent] {
        let fields = record.fields
        var events: [ProbeEvent] = []
        if fields.session != 0, sessions[fields.session] == nil, !ended.contains(fields.session),
            record.kind != .sessionOpened, let found = lookUp(fields.session)
        {
            events += resume(found, clock: clock)
        }
        switch record.kind {
        case .transmit: events += exchange(record, clock)
        case .operation: events += operation(record, clock)
        case .sessionOpened: events += opened(record, clock)
        case .sessionClosed: events += closed(record, clock)
        case .cardSeen:
            let atr = HexBytes(Array(record.second))
            let seen = CardIdentified(stamp: stamp(fields, clock), client: client, reader: record.name, atr: atr)
            events.append(.cardIdentified(seen))
        }
        return events
    }

    /// Tells a session that was open before this receiver met the client; nothing when it is known.
    mutating func resume(_ session: RingSession, clock: EventClock) -> [ProbeEvent] {
        let opened = min(session.openedNanoseconds, clock.monotonicNanoseconds)
        return open(
            session.serial, reader: session.reader, activeProtocol: SessionProtocol(pcsc: session.activeProtocol),
            shareMode: session.shareMode, context: session.context, openedNanoseconds: opened,
            stamp: EventStamp(source: .shim, startNanoseconds: opened, clock: clock))
    }

    /// The ends of the sessions that a client left open when it ended.
    mutating func end(isOrderly: Bool, clock: EventClock) -> [ProbeEvent] {
        let left = sessions.sorted { $0.key < $1.key }
        sessions = [:]
        return left.flatMap { _, session in
            var session = session
            let stamp = EventStamp(source: .shim, since: session.openedNanoseconds, until: clock)
            return session.end(stamp, otherwise: isOrderly ? nil : .clientGone)
        }
    }

    private func stamp(_ fields: ring_record, _ clock: EventClock) -> EventStamp {
        EventStamp(
            source: .shim, startNanoseconds: fields.start_ns, durationNanoseconds: fields.duration_ns, clock: clock)
    }

    private mutating func exchange(_ record: RingRecord, _ clock: EventClock) -> [ProbeEvent] {
        let fields = record.fields
        var command = Array(record.first)
        command.append(contentsOf: repeatElement(0, count: Int(fields.sent_bytes) - command.count))
        var response = Array(record.second)
        let received = Int(fields.received_bytes)
        if received >= 2 {
            response = Array(response.prefix(received - 2))
            response.append(contentsOf: repeatElement(0, count: received - 2 - response.count))
            response += [UInt8(fields.status_word >> 8), UInt8(fields.status_word & 0xFF)]
        } else {
            response = Array(repeating: 0, count: received)
        }
        let session = sessions[fields.session]
        let name = session?.name(of: command) ?? CommandAPDU(command).name()
        let exchange = APDUExchange(
            stamp: stamp(fields, clock), client: client, thread: fields.thread, session: fields.session,
            reader: session?.reader ?? "", interface: .pcsc, sessionProtocol: session?.activeProtocol ?? .unknown,
            name: name, command: HexBytes(command), response: HexBytes(response),
            isCut: fields.flags & UInt16(RING_CUT) != 0, resultCode: fields.result,
            waitNanoseconds: fields.wait_ns, isWaitExact: fields.flags & UInt16(RING_WAIT_EXACT) != 0)
        return [.apdu(exchange)] + (sessions[fields.session]?.note(exchange) ?? [])
    }

    private mutating func operation(_ record: RingRecord, _ clock: EventClock) -> [ProbeEvent] {
        let fields = record.fields
        guard let kind = DeviceOperation(rawValue: UInt8(truncatingIfNeeded: fields.detail)) else { return [] }
        let reader = sessions[fields.session]?.reader ?? record.name
        let told = ProbeEvent.operation(operation(kind, record, reader: reader, clock))
        return fields.result == 0 ? [told] + effect(of: kind, fields, clock) : [told]
    }

    /// What a call that went well did to its session.
    private mutating func effect(
        of kind: DeviceOperation, _ fields: ring_record, _ clock: EventClock
    ) -> [ProbeEvent] {
        let stamp = stamp(fields, clock)
        switch kind {
        case .reconnect:
            let activeProtocol = fields.sent_bytes == 0 ? nil : SessionProtocol(pcsc: fields.sent_bytes)
            return sessions[fields.session]?.reconnect(to: activeProtocol, after: stamp) ?? []
        // SCARD_RESET_CARD, SCARD_UNPOWER_CARD, SCARD_EJECT_CARD
        case .endTransaction where (1...3).contains(fields.sent_bytes):
            return sessions[fields.session]?.cardReset(after: stamp) ?? []
        default: return []
        }
    }

    private func operation(
        _ kind: DeviceOperation, _ record: RingRecord, reader: String, _ clock: EventClock
    ) -> ReaderOperation {
        let fields = record.fields
        return ReaderOperation(
            stamp: stamp(fields, clock), client: client, thread: fields.thread, session: fields.session,
            reader: reader, operation: kind, resultCode: fields.result, waitNanoseconds: fields.wait_ns,
            isWaitExact: fields.flags & UInt16(RING_WAIT_EXACT) != 0,
            controlCode: kind == .control ? fields.sent_bytes : 0, context: Self.context(of: fields))
    }

    /// The context that an operation or an opening tells.
    private static func context(of fields: ring_record) -> UInt32? {
        fields.received_bytes == 0 ? nil : fields.received_bytes
    }

    private mutating func opened(_ record: RingRecord, _ clock: EventClock) -> [ProbeEvent] {
        let fields = record.fields
        let connect = ProbeEvent.operation(operation(.connect, record, reader: record.name, clock))
        return [connect]
            + open(
                fields.session, reader: record.name, activeProtocol: SessionProtocol(pcsc: fields.detail & 0xFFFF),
                shareMode: fields.detail >> 16, context: Self.context(of: fields),
                openedNanoseconds: fields.start_ns + fields.duration_ns,
                stamp: stamp(fields, clock))
    }

    private mutating func open(
        _ serial: UInt64, reader: String, activeProtocol: SessionProtocol, shareMode: UInt32, context: UInt32?,
        openedNanoseconds: UInt64, stamp: EventStamp
    ) -> [ProbeEvent] {
        guard sessions.count < Self.sessionLimit, sessions[serial] == nil else { return [] }
        sessions[serial] = SessionTrail(
            number: serial, client: client, reader: reader, activeProtocol: activeProtocol,
            openedNanoseconds: openedNanoseconds, source: .shim)
        return [
            .sessionOpened(
                ReaderSessionOpened(
                    stamp: stamp, client: client, session: serial, reader: reader, sessionProtocol: activeProtocol,
                    shareMode: shareMode, context: context))
        ]
    }

    private mutating func closed(_ record: RingRecord, _ clock: EventClock) -> [ProbeEvent] {
        let fields = record.fields
        guard var session = sessions.removeValue(forKey: fields.session) else { return [] }
        if ended.count == Self.sessionLimit { ended = [] }
        ended.insert(fields.session)
        return session.end(stamp(fields, clock), resultCode: fields.result)
    }
}
