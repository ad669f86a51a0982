/// What the card does with one command: the bytes that go back, when, and whether it leaves the reader instead.
package struct CardReply: Equatable, Sendable {
    /// Data and status word.
    package var response: [UInt8]
    /// How long the card works on it.
    package var delay: Duration = .zero
    /// The card is pulled at the end of the delay; `response` is never sent.
    package var removesCard = false
    /// When set, how long after the removal the card is put in again.
    package var returnsAfter: Duration?
}

/// A UICC as a pure state machine: command bytes in, reply out; no clock, no socket, and no input that it traps on.
package struct VirtualCard: Sendable {
    /// What the card is and how it misbehaves.
    package let script: CardScript

    var files: CardFileSystem
    var pins: PINStore
    var channels: [LogicalChannel?]
    var pending: PendingResponse?
    var toolkit: ToolkitSession
    var rules: RuleBook<CardRule>
    var packets: PacketReceiver?
    var euicc: EUICC?
    /// An INITIALIZE UPDATE was answered and nothing else came since.
    var isSecureChannelStarted = false

    /// Channels 0 to 3: what the capabilities in the default ATR say.
    static let channelCount = 4

    package init(script: CardScript = CardScript()) {
        self.script = script
        files = StandardFiles(identity: script.identity).fileSystem()
        for file in script.files { file.add(to: &files) }
        pins = PINStore(script.pins)
        channels = Self.freshChannels
        toolkit = ToolkitSession(sessions: script.sessions)
        rules = RuleBook(script.rules)
        packets = script.receipts.map(PacketReceiver.init)
        euicc = script.euicc.map(EUICC.init)
    }

    /// The ATR that the reader gets at power-up.
    package var atr: [UInt8] { script.atr }

    /// Power-up or reset: channels, verified PINs, toolkit sessions and whatever came in part start again; files and counters stay.
    package mutating func reset() {
        channels = Self.freshChannels
        pins.reset()
        pending = nil
        isSecureChannelStarted = false
        toolkit = ToolkitSession(sessions: script.sessions)
        packets?.reset()
        euicc?.reset()
    }

    /// Answers one command.
    package mutating func process(_ bytes: [UInt8]) -> CardReply {
        var reply = CardReply(response: [], delay: script.delay)
        guard let rule = rules.next(where: { $0.pattern.matches(bytes) }) else {
            reply.response = execute(bytes)
            return reply
        }
        reply.delay = rule.delay ?? script.delay
        reply.removesCard = rule.removesCard
        reply.returnsAfter = rule.returnsAfter
        reply.response = rule.response ?? execute(bytes)
        return reply
    }

    private static var freshChannels: [LogicalChannel?] {
        [LogicalChannel()] + [LogicalChannel?](repeating: nil, count: channelCount - 1)
    }

    private mutating func execute(_ bytes: [UInt8]) -> [UInt8] {
        guard let command = CardCommand(bytes) else { return UInt16(0x6700).bytes }
        let view = CommandView(cla: command.cla)
        guard case .accepted(let channel, let isGSM) = view else { return view.refusal.bytes }
        guard channels.indices.contains(channel), channels[channel] != nil else { return UInt16(0x6881).bytes }
        if command.ins == 0xC0 {
            return deliverPending(command, channel: channel, isGSM: isGSM)
        }
        pending = nil
        let answer = dispatch(command, channel: channel, isGSM: isGSM)
        if !answer.isRefusal { toolkit.observe(bytes) }
        return respond(answer, to: command, channel: channel, isGSM: isGSM)
    }

    // MARK: Transport rules

    /// Lays the T=0 rules over an answer: TS 102 221, 7.3.1.1, and TS 51.011, 9.4 for class A0.
    private mutating func respond(
        _ answer: CardAnswer, to command: CardCommand, channel: Int, isGSM: Bool
    ) -> [UInt8] {
        switch answer {
        case .status(let status):
            return (isGSM ? GSMStatus.word(for: status) : ending(status)).bytes
        case .outgoing(let data):
            return deliver(data, to: command, isPrefixServed: isGSM)
        case .outgoingPrefix(let data):
            return deliver(data, to: command, isPrefixServed: true)
        case .afterData(let data):
            if !isGSM, script.answersWhole, let expected = command.expectedBytes, expected >= data.count {
                return data + ending(0x9000).bytes
            }
            guard !data.isEmpty else { return ending(0x9000).bytes }
            pending = PendingResponse(channel: channel, data: data)
            return waiting(data.count, isGSM: isGSM).bytes
        }
    }

    private mutating func deliver(_ data: [UInt8], to command: CardCommand, isPrefixServed: Bool) -> [UInt8] {
        let expected = command.expectedBytes ?? 256
        if expected == data.count || (script.answersWhole && expected >= data.count) {
            return data + ending(0x9000).bytes
        }
        if expected < data.count, isPrefixServed {
            return data.prefix(expected) + ending(0x9000).bytes
        }
        return (0x6C00 | UInt16(min(data.count, 256) & 0xFF)).bytes
    }

    private mutating func deliverPending(_ command: CardCommand, channel: Int, isGSM: Bool) -> [UInt8] {
        guard command.p1 == 0, command.p2 == 0 else { return UInt16(0x6B00).bytes }
        guard let waitingResponse = pending, waitingResponse.channel == channel else {
            return (isGSM ? 0x6F00 : 0x6985 as UInt16).bytes
        }
        let data = waitingResponse.data
        let expected = command.expectedBytes ?? 256
        guard expected <= data.count || script.answersWhole else {
            return (isGSM ? 0x6700 : 0x6C00 | UInt16(data.count & 0xFF)).bytes
        }
        let rest = Array(data.dropFirst(expected))
        pending = rest.isEmpty || isGSM ? nil : PendingResponse(channel: channel, data: rest)
        let status = pending == nil ? ending(0x9000) : waiting(rest.count, isGSM: isGSM)
        return data.prefix(expected) + status.bytes
    }

    private func waiting(_ count: Int, isGSM: Bool) -> UInt16 {
        (isGSM ? 0x9F00 : 0x6100) | UInt16(min(count, 256) & 0xFF)
    }

    /// A normal ending becomes 91XX while a proactive command waits.
    private func ending(_ status: UInt16) -> UInt16 {
        guard status == 0x9000, let length = toolkit.waitingBytes else { return status }
        return 0x9100 | UInt16(min(length, 256) & 0xFF)
    }
}

