import Foundation
import TestSupport
import Testing

@testable import SmartCard

/// What eUICCs are asked for and answer, as others have made it: read, cut short, and cut by redaction.
@Suite struct ESIMTests {
    /// The function table: each tag once, each function's answer found by it, and names that nothing else has.
    @Test func theTable() {
        #expect(ESIMFunction.rows.count == ESIMFunction.allCases.count)
        #expect(Set(ESIMFunction.rows.map(\.tag)).count == 21)
        #expect(Set(ESIMFunction.rows.map(\.name)).count == 21)
        for function in ESIMFunction.allCases {
            #expect(ESIMFunction(tag: function.row.tag) == function)
            let answerTag = function == .loadBoundProfilePackage ? 0x37 : function.row.tag
            #expect(ESIMFunction(answerTag: answerTag) == function)
            #expect(function.row.answer == .data || !function.row.codes.isEmpty)
        }
        #expect(ESIMFunction(tag: 0x37) == nil && ESIMFunction(answerTag: 0x36) == nil)
        #expect(ESIMFunction.getEid.specifiedName == "GetEID" && ESIMFunction.getEid.group == .es10c)
    }

    /// The documentation's table has the same functions.
    @Test func thePageHasTheTable() throws {
        let file = "\(Files.package)/Sources/ProbeDaemon/ProbeDaemon.docc/ESIM.md"
        let page = try String(contentsOfFile: file, encoding: .utf8)
        let shown = page.split(separator: "\n").filter { $0.contains("| ES10") }.map { line in
            line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        }
        #expect(
            shown.map { [$0[0], $0[1], $0[2], $0[4]] }
                == ESIMFunction.rows.map { row in
                    let tag = "BF" + String(row.tag, radix: 16, uppercase: true)
                    return [row.name, row.group.rawValue, tag, row.clause]
                })
    }

    /// Wherever a request is cut short there is a fault, by what is missing.
    @Test(arguments: try! captures("esim.hex", separator: "|"))
    func everyTruncationOfARequest(_ line: [String]) throws {
        for command in ESIMExchange.all(line).map(\.command) where command[1] == 0xE2 && command[3] == 0 {
            let block = try ESIMBlock(command)
            let data = command[CommandAPDU(command).dataRange]
            for count in 0..<data.endIndex {
                // Without data it is a command of another case, and then one whose lengths contradict one another.
                let fault: ESIMBlock.Fault = [4, 5].contains(count) ? .truncated : .otherCommand
                #expect(throws: fault) { try ESIMBlock(Array(command.prefix(count))) }
            }
            for count in data.indices.dropFirst().map({ $0 - data.startIndex }) {
                let short = Array(command.prefix(4)) + [UInt8(count)] + data.prefix(count)
                let fault: ESIMBlock.Fault = count < block.head.count ? .truncated : .lengthMismatch
                // Sequences and packages go on in the next segment; of a longer request there is more to come.
                let longer: [ESIMBlock.Content] = [
                    .function(.loadBoundProfilePackage), .segment(0xA1), .segment(0xA3),
                ]
                let mayGoOn = command[2] == 0x11 || longer.contains(block.content)
                if mayGoOn && fault == .lengthMismatch {
                    #expect(try ESIMBlock(short) == block)
                } else {
                    #expect(throws: fault) { try ESIMBlock(short) }
                }
            }
        }
    }

    /// Wherever an answer is cut short there is a fault; of a piece that says that more follows there is none.
    @Test(arguments: try! captures("esim.hex", separator: "|"))
    func everyTruncationOfAnAnswer(_ line: [String]) throws {
        let first = ESIMExchange.all(line).first { $0.response.count > 2 }
        guard let response = first?.response else { return }
        let data = response.dropLast(2)
        let answer = try ESIMAnswer(response)
        for count in 0..<data.count {
            let short = Array(data.prefix(count))
            let isHeadless = count < (data[2] < 0x80 ? 3 : data[2] == 0x81 ? 4 : 5)
            #expect(throws: isHeadless ? ESIMAnswer.Fault.truncated : .lengthMismatch) {
                try ESIMAnswer(short + [0x90, 0x00])
            }
            guard !isHeadless, answer.length > count else { continue }
            let piece = try ESIMAnswer(short + [0x61, 0x10])
            #expect(piece.function == answer.function && piece.length == answer.length)
            #expect([answer.result, .unread].contains(piece.result))
        }
        #expect(throws: ESIMAnswer.Fault.noStatusWord) { try ESIMAnswer([0xBF]) }
    }

    /// What an answer tells but for the serial numbers in it.
    private func read(_ response: [UInt8]) -> String? {
        (try? ESIMAnswer(response)).map {
            "\($0.function) \($0.length) \($0.result) \(String(describing: $0.code)) \(String(describing: $0.listed)) "
                + "\(String(describing: $0.notification)) \(String(describing: $0.failedCommand)) "
                + "\(String(describing: $0.cancelReason))"
        }
    }

    /// What redaction leaves of each capture at each level has no canary, as bytes or as text, and reads the same. Serial
    /// numbers stay where contents of files do.
    @Test(arguments: try! captures("esim.hex", separator: "|"))
    func canariesStay(_ line: [String]) throws {
        let canaries = [hex("CA11AB1E"), Array("CANARY".utf8)]
        var isSeen = false
        for exchange in ESIMExchange.all(line) {
            let (command, response) = (exchange.command, exchange.response)
            for level in Redaction.Level.allCases {
                let kept = Redaction.kept(command: command, response: response, level: level)
                var answer = kept.response
                for identity in (try? ESIMAnswer(answer))?.identities ?? [] {
                    #expect(level == .captureFiles)
                    #expect(answer[identity.range] == response[identity.range])
                    for index in identity.range { answer[index] = 0 }
                }
                for side in [kept.command, answer] {
                    for canary in canaries { #expect(!side.contains(canary)) }
                }
                #expect(kept.command.count == command.count && kept.response.count == response.count)
                #expect((try? ESIMBlock(kept.command)) == (try? ESIMBlock(command)))
                #expect(read(kept.response) == read(response))
            }
            isSeen = isSeen || canaries.contains { command.contains($0) || response.contains($0) }
        }
        // Those of others have none, and nor has an empty list.
        let isOurs = line[3].hasPrefix("asn1tools")
        let isEmpty = [
            "GetRAT", "ListNotification, none", "ListNotification, an error", "GetProfilesInfo, an error",
            "RemoveNotificationFromList", "eUICCMemoryReset",
        ].contains(line[0])
        #expect(isSeen == (isOurs && !isEmpty))
    }

    /// Byte by byte: what is kept of an exchange, at every level.
    @Test(arguments: [
        // A result, and the request without the profile that it names.
        (
            "80E2910014BF3111A00C5A0A98001032547698103214 8101FF", "BF3103800103 9000",
            "80E2910014BF31110000000000000000000000000000 000000", "BF3103800103 9000"
        ),
        // Blocks that go on are cut, and so is what no function begins with.
        ("80E2110103BF3100", "9000", "80E21101030000 00", "9000"),
        ("80E2910003BF4400", "9000", "80E29100030000 00", "9000"),
        ("80E2900003BF2000", "9000", "80E29000030000 00", "9000"),
        ("84E2910003BF2000", "9000", "84E29100030000 00", "9000"),
        ("80E2910004BF200000", "9000", "80E291000400000000", "9000"),
        ("80E2910003BF2000", "BF200182 9000", "80E2910003BF2000", "BF200100 9000"),
        // Not the answer of a function, or of another length.
        ("80E2910003BF2000", "BF2002 82 9000", "80E2910003BF2000", "000000 00 9000"),
        // Of a longer one the head.
        ("00C0000004", "BF310380 6102", "00C0000004", "BF310300 6102"),
        // Segments.
        ("81E2910004A1820BB8", "9000", "81E2910004A1820BB8", "9000"),
        ("81E291000588031122 33", "9000", "81E2910005880300 0000", "9000"),
        ("81E291000588021122 33", "9000", "81E291000500000000 00", "9000"),
        // A list: heads, not what they are of.
        (
            "00C0000012", "BF280FA00DBF2F02AABBBF2F05800101AABB 9000",
            "00C0000012", "BF280FA00DBF2F020000BF2F050000000000 9000"
        ),
        // The installation that failed.
        (
            "81C000002C",
            "BF3729BF27228002AABBBF2F09800201020C03AABBCC0602AABBA20CA10A80010581010C8202AABB5F3701AA 9000",
            "81C000002C",
            "BF3729BF272280020000BF2F09800201020000000000 06020000A20CA10A80010581010C0000 0000 00000000 9000"
        ),
    ])
    func whatIsKept(_ command: String, _ response: String, _ keptCommand: String, _ keptResponse: String) {
        let bare = { (text: String) in hex(text.replacing(" ", with: "")) }
        for level in Redaction.Level.allCases {
            let kept = Redaction.kept(command: bare(command), response: bare(response), level: level)
            #expect(kept.command == bare(keptCommand))
            #expect(kept.response == bare(keptResponse))
        }
    }

    /// The serial numbers of a card and of its profiles stay with the contents of files, and only whole ones that stand
    /// where they must.
    @Test(arguments: [
        (
            "BF3E12 5A1089049032123451234512345678901235 9000", "BF3E12 5A1089049032123451234512345678901235 9000",
            ["eid"]
        ),
        ("BF3E11 5A0F890490321234512345123456789012 9000", "BF3E11 0000000000000000000000000000000000 9000", []),
        (
            "BF2D21 A01F E30F 5A0A98001032547698103214 4F01AA E30C 5A0A98001032547698103215 9000",
            "BF2D21 A01F E30F 5A0A98001032547698103214 000000 E30C 5A0A98001032547698103215 9000", ["iccid", "iccid"]
        ),
        (
            "BF2D16 A014 E312 4F01AA 5A0A98001032547698103214 9F7000 9000",
            "BF2D16 A014 E312 000000 000000000000000000000000 000000 9000", []
        ),
        ("BF2D21 A01F E30F 5A0A980010325476 6110", "BF2D21 A01F E30F 0000000000000000 6110", []),
        ("BF3112 5A1089049032123451234512345678901235 9000", "BF3112 000000000000000000000000000000000000 9000", []),
    ])
    func serialNumbers(_ response: String, _ kept: String, _ kinds: [String]) throws {
        let bare = { (text: String) in hex(text.replacing(" ", with: "")) }
        let command = hex("00C0000000")
        #expect(try ESIMAnswer(bare(response)).identities.map(\.kind.name) == kinds)
        #expect(
            Redaction.kept(command: command, response: bare(response), level: .captureFiles).response == bare(kept))
        for level in [Redaction.Level.standard, .capture] {
            let less = Redaction.kept(command: command, response: bare(response), level: level).response
            #expect(!less.contains(0x5A))
        }
    }

    /// Any codes: the sum of the tables, and what they do not have.
    @Test func codes() throws {
        for function in ESIMFunction.allCases where function.row.answer == .code {
            for code in UInt8.min...UInt8.max {
                let answer = try ESIMAnswer([0xBF, function.row.tag, 0x03, 0x80, 0x01, code, 0x90, 0x00])
                #expect(answer.code == code && answer.result == function.row.codes[code] ?? .other)
            }
        }
        #expect(BoundProfileCommand(code: 5) == .loadProfileElements && BoundProfileCommand(code: 6) == .other)
        #expect(BoundProfileCommand(code: 255) == .other && BoundProfileCommand(code: 0) == .initialiseSecureChannel)
        #expect(ESIMCancelReason(code: 5) == .loadBppExecutionError && ESIMCancelReason(code: 6) == .other)
        #expect(ESIMCancelReason(code: 127) == .undefinedReason && ESIMCancelReason(code: 0) == .endUserRejection)
    }
}

extension [UInt8] {
    fileprivate func contains(_ part: [UInt8]) -> Bool {
        indices.contains { self[$0...].starts(with: part) }
    }
}
