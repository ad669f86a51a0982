internal import ProbeEvents
internal import SmartCard

/// A line of a phone's radio log that tells of the card's toolkit.
///
/// Android's telephony writes what goes between it and the modem (tag RILJ; RILC where the native side does, too), and what
/// its toolkit service makes of it (tag CAT). Hex is in some builds only.
struct RadioLogLine: Equatable {
    /// What it tells.
    enum Kind: Equatable {
        /// A command of the card for the phone to answer; empty where only its arrival is told.
        case command([UInt8])
        /// A command that the modem carries out itself; empty likewise.
        case notice([UInt8])
        /// The type of the command that arrived last.
        case type(UInt8)
        /// The phone's answer.
        case response([UInt8])
        /// The phone tells the card something.
        case envelope([UInt8])
        /// The card has nothing more.
        case end
    }

    var kind: Kind
    /// The card's slot; nil where the line does not say it.
    var slot: Int?

    /// Reads a line in the form `threadtime`; nil for one that tells nothing of the toolkit.
    init?(_ line: [UInt8]) {
        guard let (tag, message) = Self.parts(line) else { return nil }
        switch tag {
        case "RILJ", "RILC", "RIL":
            guard let kind = Self.radio(message) else { return nil }
            (self.kind, slot) = (kind, Self.slot(message))
        case "CAT":
            guard let type = Self.type(message) else { return nil }
            (kind, slot) = (.type(type), nil)
        default: return nil
        }
    }

    /// `MM-DD hh:mm:ss.mmm  pid  tid LEVEL TAG     : message`.
    private static func parts(_ line: [UInt8]) -> (tag: Substring, message: Substring)? {
        let text = String(decoding: line.last == 0x0D ? line.dropLast() : line[...], as: UTF8.self)
        let columns = text.split(separator: " ", maxSplits: 5)
        guard columns.count == 6, let colon = columns[5].firstIndex(of: ":") else { return nil }
        let tag = columns[5][..<colon].prefix { $0 != " " }
        return (tag, columns[5][columns[5].index(after: colon)...].drop { $0 == " " })
    }

    /// `[UNSL]< NAME …` from the modem, `[1234]> NAME contents = HEX` to it.
    private static func radio(_ message: Substring) -> Kind? {
        guard message.first == "[", let bracket = message.firstIndex(of: "]") else { return nil }
        let behind = message[message.index(after: bracket)...]
        let body = behind.dropFirst().drop { $0 == " " }
        let name = body.prefix { $0.isLetter || $0 == "_" }
        switch (behind.first, name) {
        case ("<", "UNSOL_STK_PROACTIVE_COMMAND"): return .command(enclosed(body.dropFirst(name.count)) ?? [])
        case ("<", "UNSOL_STK_EVENT_NOTIFY"): return .notice(enclosed(body.dropFirst(name.count)) ?? [])
        case ("<", "UNSOL_STK_SESSION_END"): return .end
        case (">", _):
            // Older releases have a prefix.
            let plain = name.hasPrefix("RIL_REQUEST_") ? name.dropFirst("RIL_REQUEST_".count) : name
            guard let bytes = contents(body) else { return nil }
            if plain == "STK_SEND_TERMINAL_RESPONSE" { return .response(bytes) }
            return plain.hasPrefix("STK_SEND_ENVELOPE_") ? .envelope(bytes) : nil
        default: return nil
        }
    }

    /// Hex in braces or parentheses.
    private static func enclosed(_ text: Substring) -> [UInt8]? {
        guard let start = text.firstIndex(where: { $0 == "{" || $0 == "(" }) else { return nil }
        let digits = text[text.index(after: start)...].drop { $0 == " " }.prefix { $0.isHexDigit }
        return digits.count < 4 ? nil : HexBytes(hex: digits)?.bytes
    }

    /// Hex behind `contents = `; texts that a build hides are no hex.
    private static func contents(_ text: Substring) -> [UInt8]? {
        guard let place = text.firstRange(of: "contents = ") else { return nil }
        return HexBytes(hex: text[place.upperBound...].prefix { $0 != " " })?.bytes
    }

    /// `[PHONE0]`, `[SUB1]` at the end.
    private static func slot(_ message: Substring) -> Int? {
        guard message.hasSuffix("]"), let bracket = message.lastIndex(of: "[") else { return nil }
        let name = message[message.index(after: bracket)...].dropLast()
        for word in ["PHONE", "SUB"] where name.hasPrefix(word) { return Int(name.dropFirst(word.count)) }
        return nil
    }

    /// `CatService: OPEN_CHANNEL`: nothing but the name of a command.
    private static func type(_ message: Substring) -> UInt8? {
        let prefix = "CatService: "
        guard message.hasPrefix(prefix) else { return nil }
        return types[String(message.dropFirst(prefix.count))]
    }

    /// Commands that have to do with channels, by the names that Android has for them (TS 102 223, 9.4).
    private static let types: [String: UInt8] = [
        "OPEN_CHANNEL": 0x40, "CLOSE_CHANNEL": 0x41, "RECEIVE_DATA": 0x42, "SEND_DATA": 0x43,
        "GET_CHANNEL_STATUS": 0x44,
    ]
}
