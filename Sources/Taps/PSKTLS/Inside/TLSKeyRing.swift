internal import Crypto
internal import FoundationEssentials
internal import Synchronization

/// The keys that cards and server share, as far as the user gave them, and the secrets of sessions that may go on.
///
/// It is shared by all connections of a tap: what one of them agreed on, another resumes.
package final class TLSKeyRing: Sendable {
    /// Sessions that are remembered; the oldest goes first.
    static let sessionLimit = 1_024

    private struct Sessions {
        var secrets: [SHA256Digest: [UInt8]] = [:]
        var order: [SHA256Digest] = []
    }

    private let table: PSKTable
    private let sessions = Mutex(Sessions())

    /// The keys of a table.
    package init(_ table: PSKTable = PSKTable()) { self.table = table }

    /// Whether it has none, so that nothing is to be remembered either.
    var isEmpty: Bool { table.isEmpty }

    func key(of identity: [UInt8]) -> [UInt8]? { table[identity] }

    /// Remembers the secret of a session under its ticket or number.
    func remember(_ secret: [UInt8], as name: [UInt8]) {
        guard !name.isEmpty else { return }
        let digest = SHA256.hash(data: name)
        sessions.withLock { sessions in
            guard sessions.secrets.updateValue(secret, forKey: digest) == nil else { return }
            sessions.order.append(digest)
            guard sessions.order.count > Self.sessionLimit else { return }
            sessions.secrets[sessions.order.removeFirst()] = nil
        }
    }

    func secret(of name: [UInt8]) -> [UInt8]? {
        guard !isEmpty, !name.isEmpty else { return nil }
        return sessions.withLock { $0.secrets[SHA256.hash(data: name)] }
    }
}
