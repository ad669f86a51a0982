import SmartCard
import TestSupport
import Testing

/// What is nobody else's business, by file, by data object, by the look of it.
@Suite struct CardSecretTests {
    @Test(arguments: [
        (UInt16(0x2FE2), CardSecret.iccid), (0x6F07, .imsi), (0x6F40, .msisdn), (0x6F02, .impi), (0x6F04, .impu),
        (0x6F08, .keys), (0x6F09, .keys), (0x6F20, .keys), (0x6F52, .keys), (0x6FE4, .keys), (0x4F20, .keys),
        (0x4F05, .keys), (0x6F46, nil), (0x2F00, nil), (0x6FAD, nil), (0x3F00, nil),
    ])
    func files(identifier: UInt16, secret: CardSecret?) {
        #expect(CardFile(identifier).secret == secret)
    }

    @Test(arguments: [
        (UInt16(0x005A), CardSecret.eid), (0x0042, .iin), (0x0045, .cin), (0x9F7F, .cplc), (0x0066, nil), (0x00E0, nil),
    ])
    func dataObjects(tag: UInt16, secret: CardSecret?) {
        #expect(CardSecret(dataObject: tag) == secret)
    }

    @Test(arguments: [
        ("08 09 10 10 00 00 00 00 10", CardSecret.imsi), ("07 91 10 10 00 00 00 00 FF", .imsi),
        ("98 88 72 63 54 45 36 27 18 F0", .iccid), ("98 88 12 01 00 00 00 00 00 F3", .iccid),
        ("08 0A 10 10 00 00 00 00 10", nil), ("08 09 10 1A 00 00 00 00 10", nil), ("08 09 10 10 00 00 00 00", nil),
        ("98 88 7A 63 54 45 36 27 18 F0", nil), ("00 88 72 63 54 45 36 27 18 F0", nil), ("", nil),
        ("FF FF FF FF FF FF FF FF FF", nil), ("00 00 00 00 00 00 00 00 00 00", nil),
    ])
    func contents(bytes: String, secret: CardSecret?) {
        #expect(CardSecret(contents: hex(bytes)) == secret)
    }

    @Test func keysAreNoIdentity() {
        #expect(CardSecret.allCases.filter { !$0.isIdentity } == [.keys])
        #expect(CardSecret.cplc.name == "cplc")
    }
}
