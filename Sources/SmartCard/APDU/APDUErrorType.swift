/// Why an APDU failed: the closed list of label values `error_type` of APDUs.
public enum APDUErrorType: UInt8, Hashable, Sendable, CaseIterable {
    /// A file, record, application or referenced data is not there.
    case notFound
    /// The card knows no such class, instruction or function.
    case notSupported
    /// Lc or Le is not what the card wants.
    case wrongLength
    /// Access conditions, a wrong PIN, a failed authentication, secure messaging.
    case security
    /// A PIN or authentication method is blocked.
    case pinBlocked
    /// Not now, or not on this file.
    case conditions
    /// Memory is full or fails.
    case memory
    /// The card failed in executing.
    case cardInternal
    /// The form is wrong: P1, P2 or data as the card sees it, or bytes that are no APDU.
    case malformed
    /// The reader or the link failed; there is no status word.
    case transport
    /// The card was taken away.
    case cardRemoved
    /// No answer in time.
    case timeout
    /// A status word that says no more.
    case other

    /// The label value, in snake case.
    public var name: String {
        switch self {
        case .notFound: "not_found"
        case .notSupported: "not_supported"
        case .wrongLength: "wrong_length"
        case .security: "security"
        case .pinBlocked: "pin_blocked"
        case .conditions: "conditions"
        case .memory: "memory"
        case .cardInternal: "card_internal"
        case .malformed: "malformed"
        case .transport: "transport"
        case .cardRemoved: "card_removed"
        case .timeout: "timeout"
        case .other: "other"
        }
    }
}
