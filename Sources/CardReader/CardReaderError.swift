internal import CPCSC
public import ProbeEvents
internal import SmartCard

/// Why PC/SC could not be asked, or what it refused.
public enum CardReaderError: ExplainedError, Hashable {
    /// A call of the PC/SC library failed; the code is its result, low 32 bits.
    case failed(PCSCCall, code: UInt32)
    /// A call about one reader or its card failed; the code is its result, low 32 bits.
    case refused(PCSCCall, code: UInt32, reader: String)
    /// The session was closed before.
    case notConnected(reader: String)
    /// The task was cancelled before the card was asked, or while a card was waited for.
    case cancelled
    /// No card came in time; the name is empty when any reader was good.
    case noCard(reader: String, after: Duration)
    /// The card was not taken out in time.
    case cardStayed(reader: String, after: Duration)
    /// The card's answer has no status word.
    case noStatusWord(reader: String, bytes: Int)
    /// No command can have so much data, or ask for so much.
    case commandTooLong(dataBytes: Int, expectedBytes: Int)
    /// pcscd answers and has no reader.
    case noReader
    /// pcscd takes connections and answers nothing.
    case noAnswer
    /// The system gave no thread or descriptor; the number is errno.
    case system(call: String, errno: Int32)
    /// A monitor was started a second time.
    case alreadyStarted

    /// The result of PC/SC, low 32 bits, when it was PC/SC that failed.
    public var code: UInt32? {
        switch self {
        case .failed(_, let code), .refused(_, let code, _): code
        default: nil
        }
    }

    /// What was wrong with the reader or its card, as metrics tell it: `cardRemoved`, `sharingViolation`, `noService`;
    /// nil when it was neither.
    public var deviceError: DeviceErrorType? { code.flatMap { DeviceErrorType(pcscResult: $0) } }

    /// One line: what, where, what to do next.
    public var explanation: String {
        switch self {
        case .failed(let call, let code): Self.explain(call, code, socket: .current)
        case .refused(let call, let code, let reader): Self.explain(call, code, reader: reader)
        case .notConnected(let reader): "the session with the card in \"\(reader)\" is closed; connect again"
        case .cancelled: "the task was cancelled; what had not been sent to the card by then was not sent"
        case .noCard(let reader, let limit):
            "no card came into \(reader.isEmpty ? "any reader" : "\"\(reader)\"") within \(limit); put one in,"
                + " or see what is there: cardlink-probe readers"
        case .cardStayed(let reader, let limit):
            "the card in \"\(reader)\" was not taken out within \(limit); take it out, or wait longer"
        case .noStatusWord(let reader, let bytes):
            "the card in \"\(reader)\" answered \(bytes) bytes, too few for a status word; reset it, or try another reader"
        case .commandTooLong(let data, let expected):
            "a command with \(data) bytes of data that asks for \(expected); at most 65535 and 65536 are possible"
        case .noReader:
            "pcscd is running and has no reader; plug one in, and see that its driver is there: apt install libccid"
        case .noAnswer: "pcscd does not answer, it may hang; restart it: systemctl restart pcscd"
        case .system(let call, let number):
            "\(call) failed (\(systemMessage(number))); close other programs or raise the limits of the user"
        case .alreadyStarted: "the reader monitor is already running; use one for each process"
        }
    }

    static func explain(_ call: PCSCCall, _ code: UInt32, socket: PCSCDSocket) -> String {
        let result = "\(hexadecimal(code)) \(PCSCResult(code).symbol)"
        switch code {
        case ResultCode.noService where call == .establishContext: return explainNoService(result, socket: socket)
        case ResultCode.serviceStopped:
            return "pcscd refused \(call.rawValue) (\(result)): it has another version than libpcsclite;"
                + " install both from one source"
        // With a context pcscd was there; which of the two it is depends on the version of libpcsclite.
        case ResultCode.communication, ResultCode.noService:
            return "pcscd went away during \(call.rawValue) (\(result)); start it: systemctl start pcscd, or: pcscd"
        case ResultCode.securityViolation:
            return "pcscd refuses this user (\(call.rawValue) gave \(result)); allow org.debian.pcsc-lite.access_pcsc"
                + " by a polkit rule, or run as root"
        case ResultCode.noReaders: return CardReaderError.noReader.explanation
        default: return "\(call.rawValue) failed (\(result)); see what pcscd says: journalctl -u pcscd"
        }
    }

    private static func explainNoService(_ result: String, socket: PCSCDSocket) -> String {
        switch socket.access {
        case .missing:
            return
                "pcscd is not running (\(result), no socket \(socket.path)); start it: systemctl start pcscd, or: pcscd"
        case .refused:
            return "pcscd cannot be reached (\(result), no permission for \(socket.path)); run as root,"
                + " or give this user access to the socket"
        case .present:
            return "pcscd is not running (\(result), nobody answers on \(socket.path)); start it:"
                + " systemctl start pcscd, or: pcscd"
        }
    }
}

/// The calls of the PC/SC library that this room makes.
public enum PCSCCall: String, Sendable, Hashable {
    case establishContext = "SCardEstablishContext"
    case releaseContext = "SCardReleaseContext"
    case listReaders = "SCardListReaders"
    case getStatusChange = "SCardGetStatusChange"
    case cancel = "SCardCancel"
    case connect = "SCardConnect"
    case reconnect = "SCardReconnect"
    case disconnect = "SCardDisconnect"
    case beginTransaction = "SCardBeginTransaction"
    case endTransaction = "SCardEndTransaction"
    case transmit = "SCardTransmit"
    case status = "SCardStatus"
    case control = "SCardControl"
    case getAttribute = "SCardGetAttrib"
    case setAttribute = "SCardSetAttrib"
}

/// Results that are decided upon, low 32 bits; DWORD and LONG have 64.
enum ResultCode {
    static let success: UInt32 = 0
    static let cancelled = low(SCARD_E_CANCELLED)
    static let insufficientBuffer = low(SCARD_E_INSUFFICIENT_BUFFER)
    static let invalidHandle = low(SCARD_E_INVALID_HANDLE)
    static let unknownReader = low(SCARD_E_UNKNOWN_READER)
    static let timeout = low(SCARD_E_TIMEOUT)
    static let sharingViolation = low(SCARD_E_SHARING_VIOLATION)
    static let noCard = low(SCARD_E_NO_SMARTCARD)
    static let protocolMismatch = low(SCARD_E_PROTO_MISMATCH)
    static let communication = low(SCARD_F_COMM_ERROR)
    static let notTransacted = low(SCARD_E_NOT_TRANSACTED)
    static let readerUnavailable = low(SCARD_E_READER_UNAVAILABLE)
    static let noService = low(SCARD_E_NO_SERVICE)
    static let serviceStopped = low(SCARD_E_SERVICE_STOPPED)
    static let unsupportedFeature = low(SCARD_E_UNSUPPORTED_FEATURE)
    static let noReaders = low(SCARD_E_NO_READERS_AVAILABLE)
    static let unresponsiveCard = low(SCARD_W_UNRESPONSIVE_CARD)
    static let unpoweredCard = low(SCARD_W_UNPOWERED_CARD)
    static let resetCard = low(SCARD_W_RESET_CARD)
    static let removedCard = low(SCARD_W_REMOVED_CARD)
    static let securityViolation = low(SCARD_W_SECURITY_VIOLATION)

    static func low(_ result: some BinaryInteger) -> UInt32 { UInt32(truncatingIfNeeded: result) }
}
