/// What the card says of some secured packets.
package struct ReceiptRule: Equatable, Sendable, CountedRule {
    /// For packets to this application only: TAR.
    package var application: [UInt8]?
    package var status = ReceiptCode.ok
    /// The application's answer behind the status.
    package var data: [UInt8] = []
    package var after = 0
    package var times: Int?

    package init() {}
}

/// Status codes of a proof of receipt, in order of their numbers (ETSI TS 102 225, 5.2, table 5).
package enum ReceiptCode: String, CaseIterable, Sendable {
    case ok, checksumFailed, counterLow, counterHigh, counterBlocked, cipheringError, securityError
    case insufficientMemory, moreTimeNeeded, applicationUnknown, insufficientSecurity
    case answerInMessage, answerInSession

    var code: UInt8 { UInt8(Self.allCases.firstIndex(of: self) ?? 0) }
}

/// Takes secured packets from short messages and proves their receipt (3GPP TS 31.115, 4; ETSI TS 102 225, 5).
///
/// The card has no keys: what is enciphered is not read, checksums are believed, and where a receipt is to be enciphered or
/// to have a checksum, filler of the right length stands in its place. The counter of a packet in clear is kept for each
/// application and judged as the packet asks.
struct PacketReceiver {
    enum Receipt: Equatable {
        /// User data, as the answer to the message.
        case answer([UInt8])
        /// A message of the card's own: SMS-SUBMIT.
        case message([UInt8])
    }

    /// So many applications' counters are kept.
    static let mostCounters = 64

    private struct Parts {
        let reference: [UInt8]
        let count: UInt8
        var seen: Set<UInt8> = []
        var first: [UInt8] = []
    }

    private var rules: RuleBook<ReceiptRule>
    private var counters: [[UInt8]: UInt64] = [:]
    private var parts: Parts?

    init(_ rules: [ReceiptRule]) {
        self.rules = RuleBook(rules)
    }

    /// Power-up or reset: what came in part is forgotten; counters stay.
    mutating func reset() { parts = nil }

    /// Takes an envelope's data; what the card has to say, if it held the rest of a packet that wants a receipt.
    mutating func take(_ envelope: [UInt8]) -> Receipt? {
        // SMS-PP download (D1), in it the TPDU
        guard let download = TLV.first(0x51, in: envelope), let tpdu = TLV.first(0x0B, in: download),
            let message = Message(tpdu), let bytes = whole(message), let packet = CommandPacket(bytes)
        else { return nil }
        let judgement = judge(packet)
        let isWanted = packet.receiptWish == 1 || packet.receiptWish == 2 && judgement.status != .ok
        guard isWanted else { return nil }
        let userData = [0x02, 0x71, 0x00] + receipt(of: packet, judgement.status, judgement.data)
        guard packet.wantsMessage else { return .answer(userData) }
        // SMS-SUBMIT with a user data header, to whom it came from, in 8 bit
        return .message([0x41, 0x00] + message.address + [0x00, 0x04, UInt8(clamping: userData.count)] + userData)
    }

    // MARK: Parts

    /// The packet's bytes, or its first ones, when this message was all that was missing.
    private mutating func whole(_ message: Message) -> [UInt8]? {
        guard let part = message.part else { return message.isCommand ? message.rest : nil }
        if parts?.reference != part.reference || parts?.count != part.count {
            parts = Parts(reference: part.reference, count: part.count)
        }
        parts?.seen.insert(part.number)
        if message.isCommand { parts?.first = message.rest }
        guard let mine = parts, mine.seen.count == Int(mine.count) else { return nil }
        parts = nil
        return mine.first
    }

    // MARK: Judgement

    private mutating func judge(_ packet: CommandPacket) -> (status: ReceiptCode, data: [UInt8]) {
        let rule = rules.next { $0.application == nil || $0.application == packet.application }
        if let rule, rule.status != .ok { return (rule.status, rule.data) }
        if let fault = counterFault(packet) { return (fault, []) }
        return (.ok, rule?.data ?? [])
    }

    private mutating func counterFault(_ packet: CommandPacket) -> ReceiptCode? {
        guard packet.counterRule > 1, let counter = packet.counter else { return nil }
        let last = counters[packet.application] ?? 0
        guard counter > last else { return .counterLow }
        // the first packet may have any
        if packet.counterRule == 3, counters[packet.application] != nil, counter != last + 1 { return .counterHigh }
        if counters[packet.application] != nil || counters.count < Self.mostCounters {
            counters[packet.application] = counter
        }
        return nil
    }

