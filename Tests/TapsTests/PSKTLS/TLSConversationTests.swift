import ProbeEvents
import TestSupport
import Testing

@testable import Taps

/// The reader on bytes alone: what a card and a server said (GlobalPlatform Amendment B over BIP), cut in every way.
@Suite struct TLSConversationTests {
    /// A session of a UICC, with the identity made up: `c` from the card, `s` from the server.
    private static func card() throws -> [(TLSPeer, [UInt8])] {
        try captures("psk-tls.hex", separator: "|").map { ($0[0] == "c" ? .client : .server, hex($0[1])) }
    }

    private static func clock(_ nanoseconds: UInt64) -> EventClock {
        EventClock(monotonicNanoseconds: nanoseconds, wallNanoseconds: nanoseconds)
    }

    /// Tells all of it, in pieces of at most so many bytes.
    private static func talk(_ said: [(TLSPeer, [UInt8])], pieces: Int) -> [TLSNews] {
        var conversation = TLSConversation()
        var news: [TLSNews] = []
        var now: UInt64 = 1_000
        for (peer, bytes) in said {
            var rest = bytes[...]
            while !rest.isEmpty {
                news += conversation.received(rest.prefix(pieces), from: peer, at: clock(now))
                rest = rest.dropFirst(pieces)
                now += 1
            }
        }
        conversation.closed(by: .client)
        return news + conversation.ended(at: clock(now))
    }

    @Test(arguments: [1, 2, 3, 5, 7, 16, 64, 1_000]) func aCardsSessionInPieces(_ pieces: Int) throws {
        let news = Self.talk(try Self.card(), pieces: pieces)
        guard news.count == 2, case .handshake(let report) = news[0], case .closed(let ending) = news[1] else {
            Issue.record("\(news)")
            return
        }
        #expect(report.result == .success && report.version == .tls10 && report.cipherSuite == .psk3DESCBCSHA)
        #expect(report.identity == Array("89490200001234567890/A0000001510000".utf8))
        #expect(!report.isResumed && !report.hasExtendedMasterSecret && report.began.monotonicNanoseconds == 1_000)
        #expect(ending.error == nil && ending.endedBy == .client)
    }

    /// Wherever it breaks off, one handshake is told and one end, and the step is one that was said.
    @Test func aCardsSessionCutAnywhere() throws {
        let said = try Self.card()
        let whole = said.reduce(0) { $0 + $1.1.count }
        for length in 0...whole {
            var left = length
            let part = said.map { peer, bytes in
                defer { left -= min(left, bytes.count) }
                return (peer, Array(bytes.prefix(left)))
            }
            let news = Self.talk(part, pieces: 64)
            #expect(news.count == (length == 0 ? 1 : 2))
            guard case .closed(let ending) = news.last else { continue }
            #expect(ending.fromClient.bytes + ending.fromServer.bytes == UInt64(length))
        }
    }

    @Test func silenceIsATimeout() throws {
        let hello = try Self.card()[0].1
        for (silence, result) in [
            (TLSConversation.silenceNanoseconds - 1, HandshakeResult.aborted),
            (TLSConversation.silenceNanoseconds, .timeout),
        ] {
            var conversation = TLSConversation()
            #expect(conversation.received(hello, from: .client, at: Self.clock(5)).isEmpty)
            conversation.closed(by: .server)
            guard case .handshake(let report) = conversation.ended(at: Self.clock(5 + silence)).first else {
                Issue.record("nothing told")
                continue
            }
            #expect(report.result == result && report.endedBy == .server && report.step == .clientHello)
        }
    }

    @Test func whatIsNoTLS() {
        let news = Self.talk([(.client, Array("GET / HTTP/1.1\r\n\r\n".utf8)), (.server, [22, 3, 3])], pieces: 4)
        guard news.count == 2, case .handshake(let report) = news[0] else {
            Issue.record("\(news)")
            return
        }
        #expect(report.result == .failed && report.error == .malformed && report.step == .none)
    }

    /// Nobody who only looks whether the port is open has had a handshake.
    @Test func nothingSaidIsNoHandshake() {
        #expect(Self.talk([], pieces: 1).count == 1)
    }

    /// Random bytes, and a session with random bytes changed: one handshake at most, one end, and all bytes counted.
    @Test func randomBytes() throws {
        var random = SeededGenerator(seed: 0x70736B)
        let said = try Self.card()
        for round in 0..<randomRounds {
            var talk = said
            if round.isMultiple(of: 2) {
                for _ in 0...Int.random(in: 0...3, using: &random) {
                    let part = Int.random(in: 0..<talk.count, using: &random)
                    let place = Int.random(in: 0..<talk[part].1.count, using: &random)
                    talk[part].1[place] = UInt8.random(in: 0...255, using: &random)
                }
            } else {
                talk = (0..<Int.random(in: 0...6, using: &random)).map { _ in
                    (Bool.random(using: &random) ? .client : .server, random.bytes(0...200))
                }
            }
            let news = Self.talk(talk, pieces: Int.random(in: 1...100, using: &random))
            let whole = UInt64(talk.reduce(0) { $0 + $1.1.count })
            let handshakes = news.count { if case .handshake = $0 { true } else { false } }
            guard handshakes <= 1, case .closed(let ending) = news.last else {
                Issue.record("round \(round): \(news)")
                return
            }
            #expect(ending.fromClient.bytes + ending.fromServer.bytes == whole)
        }
    }
}
