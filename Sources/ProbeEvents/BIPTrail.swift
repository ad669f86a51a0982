internal import SmartCard

/// Follows the BIP channels of one card's session, and the messages that start them, and tells both as events.
///
/// A tap of APDUs gives it each exchange, of which FETCH, TERMINAL RESPONSE and ENVELOPE are looked at; another one gives
/// it what they would hold. What redaction leaves of them is enough.
package struct BIPTrail: Sendable, Hashable {
    /// A channel that is opened later has nothing to do with a trigger.
    static let triggerNanoseconds: UInt64 = 600_000_000_000

    private let device: String
    private let interface: APDUInterface
    private let client: ClientProcess?
    private let session: UInt64
    private let source: SourceKind
    private var tracker = BIPTracker()
    /// When the last trigger came that no channel followed yet.
    private var triggered: UInt64?

    /// A session without channels.
    package init(
        device: String, interface: APDUInterface, client: ClientProcess?, session: UInt64, source: SourceKind
    ) {
        self.device = device
        self.interface = interface
        self.client = client
        self.session = session
        self.source = source
    }

    /// What an exchange did to channels.
    package mutating func note(_ exchange: APDUExchange) -> [ProbeEvent] {
        let command = exchange.command.bytes
        let stamp = exchange.stamp
        switch (exchange.name, exchange.statusWord) {
        case (_, nil): return []
        case (.fetch, _): return asked(exchange.response.bytes.dropLast(2), at: stamp.end)
        case (.terminalResponse, _): return answered(command[CommandAPDU(command).dataRange], at: stamp.begin)
        case (.envelope, let statusWord?):
            // One that the card was too busy for comes again.
            guard statusWord.category(cla: command.first ?? 0) != .retry else { return [] }
            return told(command[CommandAPDU(command).dataRange], at: stamp.begin)
        default: return []
        }
    }

    /// The card asked something: what FETCH gets.
    package mutating func asked(_ bytes: some Collection<UInt8>, at clock: EventClock) -> [ProbeEvent] {
        guard let command = try? ProactiveCommand(bytes) else { return [] }
        return events(tracker.observe(command, atNanoseconds: clock.monotonicNanoseconds), clock)
    }

    /// The terminal answered: what TERMINAL RESPONSE brings.
    package mutating func answered(_ bytes: some Collection<UInt8>, at clock: EventClock) -> [ProbeEvent] {
        guard let answer = try? TerminalResponse(bytes) else { return [] }
        return events(tracker.observe(answer, atNanoseconds: clock.monotonicNanoseconds), clock)
    }

    /// The terminal told the card something: what ENVELOPE brings.
    package mutating func told(_ bytes: some Collection<UInt8>, at clock: EventClock) -> [ProbeEvent] {
        guard let envelope = try? ToolkitEnvelope(bytes) else { return [] }
        if envelope.kind == .smsPPDownload { return message(envelope.objects.value(0x0B) ?? [], at: clock) }
        return events(tracker.observe(envelope, atNanoseconds: clock.monotonicNanoseconds), clock)
    }

    /// A message came to the card: its TPDU, and with the beginning of a secured packet in it a trigger.
    package mutating func message(_ bytes: some Collection<UInt8>, at clock: EventClock) -> [ProbeEvent] {
        guard let header = SecuredMessage(bytes)?.header else { return [] }
        return trigger(TriggerSeen.Security(header), at: clock)
    }

    /// A trigger came, of whose packet not all is known.
    package mutating func trigger(_ security: TriggerSeen.Security?, at clock: EventClock) -> [ProbeEvent] {
        triggered = clock.monotonicNanoseconds
        return [
            .triggerSeen(
                TriggerSeen(
                    stamp: stamp(clock.monotonicNanoseconds, 0, clock), device: device, interface: interface,
                    client: client, session: session, trigger: .sms, security: security))
        ]
    }

    /// The card was reset, or nobody follows it any more.
    package mutating func reset(_ reason: BIPCloseReason = .reset, at clock: EventClock) -> [ProbeEvent] {
        defer { triggered = nil }
        return events(tracker.reset(atNanoseconds: clock.monotonicNanoseconds), clock, resetBy: reason)
    }

    private mutating func events(
        _ steps: [BIPStep], _ clock: EventClock, resetBy reason: BIPCloseReason = .reset
    ) -> [ProbeEvent] {
        var events: [ProbeEvent] = []
        for step in steps {
            switch step {
            case .opened(let channel): events.append(.bipOpened(opened(channel, clock)))
            case .transferred(let transfer, let channel): events.append(.bipData(moved(transfer, channel, clock)))
            case .closed(let channel, let closing, let now):
                let reason = BIPCloseReason(closing, channel, resetBy: reason)
                events.append(.bipClosed(closed(channel, reason, now, clock)))
            case .failed(let failure): events += failed(failure, clock).map { [$0] } ?? []
            case .dataAvailable(let bytes, let channel):
                events.append(.bipDataWaiting(waiting(bytes, channel, clock)))
            case .linkChanged(let status, let channel):
                events.append(.bipLinkChanged(changed(status, channel, clock)))
            }
        }
        return events
    }

    private func stamp(_ start: UInt64, _ duration: UInt64, _ clock: EventClock) -> EventStamp {
        EventStamp(source: source, startNanoseconds: start, durationNanoseconds: duration, clock: clock)
    }

    private func link(_ channel: BIPChannel?) -> BIPLink {
        BIPLink(
            device: device, interface: interface, client: client, session: session,
            connection: channel?.opening ?? 0, channel: channel?.number ?? 0)
    }

    private mutating func opened(_ channel: BIPChannel, _ clock: EventClock) -> BIPChannelOpened {
        BIPChannelOpened(
            stamp: stamp(
                channel.askedNanoseconds, channel.openedNanoseconds &- channel.askedNanoseconds, clock),
            link: link(channel), bearer: BearerType(channel.bearer), transport: BIPTransport(channel.transport?.role),
            port: channel.transport?.port, bufferBytes: channel.grantedBuffer.map { UInt16(clamping: $0) },
            sinceTriggerNanoseconds: sinceTrigger(channel.askedNanoseconds))
    }

    /// The card's first OPEN CHANNEL is what a trigger came for, whether it gets the channel or not; asked again it is an
    /// attempt of the card's own.
    private mutating func sinceTrigger(_ asked: UInt64) -> UInt64? {
        defer { triggered = nil }
        guard let triggered, asked >= triggered, asked - triggered <= Self.triggerNanoseconds else { return nil }
        return asked - triggered
    }

    private func waiting(_ bytes: Int?, _ channel: BIPChannel, _ clock: EventClock) -> BIPDataWaiting {
        BIPDataWaiting(
            stamp: stamp(clock.monotonicNanoseconds, 0, clock), link: link(channel),
            bearer: BearerType(channel.bearer), bytes: bytes.map { UInt8(clamping: $0) })
    }

    private func changed(_ status: ChannelStatus, _ channel: BIPChannel, _ clock: EventClock) -> BIPLinkChanged {
        BIPLinkChanged(
            stamp: stamp(clock.monotonicNanoseconds, 0, clock), link: link(channel),
            bearer: BearerType(channel.bearer), state: BIPLinkState(status))
    }

    private func moved(_ transfer: BIPTransfer, _ channel: BIPChannel, _ clock: EventClock) -> BIPDataMoved {
        BIPDataMoved(
            stamp: stamp(transfer.askedNanoseconds, transfer.durationNanoseconds, clock), link: link(channel),
            bearer: BearerType(channel.bearer), direction: transfer.isSent ? .sent : .received,
            bytes: UInt32(clamping: transfer.bytes))
    }

    private func closed(
        _ channel: BIPChannel, _ reason: BIPCloseReason, _ now: UInt64, _ clock: EventClock
    ) -> BIPChannelClosed {
        let opened = min(channel.openedNanoseconds, now)
        return BIPChannelClosed(
            stamp: stamp(opened, now - opened, clock), link: link(channel), bearer: BearerType(channel.bearer),
            status: reason == .card ? .completed : .failed, reason: reason, sentBytes: channel.sentBytes,
            receivedBytes: channel.receivedBytes)
    }

    private mutating func failed(_ failure: BIPFailure, _ clock: EventClock) -> ProbeEvent? {
        guard let command = BIPCommand(failure.command) else { return nil }
        return .bipFailed(
            BIPCommandFailed(
                stamp: stamp(failure.askedNanoseconds, failure.durationNanoseconds, clock),
                link: link(failure.channel), command: command, bearer: BearerType(failure.bearer),
                error: failure.result.map { BIPErrorType($0) } ?? .timeout, result: failure.result?.general,
                additional: failure.result?.additional,
                sinceTriggerNanoseconds: command == .openChannel ? sinceTrigger(failure.askedNanoseconds) : nil))
    }
}

