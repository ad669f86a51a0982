/// A BIP channel as far as it was followed.
public struct BIPChannel: Hashable, Sendable {
    /// Which opening of this tracker it is, from 1.
    public let opening: UInt64
    /// Its number, 1 to 7; nil while the terminal has not said it.
    public internal(set) var number: UInt8?
    /// What carries it; nil for a server, which has none.
    public let bearer: ChannelBearer?
    /// What is spoken over it; nil when that was not told.
    public let transport: ChannelTransport?
    /// The buffer that the card asked for, bytes.
    public let requestedBuffer: Int?
    /// The buffer that the terminal gave, bytes.
    public let grantedBuffer: Int?
    /// When the card asked for it, nanoseconds of the caller's clock.
    public let askedNanoseconds: UInt64
    /// When the terminal said that it is open, nanoseconds of the caller's clock.
    public let openedNanoseconds: UInt64
    /// The state of its link, as it was last told.
    public internal(set) var link: ChannelStatus.Link
    /// Its link went by itself.
    public internal(set) var isDropped = false
    /// Bytes from the card that the terminal took.
    public internal(set) var sentBytes: UInt64 = 0
    /// Bytes that the card fetched from the terminal.
    public internal(set) var receivedBytes: UInt64 = 0
    /// How often the card sent.
    public internal(set) var sends: UInt64 = 0
    /// How often the card fetched.
    public internal(set) var receives: UInt64 = 0
    /// When the terminal told the card of data that it has not fetched yet.
    var dataToldNanoseconds: UInt64?
}

/// Why a channel is no longer there.
public enum BIPClosing: Hashable, Sendable {
    /// The card closed it.
    case card
    /// The terminal says that it was closed before, or it opened another one with this number.
    case stale
    /// The card was reset, or taken away.
    case reset
}

/// What a ``BIPTracker`` saw happen.
public enum BIPStep: Hashable, Sendable {
    /// A channel is open.
    case opened(BIPChannel)
    /// The card sent or fetched.
    case transferred(BIPTransfer, BIPChannel)
    /// The terminal has data for the card; 255 means as many bytes or more.
    case dataAvailable(waitingBytes: Int?, BIPChannel)
    /// The link of a channel changed.
    case linkChanged(ChannelStatus, BIPChannel)
    /// A channel is no longer there.
    case closed(BIPChannel, BIPClosing, atNanoseconds: UInt64)
    /// The terminal could not do what the card asked.
    case failed(BIPFailure)
}

/// Data that went through a channel.
public struct BIPTransfer: Hashable, Sendable {
    /// From the card; to the card otherwise.
    public let isSent: Bool
    /// How much.
    public let bytes: Int
    /// When the card asked, nanoseconds of the caller's clock.
    public let askedNanoseconds: UInt64
    /// From the command to the terminal's answer, nanoseconds.
    public let durationNanoseconds: UInt64
    /// From the terminal's word that there is data to the card's command, nanoseconds; nil when it had none.
    public let reactionNanoseconds: UInt64?
}

/// A command of a channel that failed.
public struct BIPFailure: Hashable, Sendable {
    /// What the card asked.
    public let command: ProactiveCommandType
    /// How the terminal refused it; nil when it did not answer before the next command, or the card's end.
    public let result: ToolkitResult?
    /// What carries the channel, or would have.
    public let bearer: ChannelBearer?
    /// The channel; nil when it was not opened, or is not known.
    public let channel: BIPChannel?
    /// When the card asked, nanoseconds of the caller's clock.
    public let askedNanoseconds: UInt64
    /// From the command to the terminal's answer, or to the end of waiting for it, nanoseconds.
    public let durationNanoseconds: UInt64
}

/// Follows the channels of one card from what the card asks and the terminal answers, whatever carried that.
///
/// Takes commands, answers and envelopes in their order; anything that does not fit is let go. Bytes are counted when
/// the terminal has done the command, once (TS 102 223, 6.4.27 to 6.4.31, 7.5.10, 7.5.11).
public struct BIPTracker: Hashable, Sendable {
    private struct Pending: Hashable {
        let command: ProactiveCommand
        let atNanoseconds: UInt64
    }

