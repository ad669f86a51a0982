import TestSupport
import Testing

@testable import SmartCard

/// Messages that start a session over the air: what is read of them, and what is shown.
@Suite struct SecuredMessageTests {
    private static func message(_ name: String) throws -> [UInt8] {
        Array(try #require(try ToolkitEnvelope(try toolkit(name)).objects.value(0x0B)))
    }

    @Test func theHeaderIsRead() throws {
        let header = try #require(
            SecuredMessage(try Self.message("SMS-PP download, secured packet"))?.header)
        #expect(header.security.code == 0x1621 && header.security.isEnciphered && header.counter == nil)
        #expect(header.cipheringKey.code == 0x15 && header.integrityKey.code == 0x15 && header.length == 29)
        #expect(header.application == [0xB0, 0x00, 0x11])
        #expect(SecuredMessage(try Self.message("SMS-PP download, text")) == nil)
    }

    @Test(arguments: [
        // No header in the user data; another direction; no (U)SIM data download; a long address; another element.
        (0, 0x04), (0, 0x45), (7, 0x00), (1, 21), (18, 0x01),
    ])
    func anotherMessageIsNone(place: Int, byte: UInt8) throws {
        var bytes = try Self.message("SMS-PP download, secured packet")
        bytes[place] = byte
        #expect(SecuredMessage(bytes) == nil)
    }

    /// An element of another kind before the one that names the packet: the first part of a long message.
    @Test func theFirstPartOfALongOneIsRead() throws {
        let short = try Self.message("SMS-PP download, secured packet")
        let long = short.prefix(17) + hex("07 00 03 01 02 01 70 00") + short.dropFirst(20)
        let first = try #require(SecuredMessage(long))
        #expect(first.header?.application == [0xB0, 0x00, 0x11])
        #expect(first.part == SecuredMessage.Part(reference: 1, total: 2, number: 1))
        let later = try #require(SecuredMessage(short.prefix(17) + hex("05 00 03 01 02 02 AA BB")))
        #expect(later.header == nil && later.part == SecuredMessage.Part(reference: 1, total: 2, number: 2))
        #expect(SecuredMessage(short.prefix(17) + hex("06 08 04 01 02 03 03 AA"))?.part?.reference == 0x0102)
        // The first part of something else.
        #expect(SecuredMessage(short.prefix(17) + hex("05 00 03 01 02 01 AA BB")) == nil)
    }

    @Test func eachTruncationIsNoneOrTheSame() throws {
        let bytes = try Self.message("SMS-PP download, secured packet")
        for count in bytes.indices {
            let message = SecuredMessage(bytes.prefix(count))
            #expect(message == nil || (message == SecuredMessage(bytes) && count >= 30))
        }
    }

    /// Who sent it, when, its counter, checksum and data are gone; what was cut gives the same again.
    @Test func onlyTheHeaderIsShown() throws {
        let body = try toolkit("SMS-PP download, secured packet")
        let command = [0x80, 0xC2, 0x00, 0x00, UInt8(body.count)] + body
        let kept = Redaction.kept(command: command, response: [0x90, 0x00])
        let shown = try ToolkitEnvelope(kept.command.dropFirst(5)).objects.value(0x0B).map(Array.init)
        #expect(
            shown
                == hex("44 07 91 00 00 00 00 7F F6 00 00 00 00 00 00 00 22 02 70 00 00 1D 15 16 21 15 15 B0 00 11")
                + [UInt8](repeating: 0, count: 21))
        let again = Redaction.kept(command: kept.command, response: [0x90, 0x00])
        #expect(again.command == kept.command && again.cutBytes == kept.cutBytes)
        let text = try toolkit("SMS-PP download, text")
        let hidden = Redaction.kept(
            command: [0x80, 0xC2, 0x00, 0x00, UInt8(text.count)] + text, response: [0x90, 0x00])
        #expect(try ToolkitEnvelope(hidden.command.dropFirst(5)).objects.value(0x0B)?.allSatisfy { $0 == 0 } == true)
    }
}
