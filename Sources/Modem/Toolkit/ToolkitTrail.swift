package import ProbeEvents

/// Follows the BIP channels of the card in a modem, and the messages that start them, from what the modem says of it.
///
/// How much is told differs from maker to maker. Where command and answer are seen, all is known. Where a command is seen
/// and never an answer it is taken as done: what was received is then not known, and counts nothing. Where only kinds of
/// command are told there is one channel at a time, of no known bearer, whose bytes are not known.
package struct ToolkitTrail: Sendable {
    /// A message that was stored is a trigger when the card opens a channel so soon after it.
    static let messageNanoseconds: UInt64 = 60_000_000_000

    private var channels: BIPTrail
    /// Answers come by here too: a command without one has none.
    private var seesAnswers: Bool
    /// The command that was told last, until its answer.
    private var pending: [UInt8]?
    /// When a message came of which only that is known.
    private var stored: EventClock?
    /// When a message was told as a trigger by the modem, which hands it to the card.
    private var handedOn: UInt64?

    /// A card without channels.
    ///
    /// - Parameter seesAnswers: whether the terminal's answers are told to it too, as on the way of a tester's commands.
    package init(modem: String, source: SourceKind, seesAnswers: Bool = false) {
        channels = BIPTrail(device: modem, interface: .at, client: nil, session: 0, source: source)
        self.seesAnswers = seesAnswers
    }

    /// Takes what a modem said unasked.
    package mutating func note(
        _ said: ATUnsolicited, vendor: ModemVendor, at clock: EventClock
    ) -> [ProbeEvent] {
        switch said.code {
        case .cmt: return message(said.following ?? [], at: clock)
        case .cmti:
            stored = clock
            return []
        case .rdy, .sysstart, .poweredDown: return reset(.reset, at: clock)
        case .cpin: return Self.tellsOfNoCard(said.line) ? reset(.reset, at: clock) : []
        default: return said.code.isToolkit ? take(ToolkitLine.news(said.line, vendor: vendor), at: clock) : []
        }
    }

    /// Takes a command line that a program sent to the modem: one that answers the card, or tells it something.
    package mutating func note(command line: [UInt8], at clock: EventClock) -> [ProbeEvent] {
        guard let (kind, bytes) = ToolkitCommandLine.read(line) else { return [] }
        return take(kind == .answer ? .response(bytes) : .envelope(bytes), at: clock)
    }

    /// The card was reset, or nobody tells of it any more.
    package mutating func reset(_ reason: BIPCloseReason, at clock: EventClock) -> [ProbeEvent] {
        (pending, stored, handedOn) = (nil, nil, nil)
        return channels.reset(reason, at: clock)
    }

    // MARK: Commands and answers

    private mutating func take(_ news: ToolkitNews?, at clock: EventClock) -> [ProbeEvent] {
        switch news {
        case .command(let bytes):
            let before = settle(at: clock)
            pending = bytes
            return before + asked(bytes, at: clock)
        case .notice(let bytes): return settle(at: clock) + done(bytes, at: clock)
        case .type(let type):
            guard let bytes = AssumedToolkit.command(ofType: type) else { return settle(at: clock) }
            return settle(at: clock) + done(bytes, at: clock)
        case .response(let bytes):
            (pending, seesAnswers) = (nil, true)
            return channels.answered(bytes, at: clock)
        case .envelope(let bytes): return envelope(bytes, at: clock)
        case .end: return settle(at: clock)
        case .unread, .malformed, nil: return []
        }
    }

    private mutating func asked(_ bytes: [UInt8], at clock: EventClock) -> [ProbeEvent] {
        guard AssumedToolkit.isOpenChannel(bytes) else { return channels.asked(bytes, at: clock) }
        defer { (stored, handedOn) = (nil, nil) }
        guard handedOn == nil, let stored, isRecent(stored.monotonicNanoseconds, clock) else {
            return channels.asked(bytes, at: clock)
        }
        return channels.trigger(nil, at: stored) + channels.asked(bytes, at: clock)
    }

    /// A command that is carried out without an answer that is seen.
    private mutating func done(_ bytes: [UInt8], at clock: EventClock) -> [ProbeEvent] {
        asked(bytes, at: clock) + assume(bytes, at: clock)
    }

    private mutating func assume(_ bytes: [UInt8], at clock: EventClock) -> [ProbeEvent] {
        AssumedToolkit.answer(to: bytes).map { channels.answered($0, at: clock) } ?? []
    }

    /// Takes the last command as done, where answers are never seen.
    private mutating func settle(at clock: EventClock) -> [ProbeEvent] {
        guard let bytes = pending else { return [] }
        pending = nil
        return seesAnswers ? [] : assume(bytes, at: clock)
    }

    // MARK: Messages

    /// The PDU of a message as +CMT shows it: the service centre's address, then the TPDU (TS 27.005, 3.1).
    private mutating func message(_ digits: [UInt8], at clock: EventClock) -> [ProbeEvent] {
        guard let bytes = HexBytes(hex: String(decoding: digits, as: UTF8.self))?.bytes, let centre = bytes.first,
            bytes.count > 1 + Int(centre)
        else { return [] }
        let events = channels.message(bytes.dropFirst(1 + Int(centre)), at: clock)
        if !events.isEmpty { handedOn = clock.monotonicNanoseconds }
        return events
    }

    private mutating func envelope(_ bytes: [UInt8], at clock: EventClock) -> [ProbeEvent] {
        // The message that was told before, on its way to the card.
        if bytes.first == 0xD1, let time = handedOn, isRecent(time, clock) {
            handedOn = nil
            return []
        }
        return channels.told(bytes, at: clock)
    }

    private func isRecent(_ time: UInt64, _ clock: EventClock) -> Bool {
        clock.monotonicNanoseconds &- time <= Self.messageNanoseconds
    }

    /// `+CPIN: NOT INSERTED`, `+CPIN: NOT READY`.
    private static func tellsOfNoCard(_ line: [UInt8]) -> Bool {
        String(decoding: line.prefix(64), as: UTF8.self).contains("NOT ")
    }
}