    /// The channels that are open, by number.
    public private(set) var channels: [UInt8: BIPChannel] = [:]
    /// One that is open and whose number the terminal has not said.
    private var unnumbered: BIPChannel?
    private var openings: UInt64 = 0
    private var pending: Pending?

    /// A card without channels.
    public init() {}

    /// Takes a command that the terminal has fetched.
    public mutating func observe(_ command: ProactiveCommand, atNanoseconds now: UInt64) -> [BIPStep] {
        // Fetched twice: a terminal that did not get it the first time.
        if pending?.command == command { return [] }
        let steps = abandonPending(now)
        if command.details.type == .refresh, command.details.qualifier == 0x04 {
            return steps + reset(atNanoseconds: now)
        }
        guard Self.isOfChannels(command.details.type) else { return steps }
        pending = Pending(command: command, atNanoseconds: now)
        if let number = command.objects.devices?.destination.channel { name(number) }
        return steps
    }

    /// Takes the terminal's answer; one that answers nothing pending is let go.
    public mutating func observe(_ response: TerminalResponse, atNanoseconds now: UInt64) -> [BIPStep] {
        guard let asked = pending, asked.command.details == response.details, let result = response.objects.result
        else { return [] }
        pending = nil
        let objects = response.objects
        switch asked.command.details.type {
        case .openChannel: return opened(asked, objects, result, now)
        case .sendData, .receiveData: return transferred(asked, objects, result, now)
        case .closeChannel: return closed(asked, result, now)
        case .getChannelStatus:
            return result.isPerformed ? refresh(objects.channelStatuses, now) : [failure(asked, result, now)]
        default: return []
        }
    }

    /// Takes what the terminal tells the card.
    public mutating func observe(_ envelope: ToolkitEnvelope, atNanoseconds now: UInt64) -> [BIPStep] {
        switch envelope.event {
        case .channelStatus: return envelope.objects.channelStatuses.flatMap { update($0) }
        case .dataAvailable:
            guard let number = envelope.objects.channelStatuses.first?.channel, var channel = channels[number] else {
                return []
            }
            channel.dataToldNanoseconds = channel.dataToldNanoseconds ?? now
            channels[number] = channel
            return [.dataAvailable(waitingBytes: envelope.objects.dataLength, channel)]
        case .other, nil: return []
        }
    }

    /// The card was reset or is gone: so are its channels.
    public mutating func reset(atNanoseconds now: UInt64) -> [BIPStep] {
        let steps = abandonPending(now)
        let all = channels.sorted { $0.key < $1.key }.map(\.value) + [unnumbered].compactMap { $0 }
        (channels, unnumbered) = ([:], nil)
        return steps + all.map { .closed($0, .reset, atNanoseconds: now) }
    }

    private static func isOfChannels(_ type: ProactiveCommandType) -> Bool { (0x40...0x44).contains(type.code) }

    private mutating func abandonPending(_ now: UInt64) -> [BIPStep] {
        guard let asked = pending else { return [] }
        pending = nil
        return [failure(asked, nil, now)]
    }

    /// Gives the channel without a number this one, when nobody has it.
    private mutating func name(_ number: UInt8) {
        guard var channel = unnumbered, channels[number] == nil else { return }
        channel.number = number
        (channels[number], unnumbered) = (channel, nil)
    }

    private func number(of asked: Pending) -> UInt8? { asked.command.objects.devices?.destination.channel }

    private func channel(of asked: Pending) -> BIPChannel? { number(of: asked).flatMap { channels[$0] } }
}

// MARK: What the answers mean

extension BIPTracker {
    private mutating func opened(
        _ asked: Pending, _ answer: ToolkitObjects, _ result: ToolkitResult, _ now: UInt64
    ) -> [BIPStep] {
        guard result.isPerformed else { return [failure(asked, result, now)] }
        let status = answer.channelStatuses.first
        let wanted = asked.command.objects
        openings &+= 1
        let channel = BIPChannel(
            opening: openings, number: status?.channel, bearer: answer.bearer ?? wanted.bearer,
            transport: wanted.transport,
            requestedBuffer: wanted.bufferSize, grantedBuffer: answer.bufferSize,
            askedNanoseconds: asked.atNanoseconds, openedNanoseconds: now, link: status?.link ?? .down)
        let before: BIPChannel?
        if let number = channel.number {
            before = channels.updateValue(channel, forKey: number)
        } else {
            before = unnumbered
            unnumbered = channel
        }
        let gone = before.map { [BIPStep.closed($0, .stale, atNanoseconds: now)] } ?? []
        return gone + [.opened(channel)]
    }

