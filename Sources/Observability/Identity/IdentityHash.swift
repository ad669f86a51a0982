internal import Crypto
internal import FoundationEssentials
package import SmartCard

/// Identities as nobody outside the site can read them: an HMAC-SHA256 under the site's key.
///
/// The same identity gives the same hash in every output of a site, so that cards can be told apart and found again.
package struct IdentityHash: Sendable {
    private let key: SymmetricKey

    /// Hashes under a key.
    package init(key: [UInt8]) {
        self.key = SymmetricKey(data: key)
    }

    /// A hash as long as the value: the HMAC, cut, or as many of them as it takes.
    package func bytes(of value: some Collection<UInt8>, kind: CardSecret) -> [UInt8] {
        var hash: [UInt8] = []
        var block: UInt8 = 0
        while hash.count < value.count {
            hash += HMAC<SHA256>.authenticationCode(for: Array(kind.name.utf8) + [0, block] + value, using: key)
            block &+= 1
        }
        return Array(hash.prefix(value.count))
    }

    /// The hash for texts: sixteen hex digits, the first eight bytes of the HMAC.
    package func text(of value: some Collection<UInt8>, kind: CardSecret) -> String {
        let hash = HMAC<SHA256>.authenticationCode(for: Array(kind.name.utf8) + [0, 0] + value, using: key)
        return hash.prefix(8).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