// MARK: From the card's words to those of events

extension TriggerSeen.Security {
    /// What a packet's header says.
    init(_ header: SecuredPacketHeader) {
        self.init(
            parameters: header.security.code, cipheringKey: header.cipheringKey.code,
            integrityKey: header.integrityKey.code, application: HexBytes(header.application))
    }
}

extension BearerType {
    /// The label of a bearer; nil is that of a server, which has none.
    init(_ bearer: ChannelBearer?) {
        self =
            switch bearer {
            case .csd: .csd
            case .packet: .packet
            case .default: .default
            case .local: .local
            case .bluetooth: .bluetooth
            case .irda: .irda
            case .rs232: .rs232
            case .cdma2000: .cdma2000
            case .packetExtended: .packetExt
            case .wlan: .wlan
            case .eutran: .eutran
            case .ngran: .ngran
            case .usb: .usb
            case nil: .none
            case .other: .other
            }
    }
}

extension BIPTransport {
    init(_ role: ChannelTransport.Role?) {
        self =
            switch role {
            case .udpClient: .udpClient
            case .tcpClient: .tcpClient
            case .tcpServer: .tcpServer
            case .udpLocalClient: .udpLocal
            case .tcpLocalClient: .tcpLocal
            case .direct: .direct
            case nil: .none
            case .other: .other
            }
    }
}

