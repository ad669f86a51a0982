internal import SmartCard

/// Follows the BIP channels of one card's session, and tells them as events.
///
/// A tap gives it each exchange; FETCH, TERMINAL RESPONSE and ENVELOPE are looked at, and what redaction leaves of them
/// is enough.
package struct BIPTrail: Sendable, Hashable {
    private let device: String
    private let interface: APDUInterface
    private let client: ClientProcess?
    private let session: UInt64
    private let source: SourceKind
    private var tracker = BIPTracker()

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
        guard let statusWord = exchange.statusWord else { return [] }
        let steps: [BIPStep]
        let command = exchange.command.bytes
        let began = exchange.stamp.startNanoseconds
        switch exchange.name {
        case .fetch:
            guard let asked = try? ProactiveCommand(exchange.response.bytes.dropLast(2)) else { return [] }
            steps = tracker.observe(asked, atNanoseconds: began &+ exchange.stamp.durationNanoseconds)
        case .terminalResponse:
            guard let answer = try? TerminalResponse(command[CommandAPDU(command).dataRange]) else { return [] }
            steps = tracker.observe(answer, atNanoseconds: began)
        case .envelope:
            // One that the card was too busy for comes again.
            guard statusWord.category(cla: command[0]) != .retry,
                let envelope = try? ToolkitEnvelope(command[CommandAPDU(command).dataRange])
            else { return [] }
            steps = tracker.observe(envelope, atNanoseconds: began)
        default: return []
        }
        return events(steps, EventClock(monotonicNanoseconds: began, wallNanoseconds: exchange.stamp.wallNanoseconds))
    }

    /// The card was reset, or nobody follows it any more.
    package mutating func reset(_ reason: BIPCloseReason = .reset, at clock: EventClock) -> [ProbeEvent] {
        events(tracker.reset(atNanoseconds: clock.monotonicNanoseconds), clock, resetBy: reason)
    }

    private func events(
        _ steps: [BIPStep], _ clock: EventClock, resetBy reason: BIPCloseReason = .reset
    ) -> [ProbeEvent] {
        steps.compactMap { step in
            switch step {
            case .opened(let channel): .bipOpened(opened(channel, clock))
            case .transferred(let transfer, let channel): .bipData(moved(transfer, channel, clock))
            case .closed(let channel, let closing, let now):
                .bipClosed(closed(channel, BIPCloseReason(closing, channel, resetBy: reason), now, clock))
            case .failed(let failure): failed(failure, clock)
            case .dataAvailable, .linkChanged: nil
            }
        }
    }

    private func stamp(_ start: UInt64, _ duration: UInt64, _ clock: EventClock) -> EventStamp {
        EventStamp(source: source, startNanoseconds: start, durationNanoseconds: duration, clock: clock)
    }

    private func link(_ channel: BIPChannel?) -> BIPLink {
        BIPLink(
            device: device, interface: interface, client: client, session: session,
            connection: channel?.opening ?? 0, channel: channel?.number ?? 0)
    }

    private func opened(_ channel: BIPChannel, _ clock: EventClock) -> BIPChannelOpened {
        BIPChannelOpened(
            stamp: stamp(
                channel.askedNanoseconds, channel.openedNanoseconds &- channel.askedNanoseconds, clock),
            link: link(channel), bearer: BearerType(channel.bearer), transport: BIPTransport(channel.transport?.role),
            port: channel.transport?.port, bufferBytes: channel.grantedBuffer.map { UInt16(clamping: $0) })
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

    private func failed(_ failure: BIPFailure, _ clock: EventClock) -> ProbeEvent? {
        guard let command = BIPCommand(failure.command) else { return nil }
        return .bipFailed(
            BIPCommandFailed(
                stamp: stamp(failure.askedNanoseconds, failure.durationNanoseconds, clock),
                link: link(failure.channel), command: command, bearer: BearerType(failure.bearer),
                error: failure.result.map { BIPErrorType($0) } ?? .timeout, result: failure.result?.general,
                additional: failure.result?.additional))
    }
}

// MARK: From the card's words to those of events

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