    // MARK: Receipt

    /// Response packet: length, header's length, TAR, counter, padding, status, checksum, data.
    private func receipt(of packet: CommandPacket, _ status: ReceiptCode, _ data: [UInt8]) -> [UInt8] {
        let checksum = [UInt8](repeating: 0xCC, count: packet.receiptChecksumBytes)
        var secured = packet.counterField + [0x00, status.code] + checksum + data
        if packet.isReceiptEnciphered {
            let block = packet.usesAES ? 16 : 8
            let blocks = (secured.count + block - 1) / block
            secured = (0..<(blocks * block)).map { UInt8(truncatingIfNeeded: $0 &* 29 &+ 0x93) }
        }
        let headerBytes = packet.application.count + 5 + 1 + 1 + checksum.count
        let body = [UInt8(clamping: headerBytes)] + packet.application + secured
        return UInt16(clamping: body.count).bytes + body
    }
}

/// A message to the card with a user data header, as far as packets need it (3GPP TS 23.040, 9.2.2.1, 9.2.3.24).
private struct Message {
    /// Length, type and digits of the sender's address.
    let address: [UInt8]
    /// Nil when it is the only one.
    var part: (reference: [UInt8], count: UInt8, number: UInt8)?
    /// Whether a command packet begins behind the header.
    var isCommand = false
    /// What is behind the header.
    let rest: [UInt8]

    init?(_ bytes: [UInt8]) {
        guard bytes.count > 2, bytes[0] & 0x43 == 0x40 else { return nil }
        let end = 3 + (Int(bytes[1]) + 1) / 2
        // protocol identifier, coding, seven bytes of time, length of user data
        let header = end + 10
        guard bytes.count > header, bytes.count > header + Int(bytes[header]) else { return nil }
        address = Array(bytes[1..<end])
        rest = Array(bytes[(header + 1 + Int(bytes[header]))...])
        var elements = bytes[(header + 1)..<(header + 1 + Int(bytes[header]))]
        while let kind = elements.popFirst(), let length = elements.popFirst() {
            let value = Array(elements.prefix(Int(length)))
            elements = elements.dropFirst(Int(length))
            switch (kind, value.count) {
            case (0x70, _): isCommand = true
            case (0x00, 3): part = (Array(value[..<1]), value[1], value[2])
            case (0x08, 4): part = (Array(value[..<2]), value[2], value[3])
            default: break
            }
        }
        if part?.count ?? 0 < 2 { part = nil }
    }
}

/// The header of a secured packet (ETSI TS 102 225, 5.1).
private struct CommandPacket {
    let application: [UInt8]
    private let indicator: [UInt8]
    private let cipheringKey: UInt8
    /// Five bytes; zeros where they are enciphered or missing.
    let counterField: [UInt8]

    init?(_ bytes: [UInt8]) {
        guard bytes.count >= 10 else { return nil }
        indicator = Array(bytes[3...4])
        cipheringKey = bytes[5]
        application = Array(bytes[7...9])
        let isClear = bytes[3] & 0x04 == 0 && bytes.count >= 15
        counterField = isClear ? Array(bytes[10...14]) : [0, 0, 0, 0, 0]
    }

    private var isEnciphered: Bool { indicator[0] & 0x04 != 0 }
    var counter: UInt64? { isEnciphered ? nil : counterField.reduce(0) { $0 << 8 | UInt64($1) } }
    /// 0 none, 1 not looked at, 2 higher than the last, 3 one higher.
    var counterRule: UInt8 { indicator[0] >> 3 & 0x03 }
    /// 0 never, 1 always, 2 when something went wrong.
    var receiptWish: UInt8 { indicator[1] & 0x03 }
    var isReceiptEnciphered: Bool { indicator[1] & 0x10 != 0 }
    var wantsMessage: Bool { indicator[1] & 0x20 != 0 }
    var usesAES: Bool { cipheringKey & 0x03 == 0x02 }
    /// None, a redundancy check of four bytes, a checksum or a signature of eight.
    var receiptChecksumBytes: Int { [0, 4, 8, 8][Int(indicator[1] >> 2 & 0x03)] }
}