extension BIPLinkState {
    init(_ status: ChannelStatus) {
        self =
            switch (status.link, status.isDropped) {
            case (_, true): .dropped
            case (.established, _): .established
            case (.listening, _): .listening
            case (.down, _): .down
            }
    }
}

extension BIPCommand {
    init?(_ type: ProactiveCommandType) {
        switch type {
        case .openChannel: self = .openChannel
        case .closeChannel: self = .closeChannel
        case .receiveData: self = .receiveData
        case .sendData: self = .sendData
        case .getChannelStatus: self = .getChannelStatus
        default: return nil
        }
    }
}

extension BIPCloseReason {
    init(_ closing: BIPClosing, _ channel: BIPChannel, resetBy reason: BIPCloseReason) {
        self =
            switch closing {
            case .reset: reason
            // The card closes what is no longer there: what ended it was the link.
            case .card: channel.isDropped ? .dropped : .card
            case .stale: channel.isDropped ? .dropped : .stale
            }
    }
}

extension BIPErrorType {
    /// The label of a terminal's refusal.
    init(_ result: ToolkitResult) {
        self =
            switch (result.general, result.additional) {
            case (0x3A, let cause?): Self.causes[cause] ?? .other
            case (0x3A, nil): .noCause
            case (0x20, _): .terminalBusy
            case (0x21, _): .networkBusy
            case (0x10, _), (0x11, _), (0x22, _), (0x23, _): .refusedByUser
            case (0x12, _): .timeout
            case (0x30...0x33, _), (0x36, _): .notSupported
            default: .other
            }
    }

    /// By the additional information of result 3A (TS 102 223, 8.12.11).
    private static let causes: [UInt8: BIPErrorType] = [
        0x00: .noCause, 0x01: .noChannel, 0x02: .channelClosed, 0x03: .channelInvalid, 0x04: .bufferTooLarge,
        0x05: .security, 0x06: .transportUnavailable, 0x07: .remoteUnreachable, 0x08: .service,
        0x09: .serviceUnknown, 0x10: .portUnavailable, 0x11: .launchParameters, 0x12: .launchFailed,
    ]
}
