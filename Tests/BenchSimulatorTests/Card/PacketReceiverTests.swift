import TestSupport
import Testing

@testable import BenchSimulator

@Suite struct PacketReceiverTests {
    private func card(_ rules: [ReceiptRule] = [ReceiptRule()]) -> VirtualCard {
        var script = CardScript()
        script.receipts = rules
        script.sessions = []
        return VirtualCard(script: script)
    }

    /// The receipt to a packet, without status word; empty when there is none.
    private func receipt(_ card: inout VirtualCard, _ packet: SMSPacket) -> String {
        let status = card.answer(packet.envelope)
        guard status.hasPrefix("61") else { return status }
        return String(card.answer("00C00000" + status.suffix(2)).dropLast(4))
    }

    @Test func aReceiptIsToldWhenItIsWanted() {
        var rule = ReceiptRule()
        (rule.status, rule.after) = (.securityError, 1)
        var card = card([rule])
        #expect(receipt(&card, SMSPacket(counter: 1, security: 0x1000)) == "9000")
        #expect(receipt(&card, SMSPacket(counter: 2, security: 0x1000)) == "9000")
        #expect(receipt(&card, SMSPacket(counter: 3, security: 0x1002)) == "027100000B0AB0001100000000030006")
        #expect(receipt(&card, SMSPacket(counter: 4, security: 0x1003)) == "9000")
        var well = self.card()
        #expect(receipt(&well, SMSPacket(counter: 1, security: 0x1002)) == "9000")
        #expect(receipt(&well, SMSPacket(counter: 2)) == "027100000B0AB0001100000000020000")
        var silent = VirtualCard()
        #expect(silent.answer(SMSPacket(counter: 1).envelope) == "911E")
    }

    /// The rule of SPI: not looked at, higher, one higher; each application has its own.
    @Test func countersAreJudged() {
        var card = card()
        func status(_ packet: SMSPacket) -> String { String(receipt(&card, packet).suffix(2)) }
        #expect(status(SMSPacket(counter: 5)) == "00")
        #expect(status(SMSPacket(counter: 5)) == "02")
        #expect(status(SMSPacket(counter: 4, security: 0x0801)) == "00")
        #expect(status(SMSPacket(counter: 7, security: 0x1801)) == "03")
        #expect(status(SMSPacket(counter: 6, security: 0x1801)) == "00")
        card.reset()
        #expect(status(SMSPacket(counter: 6)) == "02")
        #expect(status(SMSPacket(application: "B00010", counter: 6)) == "00")
        // what is enciphered is not seen
        #expect(status(SMSPacket(counter: 1, security: 0x1401)) == "00")
    }

    /// Filler where keys would be needed: checksum of 4 or 8 bytes, blocks of 8 or 16.
    @Test(arguments: [
        (UInt16(0x1005), "00", "027100000F0EB0001100000000010000CCCCCCCC"),
        (0x1009, "00", "027100001312B0001100000000010000CCCCCCCCCCCCCCCC"),
        (0x1011, "15", "027100000C0AB0001193B0CDEA0724415E"),
        (0x1011, "12", "02710000140AB0001193B0CDEA0724415E7B98B5D2EF0C2946"),
    ])
    func securedReceipts(security: UInt16, key: String, receipt expected: String) {
        var card = card()
        var packet = SMSPacket(counter: 1, security: security)
        packet.cipheringKey = key
        #expect(receipt(&card, packet) == expected)
    }

    @Test func aPacketInPartsIsAnsweredOnce() {
        var card = card()
        let parts = SMSPacket(counter: 1).envelopes(reference: 9)
        #expect(card.answers([parts[0], parts[1]]) == ["9000", "6110"])
        // out of order, one twice, another's part between
        let again = SMSPacket(counter: 2).envelopes(reference: 10)
        #expect(card.answers([again[1], again[1], again[0]]) == ["9000", "9000", "6110"])
        let other = SMSPacket(counter: 3).envelopes(reference: 11)
        #expect(card.answers([again[0], other[0], again[1], other[1]]) == ["9000", "9000", "9000", "9000"])
        card.reset()
        #expect(card.answers([other[0]]) == ["9000"])
    }

    /// SMS-SUBMIT to whom the packet came from; a session begins behind it.
    @Test func aReceiptAsAMessage() {
        var script = CardScript()
        script.receipts = [ReceiptRule()]
        var card = VirtualCard(script: script)
        let message = "4100" + "0791214365F7" + "0004" + "10" + "027100000B0AB0001100000000010000"
        #expect(
            card.answers([
                SMSPacket(counter: 1, security: 0x1021).envelope, "8012000028",
                "80140000 0C 810301130082028281830132", "801200001E",
            ])
                == [
                    "9128", "D026" + "8103011300" + "82028183" + "8B1B" + message + "9000", "911E",
                    "D01C8103024001820281823501033902057" + "83C030201BB3E05217F0000019000",
                ])
    }

    @Test func gsmClass() {
        var card = card()
        var packet = SMSPacket(counter: 1)
        packet.cla = "A0"
        #expect(card.answers([packet.envelope, "A0C0000010"]) == ["9F10", "027100000B0AB00011000000000100009000"])
    }

    @Test func anyMessageIsTaken() {
        var card = card()
        var generator = SeededGenerator(seed: 11)
        let whole = hex(SMSPacket(counter: 1).envelope)
        for _ in 0..<randomRounds {
            var bytes = whole
            for _ in 0...Int(generator.next() % 6) {
                bytes[5 + Int(generator.next() % UInt64(bytes.count - 5))] = UInt8(truncatingIfNeeded: generator.next())
            }
            #expect(card.process(bytes).response.count >= 2)
        }
    }
}
