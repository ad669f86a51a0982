/// What a card session remembers to name a few commands: per logical channel, which kind of application was last
/// selected by AID, and whether a GlobalPlatform secure channel is open.
///
/// Sixteen bytes; one for each card session, and ``reset()`` when the card is reset or leaves.
public struct CardContext: Hashable, Sendable {
    /// The kind of the application last selected by AID on a logical channel.
    public enum Application: Hashable, Sendable {
        /// None was seen.
        case none
        /// Its AID begins with 3GPP's A000000087.
        case threeGPP
        /// Any other AID.
        case other
    }

    // A bit for each logical channel.
    @usableFromInline private(set) var threeGPP: UInt32 = 0
    @usableFromInline private(set) var other: UInt32 = 0
    @usableFromInline private(set) var secureChannels: UInt32 = 0

    /// A session in which nothing was selected yet.
    @inlinable
    public init() {}

    /// The kind of the application last selected by AID on this logical channel.
    @inlinable
    public func application(on channel: Int) -> Application {
        if threeGPP >> channel & 1 == 1 { return .threeGPP }
        return other >> channel & 1 == 1 ? .other : .none
    }

    /// INITIALIZE UPDATE was answered on this logical channel since the last SELECT.
    @inlinable
    public func hasSecureChannel(on channel: Int) -> Bool {
        secureChannels >> channel & 1 == 1
    }

    /// Learns from an exchange. A command that the card refused changes nothing.
    @inlinable
    public mutating func observe(command: some Collection<UInt8>, statusWord: StatusWord) {
        guard let ins = command.dropFirst().first, ins == 0xA4 || ins == 0x50 || ins == 0x70 else { return }
        observeChange(Array(command.prefix(16)), CommandAPDU(command), statusWord)
    }

    /// The card was reset or left: nothing is selected, no channel open.
    public mutating func reset() {
        self = CardContext()
    }

    @usableFromInline
    mutating func observeChange(_ bytes: [UInt8], _ command: CommandAPDU, _ statusWord: StatusWord) {
        guard !command.isMalformed, statusWord.isSuccess(cla: command.cla) else { return }
        let channel: UInt32 = 1 << UInt32(command.classByte.logicalChannel)
        switch CommandTable.name(cla: command.cla, ins: command.ins, p1: command.p1) {
        case .select:
            secureChannels &= ~channel
            guard command.p1 == 0x04 else { return }
            let aid = bytes[command.dataRange.clamped(to: bytes.indices)]
            let isThreeGPP = aid.starts(with: CardContext.threeGPPProvider)
            threeGPP = isThreeGPP ? threeGPP | channel : threeGPP & ~channel
            other = isThreeGPP ? other & ~channel : other | channel
        case .initializeUpdate:
            secureChannels |= channel
        case .manageChannel:
            forget(ChannelRequest(command))
        default:
            return
        }
    }

    private mutating func forget(_ request: ChannelRequest?) {
        switch request {
        case .open(let number), .close(let number):
            let others: UInt32 = number < 20 ? ~(1 << UInt32(number)) : ~0
            (threeGPP, other, secureChannels) = (threeGPP & others, other & others, secureChannels & others)
        case .openAny, nil:
            return
        }
    }

    /// 3GPP's registered application provider identifier (TS 101 220, annex D).
    private static let threeGPPProvider: [UInt8] = [0xA0, 0x00, 0x00, 0x00, 0x87]
}
