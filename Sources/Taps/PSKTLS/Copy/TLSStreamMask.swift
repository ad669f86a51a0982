internal import ProbeEvents
internal import SmartCard

/// The bytes of a TLS connection as a capture may have them: as long as they were, without what no cipher hides.
///
/// Kept are headers of records, handshakes in clear, and what is enciphered. Identities are replaced by their hash. What
/// is not enciphered besides (application data of suites without a cipher, and all that is no TLS) is written as 00: it
/// may be keys. Any bytes are taken, in linear time and bounded memory.
struct TLSStreamMask: Sendable {
    /// Bytes, and what was done to them.
    struct Masked: Sendable, Equatable {
        var bytes: [UInt8]
        var cutBytes = 0
        var hashedIdentities = 0
    }

    private struct Side: Sendable {
        var header: [UInt8] = []
        var missing = 0
        var type = TLSRecordType.handshake
        var length = 0
        var isBroken = false
        /// Whether what it sends is under keys, below TLS 1.3.
        var isUnderKeys = false
        /// Where the identity that has begun and not ended begins in the bytes at hand; nil for none.
        var identityStart: Int?
        /// Whether one began in bytes before, and has not ended.
        var isInIdentity = false
        var identities = IdentityPlaces()
        var messages = HandshakeMessages()
    }

    private let showsIdentities: Bool
    private let hasher: PSKIdentityHasher?
    private var client = Side()
    private var server = Side()
    private var hello: ServerHello?

    /// A connection of which nothing passed; without a hasher identities are cut.
    init(showsIdentities: Bool, hasher: PSKIdentityHasher?) {
        (self.showsIdentities, self.hasher) = (showsIdentities, hasher)
    }

    private subscript(peer: TLSPeer) -> Side {
        get { peer == .client ? client : server }
        _modify {
            if peer == .client { yield &client } else { yield &server }
        }
    }

    /// What a capture may have of bytes that a side sent.
    mutating func masked(_ bytes: [UInt8], from peer: TLSPeer) -> Masked {
        var masked = Masked(bytes: bytes)
        var index = 0
        while index < bytes.count {
            if self[peer].isBroken {
                cut(index..<bytes.count, &masked)
                index = bytes.count
            } else if self[peer].header.count < TLSRecords.headerBytes {
                takeHeader(bytes[index], from: peer)
                if self[peer].isBroken { continue }
                index += 1
            } else {
                let end = min(bytes.count, index + self[peer].missing)
                takeBody(index..<end, from: peer, &masked)
                self[peer].missing -= end - index
                if self[peer].missing == 0 { self[peer].header = [] }
                index = end
            }
        }
        return masked
    }

    /// Judges the header as far as it has come, as the reader of records does.
    private mutating func takeHeader(_ byte: UInt8, from peer: TLSPeer) {
        switch self[peer].header.count {
        case 0:
            guard let type = TLSRecordType(rawValue: byte) else { return self[peer].isBroken = true }
            self[peer].type = type
        case 1 where byte != 3: return self[peer].isBroken = true
        case 4:
            self[peer].length = Int(self[peer].header[3]) << 8 | Int(byte)
            self[peer].missing = self[peer].length
            if self[peer].length > TLSRecords.longestBody { return self[peer].isBroken = true }
            if self[peer].type == .changeCipherSpec { changeCipherSpec(peer) }
            if self[peer].length == 0 { return self[peer].header = [] }
        default: break
        }
        self[peer].header.append(byte)
    }

    private mutating func takeBody(_ range: Range<Int>, from peer: TLSPeer, _ masked: inout Masked) {
        guard !isEnciphered(peer) else { return }
        switch self[peer].type {
        // One byte, and level with code: there is no room for anything else.
        case .changeCipherSpec where self[peer].length == 1: break
        case .alert where self[peer].length == 2: break
        case .handshake where !self[peer].isUnderKeys: takeHandshake(range, from: peer, &masked)
        default: cut(range, &masked)
        }
    }

    /// Whether what the side sends now is enciphered; in TLS 1.3 all application data is, from ServerHello on.
    private func isEnciphered(_ peer: TLSPeer) -> Bool {
        guard let hello, hello.cipherSuite.enciphers else { return false }
        return hello.version == .tls13 ? self[peer].type == .applicationData : self[peer].isUnderKeys
    }

    private mutating func changeCipherSpec(_ peer: TLSPeer) {
        guard let hello, hello.version != .tls13 else { return }
        self[peer].isUnderKeys = true
    }

    // MARK: Handshakes

    private mutating func takeHandshake(_ range: Range<Int>, from peer: TLSPeer, _ masked: inout Masked) {
        guard peer == .client else {
            for message in server.messages.received(Array(masked.bytes[range])) where message.type == .serverHello {
                hello = ServerHello(message.body) ?? hello
            }
            return
        }
        guard !showsIdentities else { return }
        for index in range {
            switch client.identities.take(masked.bytes[index]) {
            case .other: break
            // What began in bytes before is cut as it comes.
            case .identity where client.isInIdentity: cut(index..<(index + 1), &masked)
            case .identity: client.identityStart = client.identityStart ?? index
            case .identityEnd: endIdentity(at: index, &masked)
            }
        }
        cutOpenIdentity(before: range.upperBound, &masked)
    }

    private mutating func endIdentity(at index: Int, _ masked: inout Masked) {
        defer { (client.identityStart, client.isInIdentity) = (nil, false) }
        guard !client.isInIdentity else { return cut(index..<(index + 1), &masked) }
        let range = (client.identityStart ?? index)..<(index + 1)
        guard let hash = hasher?(.pskIdentity, Array(masked.bytes[range])) else { return cut(range, &masked) }
        // The sixteen digits that events have, too; zeros behind them where there is room.
        let digits = Array(hash.utf8.prefix(range.count))
        masked.bytes.replaceSubrange(range, with: digits + repeatElement(0x30, count: range.count - digits.count))
        masked.hashedIdentities += 1
    }

    /// An identity that goes on in later bytes, or in another record, cannot be hashed: it is cut.
    private mutating func cutOpenIdentity(before end: Int, _ masked: inout Masked) {
        guard let start = client.identityStart else { return }
        (client.identityStart, client.isInIdentity) = (nil, true)
        cut(start..<end, &masked)
    }

    private func cut(_ range: Range<Int>, _ masked: inout Masked) {
        for index in range { masked.bytes[index] = 0 }
        masked.cutBytes += range.count
    }
}

extension CipherSuite {
    /// Whether it is known that a suite hides what it protects.
    fileprivate var enciphers: Bool {
        switch self {
        case .pskNullSHA, .pskNullSHA256, .pskNullSHA384, .other, .none: false
        case .pskAES128CBCSHA256, .pskAES128CBCSHA, .psk3DESCBCSHA, .pskRC4SHA, .pskAES256CBCSHA, .pskAES128GCMSHA256,
            .pskAES256GCMSHA384, .pskAES256CBCSHA384, .pskAES128CCM, .pskAES128CCM8, .aes128GCMSHA256,
            .aes128CCMSHA256, .aes256GCMSHA384, .chacha20Poly1305SHA256, .aes128CCM8SHA256:
            true
        }
    }
}
