import SmartCard
import TestSupport
import Testing

@Suite struct ATRTests {
    static func known(_ name: String) throws -> ATR {
        let line = try #require(try captures("atr.hex", separator: ":").first { $0[0] == name })
        return try ATR(hex(line[1]))
    }

    @Test(arguments: [
        ("sysmoISIM-SJA2", "T=0, 512/32, UICC (sysmoISIM-SJA2), 4 channels"),
        ("sysmoEUICC1-C2T", "T=0, 512/32, UICC (sysmoEUICC1-C2T), 8+ channels"),
        ("sysmoUSIM-SJS1", "T=0, 512/32, UICC (sysmoUSIM-SJS1), 4 channels"),
        ("sysmoSIM-GR1", "T=0, 372/12, GSM SIM (sysmoSIM-GR1)"),
        ("Nokia SIM Ph2 16K Ver2.0", "T=0, 372/1, GSM SIM (Nokia SIM Ph2 16K Ver2.0)"),
        ("NXP JCOP 2.4.1", "T=1, 372/4, Java Card (NXP JCOP 2.4.1)"),
        ("MIFARE Classic 1K", "T=0 T=1, 372/1, contactless storage card (MIFARE Classic 1K)"),
    ])
    func described(_ name: String, _ description: String) throws {
        let atr = try Self.known(name)
        #expect(atr.description == description)
        #expect(atr.knownCard == name)
        #expect(atr.trailingBytes == 0)
    }

    @Test func simJA2() throws {
        let atr = try Self.known("sysmoISIM-SJA2")
        #expect(atr.convention == .direct)
        #expect(atr.interfaceBytes.count == 3)
        #expect(atr.interfaceBytes[0].ta == 0x96)
        #expect(atr.interfaceBytes[0].td == 0x80)
        #expect(atr.interfaceBytes[1].td == 0x1F)
        #expect(atr.interfaceBytes[2].ta == 0x87)
        #expect(atr.interfaceBytes[2].protocolNumber == 15)
        #expect(atr.clockStopAndClasses?.clockStop == .high)
        #expect(atr.clockStopAndClasses.map { $0.takes5V && $0.takes3V && $0.takes1V8 } == true)
        #expect(atr.historical.bytes.count == 15)
        #expect(atr.historical.category == .compactTLV)
        #expect(atr.historical.cardServiceData == 0xE0)
        #expect(atr.historical.preIssuingData == hex("4A 4C 75 30 34 05 4B"))
        #expect(atr.historical.capabilities?.bytes == hex("FE 21 1B"))
        #expect(atr.historical.capabilities?.supportsExtendedLength == false)
        #expect(atr.historical.capabilities?.cardAssignsChannels == true)
        #expect(atr.historical.capabilities?.terminalAssignsChannels == true)
        #expect(atr.logicalChannels == 4)
        #expect(atr.checksum == .valid)
        #expect(atr.likelyCard == .uicc)
    }

    @Test func otherUICCs() throws {
        let euicc = try Self.known("sysmoEUICC1-C2T")
        #expect(euicc.interfaceBytes[1].td == 0x3F)
        #expect(euicc.contactSPU == 0x82)
        #expect(euicc.historical.issuerData == hex("45 43 75 31 30 13 65"))
        #expect(euicc.logicalChannels == 8)
        #expect(euicc.checksum == .valid)
        let usim = try Self.known("sysmoUSIM-SJS1")
        #expect(usim.clockStopAndClasses?.clockStop == .noPreference)
        #expect(usim.historical.cardServiceData == 0xA0)
        #expect(usim.historical.preIssuingData == hex("43 20 07 18 00 00 01"))
        #expect(usim.historical.capabilities?.terminalAssignsChannels == false)
        #expect(usim.checksum == .valid)
    }

    @Test func simsWithoutChecksum() throws {
        let gr1 = try Self.known("sysmoSIM-GR1")
        #expect(gr1.checksum == .none)
        #expect(gr1.protocols == [0])
        #expect(gr1.historical.category == .proprietary)
        #expect(gr1.historical.bytes == hex("11 88 22 33 44 55 66 77 60"))
        let nokia = try Self.known("Nokia SIM Ph2 16K Ver2.0")
        #expect(nokia.convention == .inverse)
        #expect(nokia.checksum == .none)
        #expect(nokia.interfaceBytes.count == 1)
        #expect(nokia.interfaceBytes[0].tb == 0)
        #expect(nokia.interfaceBytes[0].td == nil)
        #expect(nokia.historical.preIssuingData == hex("AF 03 07 01 59 00 00 0A 0E"))
        #expect(nokia.historical.value(ofTag: 8) == hex("3E 9F 16"))
    }

    @Test func cardsOfT1() throws {
        let jcop = try Self.known("NXP JCOP 2.4.1")
        #expect(jcop.protocols == [1])
        #expect(jcop.interfaceBytes[0].tb == 0)
        #expect(jcop.interfaceBytes[0].tc == 0)
        #expect(jcop.informationFieldSize == 254)
        #expect(jcop.waitingTimeIntegers?.block == 4)
        #expect(jcop.waitingTimeIntegers?.character == 5)
        #expect(jcop.historical.text == "JCOPv241")
        #expect(jcop.checksum == .valid)
        let mifare = try Self.known("MIFARE Classic 1K")
        #expect(mifare.protocols == [0, 1])
        #expect(mifare.historical.applicationIdentifier == hex("A0 00 00 03 06 03 00 01 00 00 00 00"))
        #expect(mifare.checksum == .valid)
    }

