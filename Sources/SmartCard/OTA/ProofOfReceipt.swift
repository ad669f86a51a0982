/// What a card says of a secured packet that it got (ETSI TS 102 225, 5.2; TS 31.115, 4.3 and 4.4).
public struct ProofOfReceipt: Hashable, Sendable {
    /// The application on the card that the packet was for: TAR, three bytes.
    public let application: [UInt8]
    /// How it fared; nil when that is enciphered.
    public let status: ReceiptStatus?
    /// The bytes of the application's answer; nil when their number is enciphered.
    public let additionalBytes: Int?

    /// Reads what the card answers to the message: user data that begins with its header.
    ///
    /// - Parameters:
    ///   - data: the response without its status word.
    ///   - isEnciphered: what was asked for, see ``PacketSecurity/isReceiptEnciphered``.
    public init?(answer data: some Collection<UInt8>, isEnciphered: Bool) {
        let bytes = Array(data)
        guard let kept = ReceiptLayout.answer(bytes, in: bytes.indices) else { return nil }
        self.init(bytes[kept.packet], isEnciphered: isEnciphered)
    }

    /// Reads the TPDU of a message that the card has the terminal send; nil for one of another kind.
    public init?(submitted message: some Collection<UInt8>, isEnciphered: Bool) {
        let bytes = Array(message)
        guard let kept = ReceiptLayout.submitted(bytes, in: bytes.indices) else { return nil }
        self.init(bytes[kept.packet], isEnciphered: isEnciphered)
    }

    private init?(_ packet: ArraySlice<UInt8>, isEnciphered: Bool) {
        let bytes = Array(packet)
        guard bytes.count == ReceiptLayout.packetBytes else { return nil }
        application = Array(bytes[3...5])
        if isEnciphered {
            (status, additionalBytes) = (nil, nil)
        } else {
            let length = Int(bytes[0]) << 8 | Int(bytes[1])
            status = ReceiptStatus(bytes[12])
            additionalBytes = max(0, length - 1 - Int(bytes[2]) - Int(bytes[11]))
        }
    }
}

/// How a secured packet fared (ETSI TS 102 225, 5.2, table 5; TS 31.115, 7).
public enum ReceiptStatus: Hashable, Sendable {
    case ok, checksumFailed, counterLow, counterHigh, counterBlocked, cipheringError, securityError
    case insufficientMemory, moreTimeNeeded, applicationUnknown, insufficientSecurity
    /// The answer itself comes in a message; in an unstructured session.
    case answerInMessage, answerInSession
    /// A byte that the table does not have.
    case other(UInt8)

    /// The status with this byte.
    public init(_ code: UInt8) {
        let known: [ReceiptStatus] = [
            .ok, .checksumFailed, .counterLow, .counterHigh, .counterBlocked, .cipheringError, .securityError,
            .insufficientMemory, .moreTimeNeeded, .applicationUnknown, .insufficientSecurity, .answerInMessage,
            .answerInSession,
        ]
        self = Int(code) < known.count ? known[Int(code)] : .other(code)
    }

    /// Whether the packet was taken.
    public var isTaken: Bool { [.ok, .moreTimeNeeded, .answerInMessage, .answerInSession].contains(self) }
}
