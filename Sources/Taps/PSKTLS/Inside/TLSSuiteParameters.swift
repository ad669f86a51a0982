internal import ProbeEvents

/// How a cipher suite protects records below TLS 1.3, for those that can be opened (RFC 4279, 4785, 5487).
struct TLSSuiteParameters: Sendable, Equatable {
    /// How bytes are enciphered.
    enum Cipher: Sendable, Equatable {
        case none
        case aesCBC(keyBytes: Int)
        case aesGCM(keyBytes: Int)
    }

    /// A hash for codes of records.
    enum MAC: Int, Sendable {
        case none = 0
        case sha1 = 20
        case sha256 = 32
        case sha384 = 48

        var bytes: Int { rawValue }
    }

    /// A hash for the functions that make keys.
    enum PRF: Sendable {
        /// MD5 and SHA-1, below TLS 1.2.
        case md5SHA1
        case sha256, sha384
    }

    var cipher: Cipher
    var mac: MAC
    var prf: PRF

    private static let rows: [CipherSuite: TLSSuiteParameters] = [
        .pskNullSHA: Self(cipher: .none, mac: .sha1, prf: .sha256),
        .pskNullSHA256: Self(cipher: .none, mac: .sha256, prf: .sha256),
        .pskNullSHA384: Self(cipher: .none, mac: .sha384, prf: .sha384),
        .pskAES128CBCSHA: Self(cipher: .aesCBC(keyBytes: 16), mac: .sha1, prf: .sha256),
        .pskAES256CBCSHA: Self(cipher: .aesCBC(keyBytes: 32), mac: .sha1, prf: .sha256),
        .pskAES128CBCSHA256: Self(cipher: .aesCBC(keyBytes: 16), mac: .sha256, prf: .sha256),
        .pskAES256CBCSHA384: Self(cipher: .aesCBC(keyBytes: 32), mac: .sha384, prf: .sha384),
        .pskAES128GCMSHA256: Self(cipher: .aesGCM(keyBytes: 16), mac: .none, prf: .sha256),
        .pskAES256GCMSHA384: Self(cipher: .aesGCM(keyBytes: 32), mac: .none, prf: .sha384),
    ]

    /// Those of a suite in a version; nil where records cannot be opened: swift-crypto has no 3DES, RC4 and CCM.
    static func of(_ suite: CipherSuite, _ version: TLSVersion) -> TLSSuiteParameters? {
        guard var row = rows[suite], [.tls10, .tls11, .tls12].contains(version) else { return nil }
        if version != .tls12 { row.prf = .md5SHA1 }
        return row
    }

    /// How many bytes of the key block each side's cipher key has.
    var keyBytes: Int {
        switch cipher {
        case .none: 0
        case .aesCBC(let bytes), .aesGCM(let bytes): bytes
        }
    }

    /// How many bytes of it each side's fixed part of the initialization vector has.
    func vectorBytes(_ version: TLSVersion) -> Int {
        switch cipher {
        case .none: 0
        // From TLS 1.1 on each record has its own.
        case .aesCBC: version == .tls10 ? 16 : 0
        case .aesGCM: 4
        }
    }
}
