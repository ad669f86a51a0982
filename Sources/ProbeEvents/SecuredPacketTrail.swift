internal import SmartCard

/// Follows the secured packets that one session gives its card in short messages, and tells each as a session over the
/// air: when it begins, what the card said of it, when it ended (SCP80: ETSI TS 102 225).
///
/// Gets each exchange, of which ENVELOPE, GET RESPONSE and FETCH are looked at. What redaction leaves of them is enough.
package struct SecuredPacketTrail: Sendable, Hashable {
    private let device: String
    private let source: SourceKind
    private var tracker = SecuredMessageTracker()

    /// A session without packets.
    package init(device: String, source: SourceKind) {
        self.device = device
        self.source = source
    }

    /// What an exchange did to packets.
    package mutating func note(_ exchange: APDUExchange) -> [ProbeEvent] {
        let response = exchange.response.bytes
        guard let statusWord = exchange.statusWord else { return [] }
        switch exchange.name {
        case .envelope:
            // One that the card was too busy for comes again.
            guard statusWord.category(cla: exchange.command.bytes.first ?? 0) != .retry,
                let message = Self.message(in: exchange.command.bytes)
            else { return [] }
            return given(message, exchange.stamp) + answered(response, at: exchange.stamp.end)
        case .getResponse: return tracker.awaitsAnswer ? answered(response, at: exchange.stamp.end) : []
        case .fetch: return fetched(response.dropLast(2), at: exchange.stamp.end)
        default: return []
        }
    }

    /// The card was reset, or nobody follows it any more.
    package mutating func reset(at clock: EventClock) -> [ProbeEvent] {
        tracker.reset(atNanoseconds: clock.monotonicNanoseconds).map { ended($0, clock) } ?? []
    }

    private mutating func given(_ message: SecuredMessage, _ stamp: EventStamp) -> [ProbeEvent] {
        let clock = EventClock(
            monotonicNanoseconds: stamp.startNanoseconds, wallNanoseconds: stamp.wallNanoseconds)
        let seen = tracker.observe(message, atNanoseconds: stamp.startNanoseconds)
        let began: [ProbeEvent] =
            seen.began == nil
            ? []
            : [
                .ota(
                    .began(
                        OTASessionBegan(
                            stamp: EventStamp(
                                source: source, startNanoseconds: stamp.startNanoseconds, durationNanoseconds: 0,
                                clock: clock),
                            link: link(stamp.startNanoseconds), sessionProtocol: .scp80)))
            ]
        return (seen.ended.map { ended($0, clock) } ?? []) + began
    }

    private static func message(in command: [UInt8]) -> SecuredMessage? {
        guard let envelope = try? ToolkitEnvelope(command[CommandAPDU(command).dataRange]) else { return nil }
        return switch envelope.kind {
        case .smsPPDownload: SecuredMessage(envelope.objects.value(0x0B) ?? [])
        case .cellBroadcast: SecuredMessage(cellBroadcast: envelope.objects.value(0x0C) ?? [])
        default: nil
        }
    }

    private mutating func answered(_ response: [UInt8], at clock: EventClock) -> [ProbeEvent] {
        tracker.answered(response, atNanoseconds: clock.monotonicNanoseconds).map { ended($0, clock) } ?? []
    }

    private mutating func fetched(_ bytes: some Collection<UInt8>, at clock: EventClock) -> [ProbeEvent] {
        guard tracker.isFollowing, let command = try? ProactiveCommand(bytes),
            command.details.type == .sendShortMessage, let message = command.objects.value(0x0B)
        else { return [] }
        return tracker.submitted(message, atNanoseconds: clock.monotonicNanoseconds).map { ended($0, clock) } ?? []
    }

    /// A packet's number: no two begin in one nanosecond of one device.
    private func link(_ startNanoseconds: UInt64) -> OTALink { OTALink(device: device, session: startNanoseconds) }

    private func ended(_ packet: DeliveredPacket, _ clock: EventClock) -> [ProbeEvent] {
        let start = packet.startNanoseconds
        let end = max(start, packet.endNanoseconds)
        let stamp = EventStamp(
            source: source, startNanoseconds: start, durationNanoseconds: end - start, clock: clock)
        let receipt = OTAReceipt(packet)
        return [
            .ota(
                .packet(
                    OTAPacketDone(
                        stamp: stamp, link: link(start), security: TriggerSeen.Security(packet.header),
                        parts: packet.parts, packetBytes: packet.header.length,
                        counterDistance: packet.counterDistance, receipt: receipt,
                        additionalBytes: packet.receipt?.additionalBytes.map { UInt32(clamping: $0) },
                        isReceiptSubmitted: packet.isReceiptSubmitted))),
            .ota(
                .ended(
                    OTASessionEnded(
                        stamp: stamp, link: link(start), sessionProtocol: .scp80,
                        status: SessionStatus(packet, receipt), error: SessionErrorType(packet, receipt)))),
        ]
    }
}

// MARK: From the card's words to those of events

extension OTAReceipt {
    /// What a packet's card said; nil when nothing had to come and nothing came.
    init?(_ packet: DeliveredPacket) {
        guard let receipt = packet.receipt else {
            guard packet.header.security.receipt == .always else { return nil }
            self = .missing
            return
        }
        self =
            switch receipt.status {
            case .ok: .ok
            case .checksumFailed: .checksumFailed
            case .counterLow: .counterLow
            case .counterHigh: .counterHigh
            case .counterBlocked: .counterBlocked
            case .cipheringError: .cipheringError
            case .securityError: .securityError
            case .insufficientMemory: .insufficientMemory
            case .moreTimeNeeded: .moreTimeNeeded
            case .applicationUnknown: .applicationUnknown
            case .insufficientSecurity: .insufficientSecurity
            case .answerInMessage: .answerInMessage
            case .answerInSession: .answerInSession
            case nil: .enciphered
            case .other: .other
            }
    }
}

extension OTAReceipt {
    /// Whether the card took the packet, as far as can be seen: what is enciphered is no sign of a fault.
    package var isTaken: Bool {
        switch self {
        case .ok, .moreTimeNeeded, .answerInMessage, .answerInSession, .enciphered: true
        default: false
        }
    }

    /// Whether the card would not have it for its security.
    fileprivate var isRefusal: Bool {
        switch self {
        case .checksumFailed, .counterLow, .counterHigh, .counterBlocked, .cipheringError, .securityError,
            .insufficientSecurity:
            true
        default: false
        }
    }
}

extension SessionStatus {
    /// How a packet's session ended: one whose proof of receipt was waited for in vain has timed out.
    fileprivate init(_ packet: DeliveredPacket, _ receipt: OTAReceipt?) {
        let isWaiting = receipt == .missing && packet.ending != .refused
        self = packet.isTaken ? .completed : isWaiting ? .timeout : .failed
    }
}

extension SessionErrorType {
    /// Why a packet was not taken; nil when it was.
    fileprivate init?(_ packet: DeliveredPacket, _ receipt: OTAReceipt?) {
        guard !packet.isTaken else { return nil }
        switch (packet.ending, receipt) {
        case (.overtaken, _), (.reset, .missing), (nil, .missing): self = .timeout
        case (.reset, _): self = .cardReset
        case (nil, let receipt?) where receipt.isRefusal: self = .accessDenied
        default: self = .other
        }
    }
}
