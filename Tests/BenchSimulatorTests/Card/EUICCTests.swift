import TestSupport
import Testing

@testable import BenchSimulator

@Suite struct EUICCTests {
    static let select = "00A4040C10A0000005591010FFFFFFFF8900000100"

    private func card(_ failures: [EUICCFailure] = []) -> VirtualCard {
        var script = CardScript()
        var euicc = EUICCScript()
        euicc.failures = failures
        (script.euicc, script.answersWhole) = (euicc, true)
        var card = VirtualCard(script: script)
        #expect(card.answer(Self.select) == "9000")
        return card
    }

    /// A request in one block, and the whole answer.
    private func ask(_ card: inout VirtualCard, _ request: String) -> String {
        let count = hexadecimal([UInt8(request.count / 2)])
        var answer = card.answer("80E29100\(count)\(request)00")
        while answer.suffix(4).hasPrefix("61") {
            answer = answer.dropLast(4) + card.answer("80C00000" + answer.suffix(2))
        }
        return answer
    }

    @Test func isThereWhenItIsAskedFor() {
        var plain = VirtualCard()
        #expect(plain.answers([Self.select, "80E2910003BF2E00"]) == ["6A82", "6D00"])
        var card = card()
        #expect(
            card.answers(["0070000001", "01A40404" + Self.select.dropFirst(8) + "00"]).map { $0.suffix(4) }
                == ["9000", "9000"])
        #expect(card.answer("81E2910003BF2E0000").hasPrefix("BF2E12"))
        // another application on the channel
        #expect(card.answers(["00A4040C07A0000000871002", "80E2910003BF2E00"]) == ["9000", "6D00"])
    }

    @Test func blocks() {
        var card = card()
        #expect(
            card.answers([
                "80E2110002BF3E", "80E2910104035C015A00", "80E2910103BF2E00", "80E2110001BF", "80E2910003BF430000",
                "80E2810003BF2E00", "80E2910003BF4400", "80E2910001BF", "80E2910000",
            ])
                == [
                    "9000", "BF3E125A10890490320123456789012345678901709000", "6A86", "9000", "BF4302A0009000", "6A86",
                    "6A88", "6A80", "6A80",
                ])
    }

    @Test func requestsHaveABound() {
        var card = card()
        let block = [0x80, 0xE2, 0x11, 0x00, 0xFF] + [UInt8](repeating: 0xBF, count: 255)
        let answers = (0..<258).map { number -> [UInt8] in
            var command = block
            command[3] = UInt8(truncatingIfNeeded: number)
            return card.process(command).response
        }
        #expect(answers.prefix(257).allSatisfy { $0 == [0x90, 0x00] } && answers[257] == [0x6A, 0x84])
    }

    /// What can be asked for: all, some tags, one by number, by class.
    @Test func profilesAreTold() {
        var card = card()
        #expect(
            ask(&card, "BF2D055C039F705A") == "BF2D26A024E3105A0A988812010000000000F39F700101"
                + "E3105A0A988812010000000010F19F7001009000")
        #expect(ask(&card, "BF2D06A0005C029F70") == "BF2D0EA00CE3049F700101E3049F7001009000")
        #expect(ask(&card, "BF2D08A0035A01115C015A") == "BF2D02A0009000")
        #expect(ask(&card, "BF2D08A0039501025C0195").hasPrefix("BF2D0CA00AE303950102E303950102"))
    }

    /// Each result that a state leads to, and the notifications it leaves.
    @Test func profilesChange() {
        var card = card()
        let (first, second) = ("5A0A988812010000000000F3", "5A0A988812010000000010F1")
        let dialogue = [
            ("BF3111A00C\(second)8101FF", "BF3103800100"), ("BF3111A00C\(second)8101FF", "BF3103800102"),
            ("BF3211A00C\(first)8101FF", "BF3203800102"), ("BF330C\(second)", "BF3303800102"),
            ("BF330C\(first)", "BF3303800100"), ("BF330C\(first)", "BF3303800101"),
            ("BF290F\(second)900141", "BF2903800100"), ("BF290F\(first)900141", "BF2903800101"),
            ("BF3404820205A0", "BF3403800100"), ("BF340482020580", "BF3403800101"), ("BF3403820105", "BF340380017F"),
        ]
        for (request, response) in dialogue {
            #expect(ask(&card, request) == response + "9000", "\(request)")
        }
        // disabled and enabled by the first, deleted twice
        #expect(ask(&card, "BF2800").components(of: "BF2F") == 4)
        #expect(ask(&card, "BF280481020410").components(of: "BF2F") == 2)
        #expect(ask(&card, "BF2B05A003800101").hasPrefix("BF2B8203"))
        #expect(ask(&card, "BF3003800101") == "BF30038001009000")
        #expect(ask(&card, "BF3003800101") == "BF30038001019000")
        #expect(ask(&card, "BF2B05A003800101") == "BF2B038101019000")
    }

    /// Where a download does not begin at its beginning.
    @Test func downloadsHaveAnOrder() {
        var card = card()
        let signed = "80020102"
        #expect(ask(&card, "BF38063004\(signed)") == "BF3809A107800201020201049000")
        #expect(ask(&card, "BF21063004\(signed)") == "BF2109A107800201020201049000")
        #expect(ask(&card, "BF360ABF230782010180020102") == "6985")
        #expect(ask(&card, "A000") == "6985")
        #expect(ask(&card, "BF4107\(signed)810100") == "BF41038101059000")
        let challenge = ask(&card, "BF2E00").dropFirst(10).prefix(32)
        #expect(ask(&card, "BF38183016\(signed)8110" + String(repeating: "0", count: 32)).contains("020106"))
        #expect(ask(&card, "BF38183016\(signed)8110\(challenge)").hasPrefix("BF3882"))
        #expect(ask(&card, "BF2106300480020103").contains("020105"))
        #expect(ask(&card, "BF21063004\(signed)").hasPrefix("BF2181"))
        // another transaction, and nothing of the session is left
        #expect(ask(&card, "BF360ABF230782010180020103").contains("A208A106800100810103"))
        #expect(ask(&card, "BF4107\(signed)810100") == "BF41038101059000")
    }

    /// A package in its four parts, again and again until the memory is full.
    @Test func memoryEnds() {
        var card = card()
        func install(_ number: Int) -> String {
            let challenge = ask(&card, "BF2E00").dropFirst(10).prefix(32)
            _ = ask(&card, "BF38183016800201028110\(challenge)")
            _ = ask(&card, "BF2106300480020102")
            let digits = hexadecimal([UInt8(number)])
            let metadata = "881ABF250F5A0A98881201000000002" + "0\(digits)920141" + String(repeating: "AC", count: 8)
            let parts = ["BF3630BF230782010180020102", "A0028700", "A11C", metadata, "A3028600"]
            return parts.map { ask(&card, $0) }.joined(separator: " ")
        }
        for number in 0..<14 {
            #expect(install(number).hasPrefix("9000 9000 9000 9000 BF37"), "\(number)")
        }
        #expect(ask(&card, "BF2200").contains("840A81011082010083024000"))
        #expect(install(14).contains("A208A10680010581010A"))
        #expect(install(3).contains("A208A106800102810109"))
        #expect(ask(&card, "BF2D045C029F70").components(of: "E304") == 16)
    }

    @Test func failuresByResult() {
        var card = card([
            EUICCFailure(function: .getProfilesInfo, result: 1, times: 1),
            EUICCFailure(function: .authenticateServer, result: 2, after: 1),
            EUICCFailure(function: .enableProfile, result: 127),
        ])
        #expect(ask(&card, "BF2D00") == "BF2D038101019000")
        #expect(ask(&card, "BF2D00").hasPrefix("BF2D7BA079"))
        #expect(ask(&card, "BF3806300480020102").contains("020104"))
        #expect(ask(&card, "BF3806300480020102").contains("020102"))
        #expect(ask(&card, "BF3103810100") == "BF310380017F9000")
    }

    @Test func anyRequestIsTaken() {
        var card = card()
        var generator = SeededGenerator(seed: 5)
        let tags = EUICCFunction.allCases.map { $0.tag.bytes } + [[0xA0], [0xA1], [0x86], [0x87], [0x88]]
        for _ in 0..<randomRounds {
            let tag = tags.randomElement(using: &generator) ?? []
            let data = tag + generator.bytes(0...60)
            let answer = card.process([0x80, 0xE2, 0x91, 0x00, UInt8(data.count)] + data + [0x00]).response
            #expect(answer.count >= 2)
        }
    }
}

extension String {
    /// How often another text is in it.
    fileprivate func components(of part: String) -> Int { ranges(of: part).count }
}
