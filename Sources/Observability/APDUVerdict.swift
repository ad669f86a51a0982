package import ProbeEvents
package import SmartCard

/// Whether an exchange went well.
package enum APDUVerdict: Sendable, Hashable {
    /// Normal processing, a warning, or routine such as 6CXX.
    case good
    /// A SELECT of what the card does not have: programs look around in this way, and no card is broken.
    case probingRefusal(APDUErrorType)
    /// It failed as the tester means it to.
    case expected(APDUErrorType)
    /// Anything else that failed.
    case error(APDUErrorType)

    /// The verdict on an exchange whose command was read.
    package init(_ exchange: APDUExchange, _ command: CommandAPDU) {
        guard let type = Self.failure(of: exchange, command) else {
            self = .good
            return
        }
        let isRefusal = exchange.name == .select && exchange.statusWord.map(Self.isRefusal) ?? false
        self = exchange.isExpected ? .expected(type) : isRefusal ? .probingRefusal(type) : .error(type)
    }

    private static func failure(of exchange: APDUExchange, _ command: CommandAPDU) -> APDUErrorType? {
        guard exchange.isAnswerKnown else { return nil }
        guard exchange.resultCode == 0 else { return PCSCResult(exchange.resultCode).errorType ?? .transport }
        guard let statusWord = exchange.statusWord else { return .malformed }
        return statusWord.errorType(command: exchange.name, cla: command.cla)
    }

    /// Why it failed, as expected or not, a probing refusal too; nil when it went well.
    package var errorType: APDUErrorType? {
        switch self {
        case .good: nil
        case .probingRefusal(let type), .expected(let type), .error(let type): type
        }
    }

    /// `ok`, `warning`, `probing`, `expected` or `error`, as pages and files have it.
    package func word(_ statusWord: StatusWord?, cla: UInt8) -> String {
        switch self {
        case .good: statusWord?.category(cla: cla) == .warning ? "warning" : "ok"
        case .probingRefusal: "probing"
        case .expected: "expected"
        case .error: "error"
        }
    }

    private static func isRefusal(_ statusWord: StatusWord) -> Bool {
        switch statusWord.value {
        case 0x6A82, 0x6A81, 0x6D00, 0x6E00: true
        default: false
        }
    }
}

extension APDUExchange {
    /// Whether the card may have got the command: false when PC/SC's answer proves that it was not sent.
    ///
    /// pcscd (SCardTransmit in its winscard.c, up to 2.4) gives these answers before it calls the driver, and no other
    /// time; NO_SMARTCARD, READER_UNAVAILABLE, INSUFFICIENT_BUFFER and a lost connection may come after as well.
    package var reachedCard: Bool {
        switch resultCode {
        case 0x8010_0003,  // E_INVALID_HANDLE
            0x8010_0004,  // E_INVALID_PARAMETER
            0x8010_000B,  // E_SHARING_VIOLATION
            0x8010_000F,  // E_PROTO_MISMATCH
            0x8010_0011,  // E_INVALID_VALUE
            0x8010_0068,  // W_RESET_CARD
            0x8010_0069:  // W_REMOVED_CARD
            false
        default: true
        }
    }
}
