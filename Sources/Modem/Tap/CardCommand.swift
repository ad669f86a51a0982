internal import ProbeEvents
internal import SmartCard

/// A command to the card that went through a modem, and what the card answered.
struct CardCommand: Equatable {
    var command: [UInt8]
    /// With its status word; empty when the modem has none.
    var response: [UInt8] = []
    /// 0, or PC/SC's code for what kept the modem from an answer of the card's.
    var resultCode: UInt32 = 0

    /// Longest command and response that ISO/IEC 7816-4 has, bytes.
    private static let longestBytes = 65_544

    /// The card's part in a +CSIM, +CGLA, +CRSM or +CRLA (TS 27.007, 8.17, 8.43, 8.18, 8.44) and its end; nil for one that
    /// cannot have reached the card, or does not read as one.
    init?(_ answer: ATAnswer) {
        let text = answer.command.text
        guard let equals = text.firstIndex(of: "="), !answer.isCut else { return nil }
        let asked = ATFields(text[text.index(after: equals)...])
        let place = answer.command.name == .cgla || answer.command.name == .crla ? 1 : 0
        switch answer.command.name {
        case .csim, .cgla: self.init(raw: asked, place)
        case .crsm, .crla: self.init(restricted: asked, place)
        default: return nil
        }
        let isRaw = answer.command.name == .csim || answer.command.name == .cgla
        guard answer.isSuccess else {
            // One whose length is wrong the modem refuses itself.
            guard let code = answer.final.cardResult, !isRaw || asked.integer(place) == 2 * command.count else {
                return nil
            }
            resultCode = code
            return
        }
        let answered = ATFields.first(answer.texts, String(answer.command.name.name.dropFirst(2)))
        guard let response = isRaw ? Self.hex(answered, 1) : Self.restricted(answered), response.count >= 2 else {
            return nil
        }
        self.response = response
    }

    /// `<length>,<command>` in hex.
    private init?(raw asked: ATFields, _ place: Int) {
        guard let command = Self.hex(asked, place + 1), command.count >= CommandAPDU.headerLength else { return nil }
        self.command = command
    }

    /// `<command>,<file>,<P1>,<P2>,<P3>,<data>`: the modem makes the command of it.
    private init?(restricted asked: ATFields, _ place: Int) {
        guard let ins = Self.byte(asked, place) else { return nil }
        let data = Self.hex(asked, place + 5) ?? []
        let p3 = Self.byte(asked, place + 4) ?? 0
        // STATUS has a class of its own (TS 102 221, 10.1.2).
        command = [
            ins == 0xF2 ? 0x80 : 0x00, ins, Self.byte(asked, place + 2) ?? 0, Self.byte(asked, place + 3) ?? 0,
        ]
        command += data.isEmpty ? [p3] : [UInt8(clamping: data.count)] + data
        guard data.count <= 255 else { return nil }
    }

    /// `<SW1>,<SW2>,<response>` as the card gave it.
    private static func restricted(_ answered: ATFields?) -> [UInt8]? {
        guard let sw1 = byte(answered, 0), let sw2 = byte(answered, 1) else { return nil }
        return (hex(answered, 2) ?? []) + [sw1, sw2]
    }

    private static func byte(_ fields: ATFields?, _ place: Int) -> UInt8? {
        fields?.integer(place).flatMap { UInt8(exactly: $0) }
    }

    private static func hex(_ fields: ATFields?, _ place: Int) -> [UInt8]? {
        guard let text = fields?.text(place), text.utf8.count <= 2 * longestBytes else { return nil }
        return HexBytes(hex: text)?.bytes
    }
}

extension FinalResult {
    /// Errors of the equipment that it has before it turns to the card: what it does not allow or know, no card, one that
    /// waits for a PIN or is not ready, parameters (TS 27.007, 9.2).
    private static let beforeTheCard: Set<UInt16> = [3, 4, 10, 11, 12, 14, 15, 16, 17, 18, 50, 58]

    /// PC/SC's code that says the same of a command to the card; nil for success, and where the card cannot have got it.
    fileprivate var cardResult: UInt32? {
        switch result {
        case .ok, .connect: nil
        case .timeout: 0x8010_000A  // E_TIMEOUT
        case .aborted: 0x8010_0002  // E_CANCELLED
        case .portLost: 0x8010_0017  // E_READER_UNAVAILABLE
        case .cmeError where errorCode == 13: 0x8010_0066  // SIM failure: W_UNRESPONSIVE_CARD
        case .cmeError where errorCode.map(Self.beforeTheCard.contains) == true: nil
        // ERROR alone may stand for either.
        default: 0x8010_0014  // F_UNKNOWN_ERROR
        }
    }
}