    /// Cards that no table knows: what the hint may say about them.
    @Test(arguments: [
        // A UICC of another maker: the same structure, other pre-issuing data and TCK.
        (
            "3B 9F 96 80 1F 87 80 31 E0 73 FE 21 1B 67 00 00 00 00 00 00 00 00",
            "T=0, 512/32, UICC, 4 channels, wrong TCK"
        ),
        // An OpenPGP card: T=1, with global bytes after T=15.
        ("3B DA 18 FF 81 B1 FE 75 1F 03 00 31 C5 73 C0 01 40 00 90 00 0C", "T=1, 372/12"),
        // A YubiKey: card service data are missing, T=1 only.
        ("3B FD 13 00 00 81 31 FE 15 80 73 C0 21 C0 57 59 75 62 69 4B 65 79 40", "T=1, 372/4"),
        ("3B 80 80 01 01", "T=0 T=1, 372/1, contactless card"),
        ("3B 00", "T=0, 372/1"),
        ("3B 10 70", "T=0"),
        ("3B 80 01", "T=1, 372/1, TCK missing"),
    ])
    func hints(_ bytes: String, _ description: String) throws {
        #expect(try ATR(hex(bytes)).description == description)
    }

    @Test func openPGPCard() throws {
        let atr = try ATR(hex("3B DA 18 FF 81 B1 FE 75 1F 03 00 31 C5 73 C0 01 40 00 90 00 0C"))
        #expect(atr.checksum == .valid)
        #expect(atr.extraGuardTime == 255)
        #expect(atr.informationFieldSize == 254)
        #expect(atr.clockStopAndClasses?.clockStop == .notAllowed)
        #expect(atr.clockStopAndClasses?.takes1V8 == false)
        #expect(atr.historical.category == .compactTLVWithStatus)
        #expect(atr.historical.status == hex("00 90 00"))
        #expect(atr.historical.capabilities?.supportsExtendedLength == true)
        #expect(atr.historical.capabilities?.logicalChannels == 1)
    }

    @Test func specificModeAndWaitingInteger() throws {
        let atr = try ATR(hex("3B 90 11 50 01 14"))
        #expect(atr.ta1 == 0x11)
        #expect(atr.specificProtocol == 1)
        #expect(atr.waitingInteger == 0x14)
        #expect(try ATR(hex("3B 00")).waitingInteger == 10)
        #expect(try ATR(hex("3B 00")).specificProtocol == nil)
        // ISO/IEC 7816-3, 11.4.2: TA2 is no IFSC, and without a TA for T=1 the card takes 32 bytes.
        #expect(try ATR(hex("3B 80 11 21")).informationFieldSize == 32)
    }

    /// The numbers of ISO/IEC 7816-3 for every TA1.
    @Test func everyTA1() throws {
        let f = [
            0: 372, 1: 372, 2: 558, 3: 744, 4: 1116, 5: 1488, 6: 1860, 9: 512, 10: 768, 11: 1024, 12: 1536, 13: 2048,
        ]
        let d = [1: 1, 2: 2, 3: 4, 4: 8, 5: 16, 6: 32, 7: 64, 8: 12, 9: 20]
        for ta1 in UInt8.min...UInt8.max {
            let atr = try ATR([0x3B, 0x10, ta1])
            #expect(atr.clockRateConversion == f[Int(ta1 >> 4)])
            #expect(atr.baudRateAdjustment == d[Int(ta1 & 15)])
        }
    }

    @Test(arguments: [
        ("", ATRError.Reason.empty, 0), ("00 11", .wrongFirstByte(0), 0), ("3C 00", .wrongFirstByte(0x3C), 0),
        ("3B", .interfaceBytesMissing, 1), ("3B 90 96", .interfaceBytesMissing, 3),
        ("3B 80 80 80", .interfaceBytesMissing, 4), ("3B 05 01 02", .historicalBytesMissing(3), 4),
    ])
    func errors(_ bytes: String, _ reason: ATRError.Reason, _ position: Int) {
        #expect { try ATR(hex(bytes)) } throws: { error in
            guard let error = error as? ATRError else { return false }
            return error.reason == reason && error.position == position && !error.description.isEmpty
        }
    }

    @Test func aBrokenATRTellsHowFarItCame() {
        #expect { try ATR(hex("3B 9F 96 80 1F")) } throws: { error in
            let groups = (error as? ATRError)?.interfaceBytes
            return groups?.count == 2 && groups?.first?.ta == 0x96 && groups?.last?.td == 0x1F
        }
        #expect(throws: ATRError.self) { try ATR([0x3B] + [UInt8](repeating: 0x80, count: 200)) }
    }

    @Test func faultsThatCardsHave() throws {
        let good = try Self.known("sysmoISIM-SJA2").bytes
        var wrong = good
        wrong[wrong.count - 1] ^= 0xFF
        #expect(try ATR(wrong).checksum == .wrong(expected: 0xA9))
        #expect(try ATR(good.dropLast()).checksum == .missing)
        #expect(try ATR(good + [1, 2]).trailingBytes == 2)
        #expect(try ATR(hex("3B 04 80 31 E0 75")).historical.truncated)
        #expect(try ATR(hex("3B 04 80 31 E0 75")).historical.objects.count == 1)
        #expect(try ATR(hex("3B 02 80 4F")).historical.truncated)
    }
}
