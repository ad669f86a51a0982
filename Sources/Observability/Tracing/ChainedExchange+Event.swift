internal import ProbeEvents
internal import SmartCard

extension ChainedExchange {
    /// An exchange as a chain takes it, with what the session did before.
    init(_ exchange: APDUExchange, _ command: CommandAPDU, _ card: CardContext) {
        self.init(
            command: command, context: card, isT0: exchange.sessionProtocol == .t0,
            startNanoseconds: exchange.stamp.startNanoseconds,
            durationNanoseconds: exchange.stamp.durationNanoseconds,
            receivedBytes: max(0, exchange.response.bytes.count - 2), statusWord: exchange.statusWord)
    }
}

extension CardContext {
    /// Learns from an exchange.
    mutating func observe(_ exchange: APDUExchange, _ command: CommandAPDU) {
        if let statusWord = exchange.statusWord {
            observe(command: exchange.command.bytes, statusWord: statusWord)
        } else if SessionErrorType(pcscResult: exchange.resultCode) != nil {
            reset()
        }
    }
}
