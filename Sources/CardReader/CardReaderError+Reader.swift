internal import SmartCard

extension CardReaderError {
    /// What a call about one reader or its card failed with, in words that say what to do next.
    static func explain(_ call: PCSCCall, _ code: UInt32, reader: String) -> String {
        let result = "\(call.rawValue) gave \(hexadecimal(code)) \(PCSCResult(code).symbol)"
        switch code {
        case ResultCode.removedCard:
            return "card in \"\(reader)\" removed (\(result)); insert it and reconnect"
        case ResultCode.noCard:
            return "no card in \"\(reader)\" (\(result)); insert one, or let waitForCard wait for it"
        case ResultCode.resetCard:
            return "another program reset the card in \"\(reader)\" (\(result)); reconnect, and select anew"
        case ResultCode.sharingViolation:
            return "another program has the card in \"\(reader)\" for itself (\(result)); wait for it, or end it"
        case ResultCode.unresponsiveCard, ResultCode.unpoweredCard:
            return "the card in \"\(reader)\" does not answer (\(result)); turn it, clean its contacts, or try another"
        case ResultCode.protocolMismatch:
            return "the card in \"\(reader)\" speaks none of the protocols asked for (\(result)); ask for .any"
        case ResultCode.unknownReader, ResultCode.readerUnavailable:
            return "no reader \"\(reader)\" (\(result)); plug it in, or see what is there: cardlink-probe readers"
        case ResultCode.unsupportedFeature:
            return "the driver of \"\(reader)\" cannot do this (\(result)); see what its manual offers"
        case ResultCode.notTransacted:
            return "the exchange with the card in \"\(reader)\" broke off (\(result)); reconnect with a reset"
        case ResultCode.invalidHandle:
            return "pcscd does not know the session with the card in \"\(reader)\" (\(result)); connect again"
        case ResultCode.communication, ResultCode.noService:
            return "pcscd went away, and the session with the card in \"\(reader)\" with it (\(result));"
                + " start it, systemctl start pcscd or pcscd, and connect again"
        default:
            return "reader \"\(reader)\": \(result); see what pcscd says: journalctl -u pcscd"
        }
    }
}
