import TestSupport
import Testing

@testable import SmartCard

/// Secured packets and proofs of receipt that others have made, by their fields.
@Suite struct SecuredPacketTests {
    struct Row: Sendable {
        var name: String
        var spi: UInt16
        var keys: [UInt8]
        var length: UInt16
        var status: ReceiptStatus?
        var additional: Int?
    }

    private static func capture(_ name: String) throws -> (message: [UInt8], answer: [UInt8]) {
        let line = try #require(try captures("secured-packets.hex", separator: "|").first { $0[0] == name })
        return (hex(line[1]), hex(line[2]))
    }

    @Test(arguments: [
        Row(name: "3DES, enciphered receipt", spi: 0x0619, keys: [0x35, 0x35], length: 32),
        Row(
            name: "3DES, receipt with checksum", spi: 0x0609, keys: [0x35, 0x35], length: 32, status: .ok,
            additional: 3),
        Row(name: "3DES, plain receipt", spi: 0x0601, keys: [0x35, 0x35], length: 32, status: .ok, additional: 3),
        Row(name: "AES, enciphered receipt", spi: 0x0619, keys: [0x22, 0x22], length: 40),
    ])
    func packetsOfOthers(_ row: Row) throws {
        let (message, answer) = try Self.capture(row.name)
        let header = try #require(SecuredMessage(message)?.header)
        #expect(header.security.code == row.spi && header.length == row.length && header.counter == nil)
        #expect([header.cipheringKey.code, header.integrityKey.code] == row.keys)
        #expect(header.application == [0xB0, 0x00, 0x11])
        let receipt = try #require(
            ProofOfReceipt(answer: answer, isEnciphered: header.security.isReceiptEnciphered))
        #expect(receipt.application == [0xB0, 0x00, 0x11])
        #expect(receipt.status == row.status && receipt.additionalBytes == row.additional)
        for count in answer.indices {
            #expect(ProofOfReceipt(answer: answer.prefix(count), isEnciphered: false) == nil)
        }
        for count in message.indices {
            let short = SecuredMessage(message.prefix(count))
            #expect(short == nil || (short?.header == header && count >= 30))
        }
    }

    /// Redaction leaves what is read, and nothing of checksum and data.
    @Test(arguments: [
        "3DES, enciphered receipt", "3DES, receipt with checksum", "3DES, plain receipt", "AES, enciphered receipt",
    ])
    func whatIsCutReadsTheSame(name: String) throws {
        let (message, answer) = try Self.capture(name)
        let body = [0xD1, UInt8(message.count + 2), 0x8B, UInt8(message.count)] + message
        let envelope = [0x80, 0xC2, 0x00, 0x00, UInt8(body.count)] + body
        let isEnciphered = SecuredMessage(message)?.header?.security.isReceiptEnciphered == true
        let direct = Redaction.kept(command: envelope, response: answer + [0x90, 0x00])
        let fetched = Redaction.kept(command: hex("00 C0 00 00 20"), response: answer + [0x90, 0x00])
        for kept in [direct.response, fetched.response] {
            #expect(Array(kept.prefix(16)) == Array(answer.prefix(16)) && kept.suffix(2) == [0x90, 0x00])
            #expect(kept.dropFirst(16).dropLast(2).allSatisfy { $0 == 0 })
            #expect(
                ProofOfReceipt(answer: kept.dropLast(2), isEnciphered: isEnciphered)
                    == ProofOfReceipt(answer: answer, isEnciphered: isEnciphered))
        }
        let shown = try #require(try ToolkitEnvelope(direct.command.dropFirst(5)).objects.value(0x0B))
        #expect(SecuredMessage(shown) == SecuredMessage(message))
        // From the counter on it is enciphered.
        #expect(shown.suffix(message.count - 30).allSatisfy { $0 == 0 })
    }

    /// In clear, the counter is told; on its way out it is kept, the checksum behind it is not.
    @Test func theCounterIsRead() throws {
        var message = try Self.capture("3DES, plain receipt").message
        message.replaceSubrange(23..<25, with: [0x12, 0x01])
        message.replaceSubrange(30..<36, with: [0x00, 0x00, 0x00, 0x01, 0x07, 0x02])
        #expect(SecuredMessage(message)?.header?.counter == 263)
        let body = [0xD1, UInt8(message.count + 2), 0x8B, UInt8(message.count)] + message
        let kept = Redaction.kept(
            command: [0x80, 0xC2, 0x00, 0x00, UInt8(body.count)] + body, response: [0x90, 0x00])
        let shown = try #require(try ToolkitEnvelope(kept.command.dropFirst(5)).objects.value(0x0B))
        #expect(SecuredMessage(shown)?.header?.counter == 263)
        #expect(shown.dropFirst(36).allSatisfy { $0 == 0 } && shown.count == message.count)
    }

    @Test func cellBroadcast() throws {
        let packet = try Self.capture("3DES, plain receipt").message.dropFirst(20)
        let page = hex("00 10 10 80 F6 11") + packet
        let message = try #require(SecuredMessage(cellBroadcast: page))
        #expect(message.part == nil && message.header?.application == [0xB0, 0x00, 0x11])
        #expect(SecuredMessage(cellBroadcast: hex("00 10 10 9F F6 22 AA"))?.part?.number == 2)
        #expect(SecuredMessage(cellBroadcast: hex("00 10 10 A0 F6 11") + packet) == nil)
        #expect(SecuredMessage(cellBroadcast: hex("00 10 10 80 F6 11")) == nil)
    }

    /// A message that the card has the terminal send, whatever it says of its validity.
    @Test(arguments: [("41", ""), ("51", "A7"), ("49", "01 02 03 04 05 06 07"), ("59", "11 21 31 41 51 61 71")])
    func submitted(first: String, validity: String) throws {
        let receipt = try Self.capture("3DES, receipt with checksum").answer
        let message =
            hex(first) + hex("00 04 81 21 43 7F F6") + hex(validity) + [UInt8(receipt.count)] + receipt
        #expect(
            ProofOfReceipt(submitted: message, isEnciphered: false)
                == ProofOfReceipt(answer: receipt, isEnciphered: false))
        let body = [0x8B, UInt8(message.count)] + message
        let fetched = Redaction.kept(
            command: hex("80 12 00 00 30"), response: [0xD0, UInt8(body.count)] + body + [0x90, 0x00])
        let shown = Array(fetched.response.dropFirst(4).dropLast(2))
        #expect(ProofOfReceipt(submitted: shown, isEnciphered: false)?.status == .ok)
        // Neither whom it goes to, nor the checksum and the data behind the head.
        #expect(shown[4..<6] == [0, 0] && shown.suffix(receipt.count - 16).allSatisfy { $0 == 0 })
    }

    @Test func statusesAreThoseOfTheTable() {
        let known: [ReceiptStatus] = [
            .ok, .checksumFailed, .counterLow, .counterHigh, .counterBlocked, .cipheringError, .securityError,
            .insufficientMemory, .moreTimeNeeded, .applicationUnknown, .insufficientSecurity, .answerInMessage,
            .answerInSession, .other(0x0D),
        ]
        #expect((0...0x0D).map { ReceiptStatus($0) } == known)
        #expect(known.filter(\.isTaken) == [.ok, .moreTimeNeeded, .answerInMessage, .answerInSession])
    }

    @Test(arguments: [
        (UInt8(0x00), "as agreed", "as agreed"), (0x11, "DES-CBC", "DES-CBC"),
        (0x15, "3DES-CBC with 2 keys", "3DES-CBC with 2 keys"), (0x19, "3DES-CBC with 3 keys", "3DES-CBC with 3 keys"),
        (0x1D, "DES-ECB", "reserved"), (0x22, "AES-CBC", "AES-CMAC"), (0x23, "proprietary", "proprietary"),
    ])
    func keysByTheirName(code: UInt8, cipher: String, checksum: String) {
        #expect(PacketKey(code).cipherName == cipher)
        #expect(PacketKey(code).checksumName(.cryptographicChecksum) == checksum)
        #expect(PacketKey(0x05).checksumName(.redundancyCheck) == "CRC32")
    }
}
