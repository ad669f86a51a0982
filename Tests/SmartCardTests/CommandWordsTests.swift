import TestSupport
import Testing

@testable import SmartCard

@Suite struct CommandWordsTests {
    /// Commands to one card, one after the other: what is selected by one names the next.
    private static func words(_ exchanges: [(String, String)]) -> [String] {
        var place = CardPlace()
        return exchanges.map { command, response in
            let (command, response) = (bytes(command), bytes(response))
            let subject = place.observe(command: command, response: response)
            return CommandWords.words(
                CommandAPDU(command).name(), command: command, response: response, subject: subject)
        }
    }

    private static func bytes(_ digits: String) -> [UInt8] {
        stride(from: 0, to: digits.count, by: 2).compactMap { UInt8(digits.dropFirst($0).prefix(2), radix: 16) }
    }

    @Test(arguments: [
        ("00A40004023F00", "9000", "SELECT MF"), ("00A40000", "9000", "SELECT MF"),
        ("00A40004022FE2", "6121", "SELECT EF.ICCID"), ("00A4080C047F106F3A", "9000", "SELECT EF.ADN"),
        ("00A4080C045F506F3A", "9000", "SELECT 6F3A"), ("00A40004026F07", "9000", "SELECT 6F07"),
        ("00A40004027FFF", "9000", "SELECT ADF"), ("00A40004026F99", "6A82", "SELECT 6F99"),
        ("00A4040407A0000000871002", "6130", "SELECT A0000000871002 (USIM)"),
        ("00A4040410A0000000871002FFFFFFFF8907090000", "6130", "SELECT A0000000871002… (USIM)"),
        ("00A4040407A0000001510000", "9000", "SELECT A0000001510000 (issuer security domain)"),
        // The card's serial number is part of this one.
        ("00A4040010D2760001240102010006123456780000", "9000", "SELECT D27600012401… (OpenPGP)"),
        ("00A4040008F000000001020304", "6A82", "SELECT F000000001…"),
        ("00A4040000", "9000", "SELECT default application"),
        ("00A4030C", "9000", "SELECT parent"), ("00A4000403", "6700", "SELECT MF"),
        ("00B000000A", "9000", "READ BINARY (0, 10)"), ("00B0820000", "6C0A", "READ BINARY (0, 256)"),
        ("00B0012CFF", "9000", "READ BINARY (300, 255)"), ("00B201041C", "9000", "READ RECORD (1)"),
        ("00B200021C", "9000", "READ RECORD (next)"), ("00DC02040401020304", "9000", "UPDATE RECORD (2)"),
        ("0020000108FFFFFFFFFFFFFFFF", "9000", "VERIFY PIN1"), ("00200081", "63C3", "VERIFY PIN2"),
        ("0020000A", "63CA", "VERIFY ADM1"), ("0020008A", "63CA", "VERIFY ADM6"),
        ("00200011", "6A88", "VERIFY universal PIN"),
        ("A02000010831323334FFFFFFFF", "9804", "VERIFY CHV 1"), ("00200055", "6A88", "VERIFY 55"),
        ("0070000001", "019000", "MANAGE CHANNEL open 1"), ("00708001", "9000", "MANAGE CHANNEL close 1"),
        ("80CA9F7F00", "6A88", "GET DATA 9F7F"), ("00C0000021", "9000", "GET RESPONSE (33)"),
        ("801200000C", "D0098103014001820281829000", "FETCH OPEN CHANNEL"), ("801200000C", "6F00", "FETCH"),
        ("801400000C810301400182028281030100", "9000", "TERMINAL RESPONSE OPEN CHANNEL"),
        ("80C2000009D6071901098202828100", "9000", "ENVELOPE EVENT DOWNLOAD"),
        ("00A4", "6700", "MALFORMED"), ("80F20000", "9000", "STATUS"),
    ])
    func aCommandAlone(command: String, response: String, words: String) {
        #expect(Self.words([(command, response)]) == [words])
    }

    @Test func whatIsSelectedNamesWhatFollows() {
        let usim = "00A4040410A0000000871002FFFFFFFF8907090000"
        let isim = "00A4040410A0000000871004FFFFFFFF8907090000"
        #expect(
            Self.words([
                ("00A40004023F00", "9000"), ("00A40004022FE2", "9000"), ("00B000000A", "9000"), (usim, "9000"),
                ("00A40004026F07", "9000"), ("00B0000009", "9000"), ("00B0870009", "9000"), ("00A40004027FFF", "9000"),
                (isim, "9000"), ("00A40004026F07", "9000"), ("00A40004026F02", "6A82"), ("00B000000A", "9000"),
            ]) == [
                "SELECT MF", "SELECT EF.ICCID", "READ BINARY EF.ICCID (0, 10)", "SELECT A0000000871002… (USIM)",
                "SELECT EF.IMSI", "READ BINARY EF.IMSI (0, 9)", "READ BINARY EF.IMSI (0, 9)", "SELECT ADF.USIM",
                "SELECT A0000000871004… (ISIM)", "SELECT EF.IST", "SELECT EF.IMPI",
                // Which file a refused SELECT leaves is not certain.
                "READ BINARY (0, 10)",
            ])
    }

    @Test func channelsAreFollowedEachForItself() {
        #expect(
            Self.words([
                ("00A40004022FE2", "9000"), ("0070000001", "019000"), ("01A40004022F00", "9000"),
                ("01B2010426", "9000"),
                ("00B000000A", "9000"), ("00708001", "9000"), ("01B2010426", "6881"),
            ]) == [
                "SELECT EF.ICCID", "MANAGE CHANNEL open 1", "SELECT EF.DIR", "READ RECORD EF.DIR (1)",
                "READ BINARY EF.ICCID (0, 10)", "MANAGE CHANNEL close 1", "READ RECORD (1)",
            ])
    }

    @Test func anotherApplicationsReferencesHaveNoName() {
        let words = Self.words([("00A4040006D27600012401", "9000"), ("0020008106313233343536", "9000")])
        #expect(words == ["SELECT D27600012401 (OpenPGP)", "VERIFY 81"])
    }

    /// No bytes make it trap, and no more of them than a header's parameters and names comes out.
    @Test func anyBytesHaveWords() {
        var random = SeededGenerator(seed: 42)
        var place = CardPlace()
        for _ in 0..<20_000 {
            func some(_ most: Int) -> [UInt8] {
                (0..<Int.random(in: 0...most, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
            }
            var (command, response) = (some(24), some(12))
            if Bool.random(using: &random), command.count > 4 {
                command[0] = 0
                command[1] = [0xA4, 0xB0, 0xB2, 0x70, 0x20, 0x12, 0x14, 0xC2].randomElement(using: &random) ?? 0
                command[4] = UInt8(clamping: command.count - 5)
                response += [0x90, 0x00]
            }
            let subject = place.observe(command: command, response: response)
            let name = CommandAPDU(command).name()
            let words = CommandWords.words(name, command: command, response: response, subject: subject)
            #expect(words.hasPrefix(name.name) && words.count < 100)
        }
    }

    /// A name stands once for each file of a directory.
    @Test func theTableIsOfOneMind() {
        var known: Set<String> = []
        for row in CardFileNames.rows {
            for directory in row.directories {
                #expect(known.insert("\(directory) \(row.identifier)").inserted, "\(row.name)")
                #expect(CardFileNames.name(of: CardFile(row.identifier), in: directory) == row.name)
            }
        }
    }
}
