internal import ProbeEvents
internal import SmartCard

/// Whether an exchange went well, as `run` judges it.
enum APDUVerdict: Hashable {
    /// Normal processing, a warning, or routine such as 6CXX.
    case good
    /// A SELECT of what the card does not have: programs look around in this way, and no card is broken.
    case probingRefusal
    /// Anything else that failed.
    case error(APDUErrorType)

    init(_ exchange: APDUExchange, _ command: CommandAPDU) {
        guard exchange.resultCode == 0 else {
            self = .error(PCSCResult(exchange.resultCode).errorType ?? .transport)
            return
        }
        guard let statusWord = exchange.statusWord else {
            self = .error(.malformed)
            return
        }
        guard let type = statusWord.errorType(command: exchange.name, cla: command.cla) else {
            self = .good
            return
        }
        let isRefusal = exchange.name == .select && Self.refusals.contains(statusWord.value)
        self = isRefusal ? .probingRefusal : .error(type)
    }

    private static let refusals: Set<UInt16> = [0x6A82, 0x6A81, 0x6D00, 0x6E00]
}
