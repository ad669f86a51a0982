internal import ProbeEvents

/// Whether a session under a shared key is read.
struct PSKReading {
    /// The identity as it is told; nil where it cannot be hashed.
    var identity: String?
    var suite: CipherSuite
    var reading: TLSReading
}

/// Identities whose sessions are told from outside only, though there are keys; bounded.
struct UnreadSessions {
    /// Identities that are remembered; of further ones nothing is said.
    static let limit = 256

    private var reasons: [String: String] = [:]
    private var first: String?
    /// Whether the last session that was noted was the last of these to be read after all.
    private(set) var hasJustEnded = false

    /// Why the first of them is not read, and how many others are not; nil when there are none.
    var message: String? {
        guard let first, let reason = reasons[first] else { return nil }
        return reasons.count > 1 ? "\(reason) (and \(reasons.count - 1) more)" : reason
    }

    /// Notes a session; what to say of it when it is the first of its identity that is not read.
    mutating func note(_ session: PSKReading) -> String? {
        let identity = session.identity ?? session.suite.name
        hasJustEnded = false
        guard let reason = Self.reason(session) else {
            guard reasons.removeValue(forKey: identity) != nil else { return nil }
            first = reasons.keys.min()
            hasJustEnded = first == nil
            return nil
        }
        guard reasons[identity] == nil, reasons.count < Self.limit else { return nil }
        reasons[identity] = reason
        first = first ?? identity
        return reason
    }

    private static func reason(_ session: PSKReading) -> String? {
        let whose = session.identity.map { "sessions of the PSK identity with hash \($0)" } ?? "sessions"
        return switch session.reading {
        case .notAsked, .read: nil
        case .noKey: "\(whose) are not decrypted: taps.psk_file has no key for it; add a line IDENTITY:KEY, and restart"
        case .otherKey: "\(whose) are not decrypted: its key in taps.psk_file is another one; correct it, and restart"
        case .notDeciphered:
            "\(whose) are not decrypted: \(session.suite.name) is not one of the suites that are; use AES in CBC or GCM"
        }
    }
}
