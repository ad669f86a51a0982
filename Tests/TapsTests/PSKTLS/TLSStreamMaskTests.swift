import ProbeEvents
import TestSupport
import Testing

@testable import Taps

/// The bytes of a connection as a capture has them.
@Suite struct TLSStreamMaskTests {
    private static let identity = Array("89490200001234567890/A0000001510000".utf8)

    /// A session of a UICC, with the identity made up: `c` from the card, `s` from the server.
    private static func card() throws -> [(TLSPeer, [UInt8])] {
        try captures("psk-tls.hex", separator: "|").map { ($0[0] == "c" ? .client : .server, hex($0[1])) }
    }

    private static func mask(shown: Bool = false, hashes: Bool = true) -> TLSStreamMask {
        let hasher: PSKIdentityHasher = { _, _ in "0123456789abcdef" }
        return TLSStreamMask(showsIdentities: shown, hasher: hashes ? hasher : nil)
    }

    private static func record(_ type: UInt8, _ body: [UInt8]) -> [UInt8] {
        [type, 3, 3, UInt8(body.count >> 8), UInt8(body.count & 0xFF)] + body
    }

    private static func message(_ type: UInt8, _ body: [UInt8]) -> [UInt8] {
        [type, 0, UInt8(body.count >> 8), UInt8(body.count & 0xFF)] + body
    }

    private static func serverHello(_ suite: [UInt8], extensions: [UInt8] = []) -> [UInt8] {
        let length = [UInt8(extensions.count >> 8), UInt8(extensions.count & 0xFF)]
        return record(
            22,
            message(
                2,
                [3, 3] + [UInt8](repeating: 7, count: 32) + [0] + suite + [0]
                    + (extensions.isEmpty ? [] : length + extensions)))
    }