/// What a logical channel has selected.
struct LogicalChannel: Equatable {
    /// Index of the selected application; nil before the first.
    var application: Int?
    var directory = CardFileSystem.master
    var file: Int?
    /// 1 and up; 0 before the first record was read.
    var record = 0
    var isSecurityDomain = false
    /// ISD-R of an eUICC.
    var isRoot = false
}

/// Data that waits for GET RESPONSE on the channel it was made on.
struct PendingResponse: Equatable {
    var channel: Int
    var data: [UInt8]
}

/// How a class byte is taken: ISO/IEC 7816-4, 5.4.1, TS 102 221, 10.1.1.
enum CommandView: Equatable {
    case accepted(channel: Int, isGSM: Bool)
    case chaining
    case secureMessaging
    case unsupported

    init(cla: UInt8) {
        let channel = Int(cla & 0x03)
        switch cla {
        case 0xA0: self = .accepted(channel: 0, isGSM: true)
        // 84 to 87 stay open: EXTERNAL AUTHENTICATE of GlobalPlatform comes with this class
        case 0x00...0x03, 0x80...0x87: self = .accepted(channel: channel, isGSM: false)
        case 0x04...0x0F, 0x88...0x8F, 0x60...0x6F, 0xE0...0xEF: self = .secureMessaging
        case 0x10...0x1F, 0x50...0x5F: self = .chaining
        case 0x40...0x4F, 0xC0...0xCF: self = .accepted(channel: 4 + Int(cla & 0x0F), isGSM: false)
        default: self = .unsupported
        }
    }

    /// The status word of a class that is not accepted.
    var refusal: UInt16 {
        switch self {
        case .accepted, .unsupported: 0x6E00
        case .chaining: 0x6884
        case .secureMessaging: 0x6882
        }
    }
}

/// The words of TS 51.011, 9.4 for what the rest of the card says in those of TS 102 221.
enum GSMStatus {
    static func word(for status: UInt16) -> UInt16 {
        switch status {
        case 0x6986: 0x9400
        case 0x6B00, 0x6A83: 0x9402
        case 0x6A82: 0x9404
        case 0x6981: 0x9408
        case 0x63C0: 0x9840
        case 0x63C1...0x63CF, 0x6982: 0x9804
        case 0x6983: 0x9840
        case 0x6984: 0x9808
        case 0x6A88: 0x9802
        case 0x6282: 0x9404
        default: status
        }
    }
}
