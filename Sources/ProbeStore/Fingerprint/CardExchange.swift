internal import Observability
internal import ProbeEvents
internal import SmartCard

/// What a card's usual is made of: a command and its answer, from an event or from the history.
struct CardExchange {
    var command: CommandName
    /// The command as it was sent, bytes that are cut as 0.
    var bytes: [UInt8]
    var statusWord: StatusWord
    var receivedBytes: Int
    /// The card's own time; nil where some waiting for others may be in it.
    var nanoseconds: UInt64?
    /// Why it failed; nil when it did not.
    var errorType: APDUErrorType?
    /// Whether the tester means it to fail.
    var isExpected: Bool
    /// Whether it counts as an error.
    var isError: Bool

    /// Nil for what the card did not answer, or did not get over PC/SC.
    init?(_ exchange: APDUExchange) {
        guard exchange.interface == .pcsc, let word = exchange.statusWord else { return nil }
        let verdict = APDUVerdict(exchange, CommandAPDU(exchange.command.bytes))
        (command, bytes, statusWord) = (exchange.name, exchange.command.bytes, word)
        receivedBytes = exchange.response.bytes.count - 2
        nanoseconds = exchange.isUpperBound ? nil : exchange.cardNanoseconds
        (errorType, isExpected) = (verdict.errorType, exchange.isExpected)
        isError = if case .error = verdict { true } else { false }
    }

    /// The same of a row of the history; nil where its command has no such name any more.
    init?(
        command: String, bytes: [UInt8], statusWord: String?, receivedBytes: Int, nanoseconds: Int64,
        isUpperBound: Bool, verdict: String, errorType: String?
    ) {
        guard let name = CommandName(named: command), let word = statusWord.flatMap({ UInt16($0, radix: 16) }) else {
            return nil
        }
        (self.command, self.bytes, self.statusWord) = (name, bytes, StatusWord(word))
        self.receivedBytes = receivedBytes
        self.nanoseconds = isUpperBound ? nil : UInt64(clamping: nanoseconds)
        self.errorType = errorType.flatMap { text in APDUErrorType.allCases.first { $0.name == text } }
        (isExpected, isError) = (verdict == "expected", verdict == "error")
    }

    /// What kind of answer it is, where the card's own state decides that: a PIN that was not sent, a wrong length or an
    /// order of commands is the tester's doing.
    var kindOfAnswer: Int? {
        guard !isExpected else { return nil }
        return switch errorType {
        case nil: 0
        case .notFound, .notSupported, .memory, .cardInternal, .other: 1 + Int(errorType?.rawValue ?? 0)
        default: nil
        }
    }
}
