internal import Crypto
internal import FoundationEssentials

/// The hashes of TLS below 1.3, under keys and without (RFC 5246, 5; RFC 2246, 5).
enum TLSPRF {
    /// Bytes made of a secret, a label and a seed.
    static func bytes(
        _ count: Int, _ hash: TLSSuiteParameters.PRF, secret: [UInt8], label: String, seed: [UInt8]
    ) -> [UInt8] {
        let seed = Array(label.utf8) + seed
        switch hash {
        case .sha256: return expand(SHA256.self, count, secret, seed)
        case .sha384: return expand(SHA384.self, count, secret, seed)
        case .md5SHA1:
            let half = (secret.count + 1) / 2
            let first = expand(Insecure.MD5.self, count, Array(secret.prefix(half)), seed)
            let second = expand(Insecure.SHA1.self, count, Array(secret.suffix(half)), seed)
            return zip(first, second).map { $0 ^ $1 }
        }
    }

    /// The hash of a handshake's messages (RFC 7627, 3).
    static func hash(_ bytes: [UInt8], _ hash: TLSSuiteParameters.PRF) -> [UInt8] {
        switch hash {
        case .sha256: Array(SHA256.hash(data: bytes))
        case .sha384: Array(SHA384.hash(data: bytes))
        case .md5SHA1: Array(Insecure.MD5.hash(data: bytes)) + Array(Insecure.SHA1.hash(data: bytes))
        }
    }

    /// The code of bytes under a key; empty for none.
    static func code(_ mac: TLSSuiteParameters.MAC, _ bytes: [UInt8], key: [UInt8]) -> [UInt8] {
        switch mac {
        case .none: []
        case .sha1: code(Insecure.SHA1.self, bytes, key)
        case .sha256: code(SHA256.self, bytes, key)
        case .sha384: code(SHA384.self, bytes, key)
        }
    }

    private static func code<Hash: HashFunction>(_ hash: Hash.Type, _ bytes: [UInt8], _ key: [UInt8]) -> [UInt8] {
        Array(HMAC<Hash>.authenticationCode(for: bytes, using: SymmetricKey(data: key)))
    }

    private static func expand<Hash: HashFunction>(
        _ hash: Hash.Type, _ count: Int, _ secret: [UInt8], _ seed: [UInt8]
    ) -> [UInt8] {
        var made: [UInt8] = []
        var link = seed
        while made.count < count {
            link = code(hash, link, secret)
            made += code(hash, link + seed, secret)
        }
        return Array(made.prefix(count))
    }
}
