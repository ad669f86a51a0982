import Foundation
import TestSupport
import Testing

@testable import SmartCard

/// Secured packets that pycrate encodes from random fields (seeded): what is read are these fields, whole or cut by redaction.
@Suite struct SecuredPacketOracleTests {
    private struct Packet: Decodable {
        struct Key: Decodable {
            var number: UInt8
            /// What pycrate calls the algorithm.
            var name: String
        }

        var messages: [String]
        var parts: UInt8
        var reference: UInt16
        var length: UInt16
        /// SPI by the names of pycrate's fields.
        var spi: [String: UInt8]
        var cipher: Key
        var checksum: Key?
        var application: String
        var counter: UInt64
        var receipt: String
        var status: UInt8
        var additional: Int
    }

    /// pycrate's names and ours.
    private static let algorithms = [
        "Algorithm known implicitely": "as agreed", "proprietary": "proprietary", "reserved": "reserved",
        "Reserved": "reserved", "DES in CBC mode": "DES-CBC", "DES in ECB mode": "DES-ECB",
        "Triple-DES in outer-CBC mode with 2 keys": "3DES-CBC with 2 keys",
        "Triple-DES in outer-CBC mode with 3 keys": "3DES-CBC with 3 keys", "AES in CBC mode": "AES-CBC",
        "AES in CMAC mode": "AES-CMAC", "CRC-16": "CRC16", "CRC-32": "CRC32",
    ]

    @Test func thousandPackets() throws {
        let end = try Command.run([TraceSink.python, Files.client("secured_packets.py"), "7", "1000"])
        #expect(end.ending == .exited(0), "pycrate is needed, see Tests/run: \(end.errors)")
        let lines = end.output.split(separator: "\n")
        #expect(lines.count == 1_000)
        var (inParts, submitted, enciphered) = (0, 0, 0)
        for line in lines {
            let packet = try JSONDecoder().decode(Packet.self, from: Data(line.utf8))
            let security = try Self.expectRead(packet)
            inParts += packet.parts > 1 ? 1 : 0
            submitted += security.isReceiptSubmitted ? 1 : 0
            enciphered += security.isEnciphered ? 1 : 0
        }
        // The seed's own numbers: each kind is among them.
        #expect([inParts, submitted, enciphered].allSatisfy { (300...700).contains($0) })
    }

    private static func expectRead(_ packet: Packet) throws -> PacketSecurity {
        let messages = packet.messages.map { hex($0) }
        let header = try #require(SecuredMessage(messages[0])?.header, "\(packet.messages[0])")
        let spi = packet.spi
        let security = header.security
        #expect(
            [
                security.counterRule.rawValue, security.isEnciphered ? 1 : 0, security.integrity.rawValue,
                security.isReceiptSubmitted ? 1 : 0, security.isReceiptEnciphered ? 1 : 0,
                security.receiptIntegrity.rawValue, security.receipt.rawValue,
            ]
                == [
                    "CounterType", "CipherType", "IntegrityType", "SMSPoR", "PoRCipherType", "PoRIntegrityType",
                    "PoRExpect",
                ].map { spi[$0] })
        #expect(header.length == packet.length && header.application == hex(packet.application))
        #expect(header.cipheringKey.number == packet.cipher.number)
        #expect(header.cipheringKey.cipherName == algorithms[packet.cipher.name])
        if let checksum = packet.checksum {
            #expect(header.integrityKey.number == checksum.number)
            #expect(header.integrityKey.checksumName(security.integrity) == algorithms[checksum.name])
        }
        let isSeen = !security.isEnciphered && security.counterRule != .none
        #expect(header.counter == (isSeen ? packet.counter : nil))
        for (place, message) in messages.enumerated() {
            let read = try #require(SecuredMessage(message))
            #expect(place == 0 || read.header == nil)
            #expect(
                read.part
                    == (packet.parts == 1
                        ? nil : .init(reference: packet.reference, total: packet.parts, number: UInt8(place + 1))))
            #expect(SecuredMessage(cut(message)) == read)
        }
        expectReceipt(packet, security)
        return security
    }

    private static func expectReceipt(_ packet: Packet, _ security: PacketSecurity) {
        let bytes = hex(packet.receipt)
        for isEnciphered in [false, true] {
            let receipt =
                security.isReceiptSubmitted
                ? ProofOfReceipt(submitted: bytes, isEnciphered: isEnciphered)
                : ProofOfReceipt(answer: bytes, isEnciphered: isEnciphered)
            #expect(receipt?.application == hex(packet.application), "\(packet.receipt)")
            #expect(receipt?.status == (isEnciphered ? nil : ReceiptStatus(packet.status)))
            #expect(receipt?.additionalBytes == (isEnciphered ? nil : packet.additional))
        }
    }

    /// The message as it leaves the program that sent it to a card.
    private static func cut(_ message: [UInt8]) -> [UInt8] {
        let length = message.count > 127 ? [0x81, UInt8(message.count)] : [UInt8(message.count)]
        let body = [0x82, 0x02, 0x83, 0x81, 0x8B] + length + message
        let head = body.count > 127 ? [0xD1, 0x81, UInt8(body.count)] : [0xD1, UInt8(body.count)]
        let envelope = [0x80, 0xC2, 0x00, 0x00, UInt8(head.count + body.count)] + head + body
        let kept = Redaction.kept(command: envelope, response: [0x90, 0x00]).command
        return Array(kept.suffix(message.count))
    }
}
