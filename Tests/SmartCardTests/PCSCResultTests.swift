import Foundation
import SmartCard
import Testing

@Suite struct PCSCResultTests {
    /// Every code of the reference with the system's own header as the oracle for its name.
    @Test func namesAreThoseOfTheHeader() throws {
        let header = try String(contentsOfFile: "/usr/include/PCSC/pcsclite.h", encoding: .utf8)
        var names: [UInt32: [String]] = [:]
        for line in header.split(separator: "\n") where line.hasPrefix("#define SCARD_") && line.contains("((LONG)0x") {
            let words = line.split(whereSeparator: \.isWhitespace)
            let digits = words[2].dropFirst("((LONG)0x".count).prefix(8)
            names[try #require(UInt32(digits, radix: 16)), default: []].append(String(words[1]))
        }
        let codes: [UInt32] =
            [0] + Array(0x8010_0001...0x8010_001F) + [0x8010_002E, 0x8010_002F, 0x8010_0031]
            + Array(0x8010_0065...0x8010_006C) + [0x8010_006E, 0x8010_006F]
        for code in codes {
            // pcsc-lite 1.9.9's header lacks two codes that its documents list.
            guard let known = names[code] else {
                #expect([0x8010_002F, 0x8010_0031].contains(code))
                continue
            }
            #expect(known.contains(PCSCResult(code).symbol))
        }
    }

    @Test(
        arguments: [
            (0, "SUCCESS", nil), (0x8010_0069, "REMOVED_CARD", "card_removed"),
            (0x8010_000C, "NO_SMARTCARD", "card_removed"),
            (0x8010_000A, "TIMEOUT", "timeout"), (0x8010_0016, "NOT_TRANSACTED", "transport"),
            (0x8010_0068, "RESET_CARD", "transport"), (0x8010_001D, "NO_SERVICE", "transport"),
            (0x8010_0008, "INSUFFICIENT_BUFFER", "wrong_length"), (0x8010_006A, "SECURITY_VIOLATION", "security"),
            (0x8010_006C, "CHV_BLOCKED", "pin_blocked"), (0x1234_5678, "other", "transport"),
        ] as [(Int64, String, String?)])
    func rows(_ code: Int64, _ name: String, _ error: String?) {
        #expect(PCSCResult(code).name == name)
        #expect(PCSCResult(code).errorType?.name == error)
        #expect(PCSCResult.names.contains(name))
    }

    @Test func theLowHalfDecides() {
        #expect(PCSCResult(Int64(2_148_532_234)) == PCSCResult(Int32(bitPattern: 0x8010_000A)))
        #expect(PCSCResult(Int64(-2_146_435_062)).name == "TIMEOUT")
        #expect(PCSCResult(UInt64.max).symbol == "0xFFFFFFFF")
        #expect(PCSCResult(0x8010_0069).description == "SCARD_W_REMOVED_CARD")
    }

    @Test func routine() {
        #expect(PCSCResult.success.isSuccess && PCSCResult.success.isRoutine)
        #expect(PCSCResult(0x8010_000A).isRoutine && PCSCResult(0x8010_0002).isRoutine)
        #expect(!PCSCResult(0x8010_0069).isRoutine && !PCSCResult(0x8010_0069).isSuccess)
        #expect(Set(PCSCResult.names).count == PCSCResult.names.count)
    }
}
