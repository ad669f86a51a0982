public import ProbeEvents

/// What a modem said without being asked.
public struct ATUnsolicited: Sendable, Equatable {
    /// Its code.
    public var code: URCName
    /// The line.
    public var line: [UInt8]
    /// The line behind it that belongs to it: the message of +CMT; nil for none.
    public var following: [UInt8]?
}

/// Tells lines that nobody asked for from those that belong to an answer.
enum URCTable {
    /// Codes that a line of data follows: the message itself (TS 27.005, 3.4.1).
    static func isFollowed(_ code: URCName) -> Bool { code == .cmt || code == .cds || code == .cbm }

    /// Whether a line belongs to the answer of a pending command, as far as its prefix tells.
    ///
    /// - Parameter question: what the pending command asks.
    static func isAnswer(_ line: [UInt8], code: URCName, to question: ATQuestion) -> Bool {
        guard code != .other else { return true }
        guard question.asks(code.name) else { return false }
        switch code {
        case .creg, .cgreg, .cereg, .c5greg: return !isUnsolicitedRegistration(line)
        default: return true
        }
    }

    /// Whether a registration is the form without `<n>`: one field, or a second one that is an area and no state.
    private static func isUnsolicitedRegistration(_ line: [UInt8]) -> Bool {
        let fields =
            line.split(separator: UInt8(ascii: ":"), maxSplits: 1).last?
            .split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map { trimmed($0) } ?? []
        guard fields.count > 1 else { return true }
        // States have one or two digits (TS 27.007, 7.2), areas four in hex or quotes around them.
        return fields[1].count > 2 || fields[1].isEmpty
    }
}

/// What the commands of one line ask for, by the prefixes that their answers have.
struct ATQuestion: Sendable, Equatable {
    private var asked: [String] = []

    /// Reads a command line: commands behind each other are parted by semicolons (V.250, 5.3).
    init(text: String) {
        var isQuoted = false
        let parts = text.utf8.split { byte in
            if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
            return byte == UInt8(ascii: ";") && !isQuoted
        }
        for part in parts { note(String(part) ?? "") }
    }

    /// Whether a line with this prefix may answer it.
    func asks(_ prefix: String) -> Bool { asked.contains(prefix) }

    private mutating func note(_ part: String) {
        var body = part[...]
        if body.uppercased().hasPrefix("AT") { body = body.dropFirst(2) }
        let head = body.prefix { $0 != "=" && $0 != "?" }
        let tail = body.dropFirst(head.count)
        // What sets something is answered by its final result alone.
        guard !tail.hasPrefix("=") || tail == "=?" else { return }
        asked.append(head.uppercased())
    }
}
