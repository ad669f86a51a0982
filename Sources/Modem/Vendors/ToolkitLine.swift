public import ProbeEvents

/// How the lines of a code tell what the card's toolkit does.
package enum ToolkitForm: Sendable, Hashable {
    /// Hex of a proactive command that the terminal answers.
    case command
    /// Hex of a proactive command that the modem carries out itself.
    case notice
    /// Cinterion's: hex, its length, and a number that says whether it is command, answer or event.
    case bothWays
    /// MediaTek's and Huawei's: a number that says whether hex is a command, a notice, or the end.
    case numbered(command: Int, notice: Int, end: Int)
    /// The type of the command in decimal (64 is OPEN CHANNEL).
    case decimalType
    /// The type of the command in hex digits (40 is OPEN CHANNEL).
    case hexType
    /// Hex, or where it is none the type in decimal: two makers use one name.
    case commandOrDecimalType
    /// Hex of a proactive command, or fields that tell nothing of the card.
    case commandOrOther
    /// A type by numbers of the maker's own, or fields that are not told apart.
    case ownNumbers
    /// The end of the session.
    case end
}

/// Reads the lines in which modems tell what the card's toolkit does.
public enum ToolkitLine {
    /// More hex than the longest command has, in digits: 258 bytes, with a margin for makers that pad.
    private static let longestDigits = 2_048

    /// What a line tells; nil for one that tells nothing of the toolkit.
    ///
    /// - Parameters:
    ///   - line: without its line end.
    ///   - vendor: whose modem it is: some names mean another thing with another maker.
    public static func news(_ line: [UInt8], vendor: ModemVendor = .unknown) -> ToolkitNews? {
        let code = URCName(line: line)
        guard let form = VendorTable.row(vendor).toolkit[code] ?? VendorTable.toolkit[code] else { return nil }
        let text = String(decoding: line.prefix(longestDigits + 256), as: UTF8.self)
        let fields = ATFields(text.drop { $0 != ":" }.dropFirst())
        return news(form, fields)
    }

    private static func news(_ form: ToolkitForm, _ fields: ATFields) -> ToolkitNews {
        switch form {
        case .command: return hex(fields, 0).map(ToolkitNews.command) ?? .malformed
        case .notice: return hex(fields, 0).map(ToolkitNews.notice) ?? .malformed
        case .bothWays: return bothWays(fields)
        case .numbered(let command, let notice, let end): return numbered(fields, command, notice, end)
        case .decimalType: return type(fields, radix: 10)
        case .hexType: return type(fields, radix: 16)
        case .commandOrDecimalType:
            guard let text = fields.text(0), text.utf8.count > 3 else { return type(fields, radix: 10) }
            return hex(fields, 0).map(ToolkitNews.command) ?? .malformed
        case .commandOrOther: return proactive(fields).map(ToolkitNews.command) ?? .unread
        case .ownNumbers: return .unread
        case .end: return .end
        }
    }

    /// 254 is the end by type of Cinterion and Telit, 81 (hex) that of SIMCom and Sierra (TS 102 223, 9.4).
    private static func type(_ fields: ATFields, radix: Int) -> ToolkitNews {
        guard let text = fields.text(0), text.utf8.count <= 3, let type = UInt8(text, radix: radix) else {
            return .malformed
        }
        return type == 254 || type == 0x81 ? .end : .type(type)
    }

    private static func bothWays(_ fields: ATFields) -> ToolkitNews {
        guard let bytes = hex(fields, 0) else { return .malformed }
        switch fields.text(2) {
        case "00", nil: return .command(bytes)
        case "01": return .response(bytes)
        case "03": return .envelope(bytes)
        default: return .unread
        }
    }

    private static func numbered(_ fields: ATFields, _ command: Int, _ notice: Int, _ end: Int) -> ToolkitNews {
        // Some builds leave the number out.
        guard let number = fields.integer(0) else { return proactive(fields).map(ToolkitNews.command) ?? .malformed }
        if number == end { return .end }
        guard number == command || number == notice else { return .unread }
        guard let bytes = hex(fields, 1) else { return .malformed }
        return number == command ? .command(bytes) : .notice(bytes)
    }

    /// A first field that begins as every proactive command does (TS 102 223, 9.2).
    private static func proactive(_ fields: ATFields) -> [UInt8]? {
        hex(fields, 0).flatMap { $0.first == 0xD0 ? $0 : nil }
    }

    /// Hex digits, of either case, with blanks between them or without.
    private static func hex(_ fields: ATFields, _ place: Int) -> [UInt8]? {
        guard let text = fields.text(place) else { return nil }
        let digits = text.utf8.filter { $0 != UInt8(ascii: " ") }
        guard digits.count <= longestDigits else { return nil }
        return HexBytes(hex: String(decoding: digits, as: UTF8.self))?.bytes
    }
}
