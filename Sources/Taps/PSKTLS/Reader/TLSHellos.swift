internal import ProbeEvents

/// The numbers of extensions that are looked at (RFC 7366, 7627, 5077, 8446).
enum TLSExtension: Int {
    case encryptThenMAC = 22
    case extendedMasterSecret = 23
    case sessionTicket = 35
    case preSharedKey = 41
    case supportedVersions = 43
}

/// Extensions of a hello, those that are looked at.
typealias TLSExtensions = [TLSExtension: ArraySlice<UInt8>]

/// What a client begins with (RFC 5246, 7.4.1.2; RFC 8446, 4.1.2).
struct ClientHello: Sendable {
    /// A key that a client of TLS 1.3 offers.
    struct OfferedKey: Sendable {
        var identity: [UInt8]
        /// The server gave it, in an earlier session: one that both sides were given has no age (RFC 8446, 4.2.11).
        var isTicket: Bool
    }

    /// The best version that it offers.
    var version: TLSVersion
    var random: [UInt8]
    var sessionID: [UInt8]
    /// The ticket of an earlier session, below TLS 1.3.
    var ticket: [UInt8]
    var offeredKeys: [OfferedKey]

    /// Reads the body of the message; nil for what is none.
    init?(_ body: ArraySlice<UInt8>) {
        var cursor = ByteCursor(body)
        guard let code = cursor.number(2), let random = cursor.take(32), let sessionID = cursor.vector(1),
            cursor.vector(2) != nil, cursor.vector(1) != nil
        else { return nil }
        let extensions = cursor.extensions()
        version = Self.best(extensions[.supportedVersions]) ?? TLSVersion(code: UInt16(code))
        (self.random, self.sessionID) = (Array(random), Array(sessionID))
        ticket = Array(extensions[.sessionTicket] ?? [])
        offeredKeys = Self.keys(extensions[.preSharedKey] ?? [])
    }

    /// Some versions of the list mean nothing (RFC 8701).
    private static func best(_ list: ArraySlice<UInt8>?) -> TLSVersion? {
        guard let list else { return nil }
        var cursor = ByteCursor(list)
        var versions = ByteCursor(cursor.vector(1) ?? [])
        var best: TLSVersion?
        while let code = versions.number(2) {
            let version = TLSVersion(code: UInt16(code))
            if version != .unknown, best.map({ $0.rawValue < version.rawValue }) ?? true { best = version }
        }
        return best
    }

    private static func keys(_ offered: ArraySlice<UInt8>) -> [OfferedKey] {
        var cursor = ByteCursor(offered)
        var identities = ByteCursor(cursor.vector(2) ?? [])
        var keys: [OfferedKey] = []
        while let identity = identities.vector(2), let age = identities.number(4) {
            keys.append(OfferedKey(identity: Array(identity), isTicket: age != 0))
        }
        return keys
    }
}

/// What a server answers with (RFC 5246, 7.4.1.3; RFC 8446, 4.1.3).
struct ServerHello: Sendable {
    var version: TLSVersion
    var random: [UInt8]
    var sessionID: [UInt8]
    var cipherSuite: CipherSuite
    var hasExtendedMasterSecret: Bool
    var encryptsThenMACs: Bool
    /// Which of the offered keys it takes, in TLS 1.3.
    var takenKey: Int?

    /// Reads the body of the message; nil for what is none.
    init?(_ body: ArraySlice<UInt8>) {
        var cursor = ByteCursor(body)
        guard let code = cursor.number(2), let random = cursor.take(32), let sessionID = cursor.vector(1),
            let suite = cursor.number(2), cursor.number(1) != nil
        else { return nil }
        let extensions = cursor.extensions()
        var chosen = ByteCursor(extensions[.supportedVersions] ?? [])
        version = TLSVersion(code: UInt16(chosen.number(2) ?? code))
        (self.random, self.sessionID) = (Array(random), Array(sessionID))
        cipherSuite = CipherSuite(code: UInt16(suite))
        hasExtendedMasterSecret = extensions[.extendedMasterSecret] != nil
        encryptsThenMACs = extensions[.encryptThenMAC] != nil
        var taken = ByteCursor(extensions[.preSharedKey] ?? [])
        takenKey = taken.number(2)
    }

    /// Whether it asks for another ClientHello (RFC 8446, 4.1.3).
    var isRetryRequest: Bool { random.starts(with: [0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11]) }
}

extension ByteCursor {
    /// The extensions at the end of a hello, of those that are looked at.
    fileprivate mutating func extensions() -> TLSExtensions {
        var list = ByteCursor(vector(2) ?? [])
        var extensions: TLSExtensions = [:]
        while let number = list.number(2), let body = list.vector(2) {
            if let known = TLSExtension(rawValue: number) { extensions[known] = body }
        }
        return extensions
    }
}
