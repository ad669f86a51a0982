/// Follows the BIP channels of the card in a terminal that tells of its toolkit in lines of its own: a modem, or a phone.
///
/// How much is told differs. Where command and answer are seen, all is known. Where a command is seen and never an answer it
/// is taken as done: what was received is then not known, and counts nothing. Where only kinds of command are told there is
/// one channel at a time, of no known bearer, whose bytes are not known.
package struct ProactiveTrail: Sendable {
    /// A message that was stored is a trigger when the card opens a channel so soon after it.
    private static let messageNanoseconds: UInt64 = 60_000_000_000

    private var channels: BIPTrail
    /// Answers come by here too: a command without one has none. Known from the first one on; before, a command behind
    /// another one says that it was answered elsewhere, by the terminal itself or at another port.
    private var seesAnswers = false
    /// The command that was told last, until its answer.
    private var pending: [UInt8]?
    /// When a message came of which only that is known.
    private var stored: EventClock?
    /// When a message was told as a trigger by the terminal, which hands it to the card.
    private var handedOn: UInt64?

    /// A card without channels.
    package init(device: String, session: UInt64 = 0, source: SourceKind) {
        channels = BIPTrail(device: device, interface: .at, client: nil, session: session, source: source)
    }

    /// The card was reset, or nobody tells of it any more.
    package mutating func reset(_ reason: BIPCloseReason, at clock: EventClock) -> [ProbeEvent] {
        (pending, stored, handedOn, seesAnswers) = (nil, nil, nil, false)
        return channels.reset(reason, at: clock)
    }

    // MARK: Commands and answers

    /// Takes what a line told; nil for one that told nothing.
    package mutating func take(_ news: ToolkitNews?, at clock: EventClock) -> [ProbeEvent] {
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

    /// A message came of which nothing more is known: it was put where the card keeps them.
    package mutating func messageStored(at clock: EventClock) { stored = clock }

    /// A message came, with its TPDU; the terminal hands it to the card.
    package mutating func message(_ tpdu: some Collection<UInt8>, at clock: EventClock) -> [ProbeEvent] {
        let events = channels.message(tpdu, at: clock)
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
}
