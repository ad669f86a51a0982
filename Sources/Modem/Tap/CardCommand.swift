internal import ProbeEvents
internal import SmartCard

/// A command to the card that went through a modem, and what the card answered.
struct CardCommand: Equatable {
    var command: [UInt8]
    var response: [UInt8]

    /// Longest command and response that ISO/IEC 7816-4 has, bytes.
    private static let longestBytes = 65_544

    /// The card's part in an answer of +CSIM, +CGLA, +CRSM or +CRLA (TS 27.007, 8.17, 8.43, 8.18, 8.44); nil where the
    /// card was not reached, or for what does not read as one.
    init?(_ answer: ATAnswer) {
        guard answer.isSuccess, !answer.isCut else { return nil }
        let text = answer.command.text
        guard let equals = text.firstIndex(of: "=") else { return nil }
        let asked = ATFields(text[text.index(after: equals)...])
        let lines = answer.texts
        switch answer.command.name {
        case .csim: self.init(raw: asked, 0, ATFields.first(lines, "+CSIM"))
        case .cgla: self.init(raw: asked, 1, ATFields.first(lines, "+CGLA"))
        case .crsm: self.init(restricted: asked, 0, ATFields.first(lines, "+CRSM"))
        case .crla: self.init(restricted: asked, 1, ATFields.first(lines, "+CRLA"))
        default: return nil
        }
    }

    /// `<length>,<command>` and `<length>,<response>`, both in hex.
    private init?(raw asked: ATFields, _ place: Int, _ answered: ATFields?) {
        guard let command = Self.hex(asked, place + 1), let response = Self.hex(answered, 1) else { return nil }
        guard command.count >= CommandAPDU.headerLength, response.count >= 2 else { return nil }
        (self.command, self.response) = (command, response)
    }

    /// `<command>,<file>,<P1>,<P2>,<P3>,<data>` and `<SW1>,<SW2>,<response>`: the modem makes the command of it.
    private init?(restricted asked: ATFields, _ place: Int, _ answered: ATFields?) {
        guard let ins = Self.byte(asked, place), let sw1 = Self.byte(answered, 0), let sw2 = Self.byte(answered, 1)
        else { return nil }
        let data = Self.hex(asked, place + 5) ?? []
        let p3 = Self.byte(asked, place + 4) ?? 0
        // STATUS has a class of its own (TS 102 221, 10.1.2).
        command = [
            ins == 0xF2 ? 0x80 : 0x00, ins, Self.byte(asked, place + 2) ?? 0, Self.byte(asked, place + 3) ?? 0,
        ]
        command += data.isEmpty ? [p3] : [UInt8(clamping: data.count)] + data
        response = (Self.hex(answered, 2) ?? []) + [sw1, sw2]
        guard data.count <= 255 else { return nil }
    }

    private static func byte(_ fields: ATFields?, _ place: Int) -> UInt8? {
        fields?.integer(place).flatMap { UInt8(exactly: $0) }
    }

    private static func hex(_ fields: ATFields?, _ place: Int) -> [UInt8]? {
        guard let text = fields?.text(place), text.utf8.count <= 2 * longestBytes else { return nil }
        return HexBytes(hex: text)?.bytes
    }
}
