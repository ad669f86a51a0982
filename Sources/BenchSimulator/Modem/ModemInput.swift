/// What a terminal sends a modem, cut into command lines and texts at a prompt.
struct ModemInput: Sendable {
    enum Piece: Equatable {
        /// A command line, without its CR.
        case command(String)
        /// What came at a prompt, up to Control-Z; nil when ESC ended it.
        case text([UInt8]?)
    }

    /// More of a line or text is not kept.
    static let longestBytes = 1 << 18

    private var line: [UInt8] = []
    /// Whether a text is awaited.
    var isAtPrompt = false {
        didSet { line = [] }
    }

    /// Takes a byte; the piece that it ends.
    mutating func received(_ byte: UInt8) -> Piece? {
        isAtPrompt ? receivedText(byte) : receivedCommand(byte)
    }

    private mutating func receivedText(_ byte: UInt8) -> Piece? {
        switch byte {
        case 0x1A:
            let text = line
            isAtPrompt = false
            return .text(text)
        case 0x1B:
            isAtPrompt = false
            return .text(nil)
        default:
            if line.count < Self.longestBytes { line.append(byte) }
            return nil
        }
    }

    private mutating func receivedCommand(_ byte: UInt8) -> Piece? {
        switch byte {
        case 0x0D:
            let text = String(decoding: line, as: UTF8.self)
            line = []
            // Noise before a command is passed over, as a real one does (V.250, 5.2.1).
            guard let start = text.range(ofPrefix: "AT") else { return nil }
            return .command(String(text[start...]))
        // A line feed behind the CR is no further command.
        case 0x0A, 0x00, 0x1A, 0x1B: return nil
        case 0x08, 0x7F:
            _ = line.popLast()
            return nil
        default:
            if line.count < Self.longestBytes { line.append(byte) }
            return nil
        }
    }
}

extension String {
    /// Where the text begins that every command begins with, in either case.
    fileprivate func range(ofPrefix prefix: String) -> String.Index? {
        firstRange(of: prefix)?.lowerBound ?? firstRange(of: prefix.lowercased())?.lowerBound
    }
}
