import Foundation
import TestSupport
import Testing

@testable import BenchSimulator

/// Each example does what its first lines say.
@Suite struct ExampleCardsTests {
    private func card(_ name: String) throws -> VirtualCard {
        VirtualCard(script: try CardScriptReader.read(path: exampleFolder.appending(path: name).path))
    }

    @Test func allAreTestedHere() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: exampleFolder.path).sorted()
        #expect(
            names == [
                "bip-session.yaml", "euicc.yaml", "ota-session.yaml", "pulled-card.yaml", "secured-packets.yaml",
                "slow-and-failing.yaml",
            ])
    }

    @Test func otaSession() throws {
        var card = try card("ota-session.yaml")
        let open = card.answers(["80C20000 08 D106820283810600", "801200002F"])
        // TS 102 223, 6.6.27: default values of a GPRS bearer, "ota.test", TCP to 192.0.2.1:8443
        let command =
            "D02D" + "8103014001" + "82028182" + "350702000000000002" + "39020578"
            + "4709036F74610474657374" + "3C030220FB" + "3E0521C0000201"
        #expect(open == ["912F", command + "9000"])
        let steps = [
            "80140000 10 81030140018202828183010038028100", "8012000012", "80140000 0F 810302430182028281830100 3701FF",
            "801200000E", "80140000 12 810303420082028281830100 3601AA 370100", "801200000B",
            "80140000 0C 810304410082028281830100",
        ]
        #expect(
            card.answers(steps) == [
                "9112", "D010810302430182028121B60568656C6C6F9000", "910E", "D00C810303420082028121B701C89000", "910B",
                "D0098103044100820281219000", "9000",
            ])
    }

    /// The terminal numbers its channels 3, 5, 6; which one a command is for is in its destination.
    @Test func bipSession() throws {
        var card = try card("bip-session.yaml")
        var numbers: [UInt8] = [3, 5, 6]
        var commands: [String] = []
        var response = card.process(bytes(hexadecimal: "80C2000008D106820283810600") ?? []).response
        while response.count >= 2, response[response.count - 2] == 0x91 {
            let length = response[response.count - 1]
            let command = card.process([0x80, 0x12, 0x00, 0x00, length]).response.dropLast(2)
            let start = command[1] == 0x81 ? 3 : 2
            let details = Array(command[start..<(start + 5)])
            commands.append(hexadecimal([details[3], command[start + 8]]))
            let isOpen = details[3] == 0x40
            let status: [UInt8] = isOpen ? [0x38, 0x02, 0x80 | numbers.removeFirst(), 0x00] : []
            let answer = details + [0x82, 0x02, 0x82, 0x81, 0x83, 0x01, 0x00] + status
            response = card.process([0x80, 0x14, 0x00, 0x00, UInt8(answer.count)] + answer).response
            if commands.count == 15, response == [0x90, 0x00] {
                response = card.process(bytes(hexadecimal: "80C200000DD60B99010A82028281B8020305") ?? []).response
            }
        }
        #expect(
            commands == [
                "0582", "4082", "4082", "4325", "4225", "4125", "4082", "4126", "4323", "4223", "4323",
                "4223", "4323", "4223", "4482", "4123",
            ])
    }

    @Test func slowAndFailing() throws {
        var card = try card("slow-and-failing.yaml")
        #expect(card.process([0x00, 0x20, 0x00, 0x01]).delay == .milliseconds(2))
        #expect(card.process([0x00, 0xA4, 0x04, 0x0C]).delay == .milliseconds(40))
        card.reset()
        #expect(
            card.answers(["00200001", "00A4000C022FE2", "00B0000001", "00B0000001", "00B0000001"])
                == ["63C1", "9000", "989000", "6581", "989000"])
    }

    /// What lpac said to it and heard, powered off between the commands that it was given.
    @Test func euicc() throws {
        var card = try card("euicc.yaml")
        var step = ""
        for line in try captures("lpac.hex", separator: "|") {
            if line[0] != step { card.reset() }
            step = line[0]
            #expect(card.answer(line[1]) == line[2], "\(step): \(line[1])")
        }
        #expect(step == "profile list at last")
    }

    @Test func securedPackets() throws {
        var card = try card("secured-packets.yaml")
        let packets = [1, 1, 2, 3].map { SMSPacket(counter: $0) } + [SMSPacket(application: "B20100", counter: 1)]
        let told = packets.map { packet in
            let length = card.answer(packet.envelope).suffix(2)
            return card.answer("00C00000\(length)")
        }
        #expect(
            told == [
                "027100000E0AB0001100000000010000" + "0190009000", "027100000B0AB0001100000000010002" + "9000",
                "027100000B0AB0001100000000020001" + "9000", "027100000E0AB0001100000000030000" + "0190009000",
                "027100000B0AB2010000000000010009" + "9000",
            ])
    }

    @Test func pulledCard() throws {
        var card = try card("pulled-card.yaml")
        #expect(card.answers(["00A4000C022FE2", "00B0000001"]) == ["9000", "989000"])
        let reply = card.process([0x00, 0xB0, 0x00, 0x00, 0x01])
        #expect(reply.removesCard && reply.delay == .milliseconds(20) && reply.returnsAfter == .milliseconds(500))
        #expect(!card.process([0x00, 0xB0, 0x00, 0x00, 0x01]).removesCard)
    }
}
