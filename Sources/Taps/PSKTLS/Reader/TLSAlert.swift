internal import ProbeEvents

/// An alert that could be read (RFC 5246, 7.2).
struct TLSAlert: Sendable {
    private let level: UInt8
    private let code: UInt8

    /// Reads the body of a record; nil for what is none in clear.
    init?(_ body: some Collection<UInt8>) {
        let bytes = Array(body)
        guard bytes.count == 2 else { return nil }
        (level, code) = (bytes[0], bytes[1])
    }

    /// Whether it says that nothing more comes from this side.
    var isCloseNotify: Bool { code == 0 }

    /// A warning ends nothing by itself.
    var endsConnection: Bool { level != 1 || isCloseNotify }

    /// What it says is wrong.
    var error: TLSErrorType {
        switch code {
        case 10: .unexpectedMessage
        case 20: .badRecordMac
        case 40: .handshakeFailure
        case 47: .illegalParameter
        case 50: .decodeError
        case 51: .decryptError
        case 70: .protocolVersion
        case 71: .insufficientSecurity
        case 80: .internalError
        case 115: .unknownPskIdentity
        default: .otherAlert
        }
    }
}
