/// A secured packet that a card was given, as far as it was followed.
public struct DeliveredPacket: Hashable, Sendable {
    /// What it begins with.
    public let header: SecuredPacketHeader
    /// In how many messages it came.
    public let parts: UInt8
    /// How its counter differs from that of the packet before, for the same application and key; nil when either was
    /// not seen. 0 is a packet that was sent again, and less one that comes too late.
    public let counterDistance: Int64?
    /// When its first part was given to the card, nanoseconds of the caller's clock.
    public let startNanoseconds: UInt64
    /// When the card was done with it, as far as could be seen.
    public internal(set) var endNanoseconds: UInt64
    /// What the card said of it; nil when it said nothing.
    public internal(set) var receipt: ProofOfReceipt?
    /// Whether what the card said came as a message of its own.
    public internal(set) var isReceiptSubmitted = false
    /// Why no more of it was seen; nil when it was seen whole.
    public internal(set) var ending: Ending?

    /// Why a packet was not followed to its end.
    public enum Ending: Hashable, Sendable {
        /// The card refused a part by its status word.
        case refused
        /// The next packet came before the missing parts, or before the card's message.
        case overtaken
        /// The card was reset, or taken away.
        case reset
    }

    /// Whether the card took it: what it said, or its silence where only bad news was wanted.
    public var isTaken: Bool {
        if ending != nil { return false }
        guard let receipt else { return header.security.receipt != .always }
        // What is enciphered is no sign of a fault.
        return receipt.status?.isTaken ?? true
    }
}

/// Follows the secured packets of one card's session: from their messages to the card's proof of receipt.
///
/// Takes messages, what the card answers to them and the messages it sends, in their order; anything that does not fit is
/// let go. What redaction leaves of them is enough.
public struct SecuredMessageTracker: Hashable, Sendable {
    private struct CounterKey: Hashable {
        let application: [UInt8]
        let key: UInt8
    }

    private struct Pending: Hashable {
        var packet: DeliveredPacket
        let part: SecuredMessage.Part?
        var missing: Set<UInt8>
        /// The card has the whole packet, and said that its answer is still to come.
        var awaitsAnswer = false
    }

    /// So many applications' counters are kept.
    static let mostCounters = 64

    private var pending: Pending?
    private var counters: [CounterKey: UInt64] = [:]

    /// A card that got nothing yet.
    public init() {}

    /// Takes a message that the card is given; what of an earlier packet ends by that, and whether a packet begins.
    public mutating func observe(
        _ message: SecuredMessage, atNanoseconds now: UInt64
    ) -> (ended: DeliveredPacket?, began: SecuredPacketHeader?) {
        guard let header = message.header else {
            if let part = message.part, let mine = pending?.part, mine.reference == part.reference,
                mine.total == part.total
            {
                pending?.missing.remove(part.number)
            }
            return (nil, nil)
        }
        let ended = end(.overtaken, atNanoseconds: now)
        let total = max(1, message.part?.total ?? 1)
        let packet = DeliveredPacket(
            header: header, parts: total, counterDistance: distance(header), startNanoseconds: now,
            endNanoseconds: now)
        pending = Pending(
            packet: packet, part: message.part,
            missing: Set(1...total).subtracting([message.part?.number ?? 1]))
        return (ended, header)
    }

    /// Takes the card's answer to a message, or to the GET RESPONSE that fetched it; the packet, when that ends it.
    public mutating func answered(_ response: [UInt8], atNanoseconds now: UInt64) -> DeliveredPacket? {
        guard let security = pending?.packet.header.security, let statusWord = ResponseAPDU(response).statusWord else {
            return nil
        }
        let isWhole = pending?.missing.isEmpty == true
        pending?.packet.endNanoseconds = now
        if isWhole,
            let receipt = ProofOfReceipt(
                answer: response[ResponseAPDU(response).dataRange], isEnciphered: security.isReceiptEnciphered)
        {
            pending?.packet.receipt = receipt
            return end(nil, atNanoseconds: now)
        }
        // A part that the card does not take is the last one.
        if Self.isRefusal(statusWord) { return end(.refused, atNanoseconds: now) }
        let awaitsAnswer = isWhole && (statusWord.sw1 == 0x61 || statusWord.sw1 == 0x9F)
        pending?.awaitsAnswer = awaitsAnswer
        // A part, an answer to fetch, or a message that the card announces by a proactive command.
        let mayFollow = awaitsAnswer || (security.isReceiptSubmitted && security.receipt != .never)
        return !isWhole || mayFollow ? nil : end(nil, atNanoseconds: now)
    }

    /// Whether there is a packet of which more may come.
    public var isFollowing: Bool { pending != nil }

    /// Whether the answer to a GET RESPONSE would be the card's answer to a message.
    public var awaitsAnswer: Bool { pending?.awaitsAnswer == true }

    /// Takes the TPDU of a message that the card has the terminal send; the packet, when that is what it waited for.
    public mutating func submitted(_ message: some Collection<UInt8>, atNanoseconds now: UInt64) -> DeliveredPacket? {
        guard let mine = pending, mine.missing.isEmpty,
            let receipt = ProofOfReceipt(
                submitted: message, isEnciphered: mine.packet.header.security.isReceiptEnciphered),
            receipt.application == mine.packet.header.application
        else { return nil }
        pending?.packet.receipt = receipt
        pending?.packet.isReceiptSubmitted = true
        pending?.packet.endNanoseconds = now
        return end(nil, atNanoseconds: now)
    }

    /// The card was reset or is gone; the packet that it did not finish.
    public mutating func reset(atNanoseconds now: UInt64) -> DeliveredPacket? { end(.reset, atNanoseconds: now) }

    private static func isRefusal(_ statusWord: StatusWord) -> Bool {
        (0x64...0x6F).contains(statusWord.sw1) && statusWord.sw1 != 0x6C || statusWord.sw1 == 0x98
    }

    private mutating func end(_ why: DeliveredPacket.Ending?, atNanoseconds now: UInt64) -> DeliveredPacket? {
        guard var packet = pending?.packet else { return nil }
        let awaited = packet.header.security.receipt
        let isWhole = pending?.missing.isEmpty == true
        pending = nil
        // Nothing had to come but, perhaps, bad news, which did not.
        let isSilence = isWhole && why != .refused && awaited != .always
        packet.ending = isSilence ? nil : why
        if why == .reset || why == .refused { packet.endNanoseconds = now }
        return packet
    }

    private mutating func distance(_ header: SecuredPacketHeader) -> Int64? {
        guard let counter = header.counter else { return nil }
        let key = CounterKey(application: header.application, key: header.cipheringKey.number)
        guard counters[key] != nil || counters.count < Self.mostCounters else { return nil }
        // Forty bits each.
        return counters.updateValue(counter, forKey: key).map { Int64(counter) - Int64($0) }
    }
}