    private mutating func transferred(
        _ asked: Pending, _ answer: ToolkitObjects, _ result: ToolkitResult, _ now: UInt64
    ) -> [BIPStep] {
        guard result.isPerformed else {
            let isGone = result.saysThatChannelIsGone
            return [failure(asked, result, now)] + (isGone ? close(number(of: asked), .stale, now) : [])
        }
        guard let number = number(of: asked), var channel = channels[number] else { return [] }
        let isSent = asked.command.details.type == .sendData
        let bytes = isSent ? asked.command.objects.channelDataLength : answer.channelDataLength
        var reaction: UInt64?
        if isSent {
            channel.sentBytes &+= UInt64(bytes)
            channel.sends &+= 1
        } else {
            channel.receivedBytes &+= UInt64(bytes)
            channel.receives &+= 1
            reaction = channel.dataToldNanoseconds.map { Self.span($0, asked.atNanoseconds) }
            channel.dataToldNanoseconds = nil
        }
        channels[number] = channel
        let transfer = BIPTransfer(
            isSent: isSent, bytes: bytes, askedNanoseconds: asked.atNanoseconds,
            durationNanoseconds: Self.span(asked.atNanoseconds, now), reactionNanoseconds: reaction)
        return [.transferred(transfer, channel)]
    }

    private mutating func closed(_ asked: Pending, _ result: ToolkitResult, _ now: UInt64) -> [BIPStep] {
        let number = number(of: asked)
        guard result.isPerformed else {
            let isGone = result.saysThatChannelIsGone
            return [failure(asked, result, now)] + (isGone ? close(number, .stale, now) : [])
        }
        // A server may go on listening (TS 102 223, 6.4.28).
        if asked.command.details.qualifier & 0x01 != 0, let number, channels[number]?.transport?.role == .tcpServer {
            channels[number]?.link = .listening
            return []
        }
        return close(number, .card, now)
    }

    private mutating func refresh(_ statuses: [ChannelStatus], _ now: UInt64) -> [BIPStep] {
        if let only = statuses.first, statuses.count == 1, only.channel == nil {
            return channels.keys.sorted().flatMap { close($0, .stale, now) }
        }
        return statuses.flatMap { update($0) }
    }

    private mutating func update(_ status: ChannelStatus) -> [BIPStep] {
        guard let number = status.channel else { return [] }
        name(number)
        guard var channel = channels[number] else { return [] }
        let isNew = channel.link != status.link || channel.isDropped != status.isDropped
        (channel.link, channel.isDropped) = (status.link, status.isDropped)
        channels[number] = channel
        return isNew ? [.linkChanged(status, channel)] : []
    }

    private mutating func close(_ number: UInt8?, _ why: BIPClosing, _ now: UInt64) -> [BIPStep] {
        guard let channel = number.flatMap({ channels.removeValue(forKey: $0) }) else { return [] }
        return [.closed(channel, why, atNanoseconds: now)]
    }

    private func failure(_ asked: Pending, _ result: ToolkitResult?, _ now: UInt64) -> BIPStep {
        let channel = channel(of: asked)
        return .failed(
            BIPFailure(
                command: asked.command.details.type, result: result,
                bearer: channel?.bearer ?? asked.command.objects.bearer, channel: channel,
                askedNanoseconds: asked.atNanoseconds, durationNanoseconds: Self.span(asked.atNanoseconds, now)))
    }

    private static func span(_ start: UInt64, _ end: UInt64) -> UInt64 { end > start ? end - start : 0 }
}

extension ToolkitResult {
    /// The terminal does not know the channel any more: it was closed, or its number is not valid.
    fileprivate var saysThatChannelIsGone: Bool { general == 0x3A && (additional == 0x02 || additional == 0x03) }
}
