public import ProbeEvents

/// Follows the BIP channels of the card in a modem, and the messages that start them, from what the modem says of it.
///
/// How much is told differs from maker to maker. Where command and answer are seen, all is known. Where a command is seen
/// and never an answer it is taken as done: what was received is then not known, and counts nothing. Where only kinds of
/// command are told there is one channel at a time, of no known bearer, whose bytes are not known.
public struct ToolkitTrail: Sendable {
    private var trail: ProactiveTrail

    /// A card without channels.
    public init(modem: String, source: SourceKind) { trail = ProactiveTrail(device: modem, source: source) }

    /// Takes what a modem said unasked.
    public mutating func note(
        _ said: ATUnsolicited, vendor: ModemVendor, at clock: EventClock
    ) -> [ProbeEvent] {
        switch said.code {
        case .cmt: return message(said.following ?? [], at: clock)
        case .cmti:
            trail.messageStored(at: clock)
            return []
        case .rdy, .sysstart, .poweredDown: return reset(.reset, at: clock)
        case .cpin: return Self.tellsOfNoCard(said.line) ? reset(.reset, at: clock) : []
        default:
            return said.code.isToolkit ? trail.take(ToolkitLine.news(said.line, vendor: vendor), at: clock) : []
        }
    }

    /// Takes a command line that a program sent to the modem: one that answers the card, or tells it something.
    public mutating func note(command line: [UInt8], at clock: EventClock) -> [ProbeEvent] {
        guard let (kind, bytes) = ToolkitCommandLine.read(line) else { return [] }
        return trail.take(kind == .answer ? .response(bytes) : .envelope(bytes), at: clock)
    }

    /// The card was reset, or nobody tells of it any more.
    public mutating func reset(_ reason: BIPCloseReason, at clock: EventClock) -> [ProbeEvent] {
        trail.reset(reason, at: clock)
    }

    /// The PDU of a message as +CMT shows it: the service centre's address, then the TPDU (TS 27.005, 3.1).
    private mutating func message(_ digits: [UInt8], at clock: EventClock) -> [ProbeEvent] {
        guard let bytes = HexBytes(hex: String(decoding: digits, as: UTF8.self))?.bytes, let centre = bytes.first,
            bytes.count > 1 + Int(centre)
        else { return [] }
        return trail.message(bytes.dropFirst(1 + Int(centre)), at: clock)
    }

    /// `+CPIN: NOT INSERTED`, `+CPIN: NOT READY`.
    private static func tellsOfNoCard(_ line: [UInt8]) -> Bool {
        String(decoding: line.prefix(64), as: UTF8.self).contains("NOT ")
    }
}