    /// Only the identity is another one, whole where it came in one piece.
    @Test(arguments: [1, 2, 3, 7, 16, 64, 4_096]) func onlyTheIdentityIsChanged(pieces: Int) throws {
        var mask = Self.mask()
        var shown: [UInt8] = []
        var whole: [UInt8] = []
        var (cut, hashed) = (0, 0)
        for (peer, bytes) in try Self.card() {
            for start in stride(from: 0, to: bytes.count, by: pieces) {
                let part = Array(bytes[start..<min(start + pieces, bytes.count)])
                let masked = mask.masked(part, from: peer)
                whole += part
                shown += masked.bytes
                cut += masked.cutBytes
                hashed += masked.hashedIdentities
            }
        }
        let start = try #require(whole.indices.first { whole[$0...].starts(with: Self.identity) })
        let range = start..<(start + Self.identity.count)
        #expect(shown.count == whole.count)
        #expect(shown[..<range.lowerBound] == whole[..<range.lowerBound])
        #expect(shown[range.upperBound...] == whole[range.upperBound...])
        if hashed == 1 {
            #expect(cut == 0)
            #expect(
                Array(shown[range]) == Array("0123456789abcdef".utf8) + repeatElement(0x30, count: range.count - 16))
        } else {
            #expect(hashed == 0 && cut == range.count && shown[range].allSatisfy { $0 == 0 })
        }
        #expect((hashed == 1) == (pieces == 4_096) || pieces == 64)
    }

    @Test func identitiesThatAreToBeShown() throws {
        var mask = Self.mask(shown: true)
        for (peer, bytes) in try Self.card() { #expect(mask.masked(bytes, from: peer).bytes == bytes) }
    }

    @Test func withoutAKeyToHashWithItIsCut() throws {
        var mask = Self.mask(hashes: false)
        let cut = try Self.card().reduce(0) { $0 + mask.masked($1.1, from: $1.0).cutBytes }
        #expect(cut == Self.identity.count)
    }

    /// Where nothing is enciphered the data is zeros: it may be keys.
    @Test(arguments: [[0x00, 0xB0], [0x00, 0x2C], [0xC0, 0x3A], [0x00, 0x02]] as [[UInt8]])
    func suitesWithoutACipher(suite: [UInt8]) {
        var mask = Self.mask()
        _ = mask.masked(Self.serverHello(suite), from: .server)
        for peer in [TLSPeer.client, .server] {
            let change = Self.record(20, [1])
            #expect(mask.masked(change, from: peer).bytes == change)
            for type in [22, 23, 21] as [UInt8] {
                let secret = Self.record(type, Array("PIN 1234 and its code".utf8))
                let masked = mask.masked(secret, from: peer)
                #expect(masked.bytes == Array(secret.prefix(5)) + [UInt8](repeating: 0, count: secret.count - 5))
                #expect(masked.cutBytes == secret.count - 5)
            }
        }
    }

    /// Of what is enciphered nothing is cut, in TLS 1.2 behind ChangeCipherSpec, in TLS 1.3 from ServerHello on.
    @Test func whatIsEncipheredStays() {
        let data = Self.record(23, Array("sealed, as far as anybody can tell".utf8))
        var old = Self.mask()
        _ = old.masked(Self.serverHello([0x00, 0xAE]), from: .server)
        #expect(old.masked(data, from: .client).cutBytes == data.count - 5)
        _ = old.masked(Self.record(20, [1]), from: .client)
        #expect(old.masked(data, from: .client).bytes == data)
        #expect(old.masked(data, from: .server).cutBytes == data.count - 5)
        var new = Self.mask()
        #expect(new.masked(data, from: .client).cutBytes == data.count - 5)
        _ = new.masked(Self.serverHello([0x13, 0x01], extensions: [0, 43, 0, 2, 3, 4]), from: .server)
        #expect(new.masked(data, from: .client).bytes == data)
        #expect(new.masked(data, from: .server).bytes == data)
    }

    /// Identities in ClientHello, of which there may be several.
    @Test func offeredIdentities() {
        let first = Array("card-89490200001234567890".utf8)
        let second = Array("b".utf8)
        func vector(_ bytes: [UInt8]) -> [UInt8] { [UInt8(bytes.count >> 8), UInt8(bytes.count & 0xFF)] + bytes }
        let offered = vector(first) + [0, 0, 0, 0] + vector(second) + [0, 0, 0, 1]
        let keys = vector(offered) + vector([32] + [UInt8](repeating: 0x62, count: 32))
        let extensions: [UInt8] = [0, 10, 0, 4, 0, 2, 0, 29] + [0, 23, 0, 0] + [0, 41] + vector(keys)
        let hello = Self.record(
            22,
            Self.message(
                1,
                [3, 3] + [UInt8](repeating: 9, count: 32) + [2, 5, 5] + vector([0x13, 0x01]) + [1, 0]
                    + vector(extensions)))
        var mask = Self.mask()
        let masked = mask.masked(hello, from: .client)
        #expect(masked.hashedIdentities == 2 && masked.cutBytes == 0)
        let changed = hello.indices.filter { hello[$0] != masked.bytes[$0] }
        let places = hello.indices.filter { hello[$0...].starts(with: first) }
        #expect(places.count == 1 && changed.allSatisfy { $0 >= places[0] && $0 <= places[0] + first.count + 6 })
        #expect(!masked.bytes.indices.contains { masked.bytes[$0...].starts(with: first) })
        // The binders stay, and a further message is read from its begin.
        #expect(masked.bytes.suffix(34) == hello.suffix(34))
        let exchange = Self.record(22, Self.message(16, vector(first)))
        #expect(mask.masked(exchange, from: .client).hashedIdentities == 1)
    }

    @Test(arguments: [
        Array("GET / HTTP/1.1\r\nX-Admin-From: //se-id/eid/89\r\n".utf8), [22, 4, 4, 0, 1, 9],
        [23, 3, 3, 0xFF, 0xFF, 1, 2],
    ])
    func whatIsNoTLSIsCut(bytes: [UInt8]) {
        var mask = Self.mask()
        let masked = mask.masked(bytes, from: .client)
        #expect(masked.bytes.count == bytes.count && masked.cutBytes >= bytes.count - 4)
        #expect(masked.bytes.suffix(masked.cutBytes).allSatisfy { $0 == 0 })
        #expect(mask.masked([22, 3, 3], from: .client).bytes == [0, 0, 0])
    }

    /// Any bytes in any pieces: as long as they were, and not otherwise than in one piece but for identities.
    @Test func anyBytes() throws {
        var random = SeededGenerator(seed: 5)
        let said = try Self.card()
        for _ in 0..<(randomRounds / 50) {
            var (whole, torn) = (Self.mask(hashes: false), Self.mask(hashes: false))
            for (peer, bytes) in said {
                var bytes = bytes
                for _ in 0..<Int.random(in: 0...3, using: &random) {
                    bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
                }
                let expected = whole.masked(bytes, from: peer)
                var shown: [UInt8] = []
                var rest = bytes[...]
                while !rest.isEmpty {
                    let part = Array(rest.prefix(Int.random(in: 1...40, using: &random)))
                    shown += torn.masked(part, from: peer).bytes
                    rest = rest.dropFirst(part.count)
                }
                #expect(shown == expected.bytes)
            }
        }
    }
}
