internal import ProbeEvents

/// Command lines by which a program answers the card in a modem, or tells it something: hex behind a maker's name.
enum ToolkitCommandLine {
    /// What the hex is.
    enum Kind: Sendable, Hashable {
        case answer, envelope
    }

    /// By maker: TS 27.007, Infineon, Ericsson, TI, MediaTek, Unisoc.
    private static let names: [(name: String, kind: Kind)] = [
        ("+CUSATT=", .answer), ("+SATR=", .answer), ("*STKR=", .answer), ("%SATR=", .answer), ("+STKTR=", .answer),
        ("+SPUSATTERMINAL=", .answer), ("+CUSATE=", .envelope), ("+SATE=", .envelope), ("*STKE=", .envelope),
        ("%SATE=", .envelope), ("+STKENV=", .envelope),
    ]
    /// 256 bytes in hex, with a name, quotes and blanks.
    private static let longest = 1_024

    /// What a line brings the card; nil for another command.
    static func read(_ line: [UInt8]) -> (kind: Kind, bytes: [UInt8])? {
        guard line.count <= longest else { return nil }
        let text = String(decoding: line, as: UTF8.self).uppercased().filter { !$0.isWhitespace && $0 != "\"" }
        guard text.hasPrefix("AT") else { return nil }
        let body = text.dropFirst(2)
        guard let row = names.first(where: { body.hasPrefix($0.name) }),
            let bytes = HexBytes(hex: body.dropFirst(row.name.count))?.bytes
        else { return nil }
        return (row.kind, bytes)
    }
}
