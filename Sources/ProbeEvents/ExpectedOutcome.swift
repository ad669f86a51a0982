public import SmartCard

/// A failure that a tester means to see: `VERIFY=63CX` is a PIN refused, `SELECT=not_found` a file that is not there,
/// `*=6985` any command at the wrong moment.
///
/// Before `=` stands a command's name as in the label `command`, or `*`; behind it four digits of a status word, each `X`
/// for any, or a value of the label `error_type`. Capitals make no difference.
public struct ExpectedOutcome: Sendable, Hashable, CustomStringConvertible {
    /// Why a text is no such rule.
    public enum Fault: Error, Hashable, Sendable {
        /// It is not two words with `=` between them.
        case form
        /// No command has this name.
        case command(String)
        /// It is no status word and no kind of error.
        case outcome(String)
        /// To that command this status word tells of no failure.
        case success(StatusWord)
    }

    private enum Outcome: Hashable {
        case statusWord(UInt16, mask: UInt16)
        case error(APDUErrorType)
    }

    /// nil for any.
    private let command: CommandName?
    private let outcome: Outcome
    /// The rule as it is written.
    public let description: String

    /// Reads a rule.
    public init(_ text: some StringProtocol) throws(Fault) {
        let parts = String(text).split(separator: "=", omittingEmptySubsequences: false).map { Self.trimmed($0) }
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else { throw .form }
        let name = parts[0].uppercased()
        if name == "*" {
            command = nil
        } else if let known = CommandName(named: name) {
            command = known
        } else {
            throw .command(parts[0])
        }
        outcome = try Self.outcome(parts[1], of: command)
        description = "\(name)=\(Self.text(of: outcome))"
    }

    /// Whether it is the rule for this failure of that command.
    public func matches(_ name: CommandName, _ statusWord: StatusWord?, _ error: APDUErrorType) -> Bool {
        guard command == nil || command == name else { return false }
        return switch outcome {
        case .statusWord(let value, let mask): statusWord.map { $0.value & mask == value } ?? false
        case .error(let meant): meant == error
        }
    }

    private static func outcome(_ text: String, of command: CommandName?) throws(Fault) -> Outcome {
        if let type = APDUErrorType.allCases.first(where: { $0.name == text.lowercased() }) { return .error(type) }
        guard let (value, mask) = pattern(text) else { throw .outcome(text) }
        let exact = StatusWord(value)
        if mask == 0xFFFF, exact.errorType(command: command ?? .other, cla: 0) == nil { throw .success(exact) }
        return .statusWord(value, mask: mask)
    }

    /// Four digits, of which `X` is any.
    private static func pattern(_ text: String) -> (value: UInt16, mask: UInt16)? {
        guard text.utf8.count == 4 else { return nil }
        var (value, mask): (UInt16, UInt16) = (0, 0)
        for character in text {
            let digit = character.hexDigitValue
            guard digit != nil || character == "X" || character == "x" else { return nil }
            value = value << 4 | UInt16(digit ?? 0)
            mask = mask << 4 | (digit == nil ? 0 : 0xF)
        }
        return (value, mask)
    }

    private static func text(of outcome: Outcome) -> String {
        switch outcome {
        case .error(let type): return type.name
        case .statusWord(let value, let mask):
            return String(
                zip(StatusWord(value).description, StatusWord(mask).description).map { $1 == "F" ? $0 : "X" })
        }
    }

    private static func trimmed(_ part: Substring) -> String {
        String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
