import SmartCard
import TestSupport
import Testing

@Suite struct TLVTests {
    @Test func comprehensionBitIsMasked() throws {
        let (objects, truncated) = ComprehensionTLVs.decode(hex("81 03 01 40 01 02 02 81 82 B5 00")[...])
        #expect(!truncated)
        #expect(objects.map(\.tag) == [0x01, 0x02, 0x35])
        #expect(objects.map(\.isRequired) == [true, false, true])
        #expect(objects.map { Array($0.value) } == [hex("01 40 01"), hex("81 82"), []])
    }

    @Test(arguments: [
        ("7F 81 23 01 AA", UInt16(0x0123), true, 1), ("7F 01 23 00", 0x0123, false, 0),
        ("36 7F" + String(repeating: " 55", count: 127), 0x36, false, 127),
        ("36 81 80" + String(repeating: " 55", count: 128), 0x36, false, 128),
        ("36 82 01 00" + String(repeating: " 55", count: 256), 0x36, false, 256),
        ("36 83 00 00 02 55 55", 0x36, false, 2), ("36 81 02 55 55", 0x36, false, 2),
    ])
    func tagsAndLengths(_ text: String, _ tag: UInt16, _ required: Bool, _ length: Int) {
        let (objects, truncated) = ComprehensionTLVs.decode(hex(text)[...])
        #expect(!truncated)
        #expect(objects.map(\.tag) == [tag])
        #expect(objects.first?.isRequired == required)
        #expect(objects.first?.value.count == length)
    }

    /// Each begins with one good object, which stays.
    @Test(arguments: [
        "00 01 AA", "80 01 AA", "FF 01 AA", "36", "36 02 AA", "36 81", "36 82 01", "36 83 00 00",
        "36 84 00 00 00 01 AA",
        "36 80", "7F", "7F 01", "7F 01 23", "36 83 FF FF FF AA",
    ])
    func brokenObjectsEndTheWalk(_ tail: String) {
        let (objects, truncated) = ComprehensionTLVs.decode(hex("03 01 00 " + tail)[...])
        #expect(truncated)
        #expect(objects.map(\.tag) == [0x03])
    }

    @Test func aWalkThatEndedStaysEnded() {
        var walk = ComprehensionTLVs(hex("03 01 00 00"))
        #expect(walk.next() != nil)
        #expect(!walk.truncated)
        #expect(walk.next() == nil)
        #expect(walk.next() == nil)
        #expect(walk.truncated)
        #expect(ComprehensionTLVs.decode([]).truncated == false)
    }

    /// The worked examples: tags in order, and no broken object.
    @Test(arguments: [
        ("E1 OPEN CHANNEL", "01 02 35 39 0D 0D 3C 3E"),
        ("E2 OPEN CHANNEL with access name", "01 02 35 39 47 0D 0D 3C 3E"),
        ("E3 OPEN CHANNEL answered", "01 02 03 38 35 39"), ("E3 OPEN CHANNEL refused", "01 02 03 35 39"),
        ("E4 OPEN CHANNEL, all tags required", "01 02 05 35 39 47 3C 3E"), ("E5 SEND DATA", "01 02 36"),
        ("E6 SEND DATA of 200 bytes", "01 02 36"), ("E7 RECEIVE DATA", "01 02 37"),
        ("E7 RECEIVE DATA answered", "01 02 03 36 37"),
        ("E8 CLOSE CHANNEL", "01 02"), ("E9 GET CHANNEL STATUS", "01 02"), ("E10 data available", "19 02 38 37"),
        ("E11 channel status event, listening", "19 02 38"), ("E12 OPEN CHANNEL, server", "01 02 05 39 3C"),
        ("E13 OPEN CHANNEL for DNS", "01 02 05 35 39 3C 3E"), ("E14 OPEN CHANNEL, CSD", "01 02 06 35 39"),
        ("E14 RECEIVE DATA answered in two", "01 02 03 36 36 37"),
    ])
    func workedExamples(_ name: String, _ tags: String) throws {
        let line = try #require(try captures("toolkit.hex", separator: "|").first { $0[0] == name })
        var content = hex(line[2])[...]
        if line[1] != "response" {
            let outer = BERTLVs.decode(content)
            #expect(!outer.truncated)
            content = try #require(outer.objects.first).value
        }
        let (objects, truncated) = ComprehensionTLVs.decode(content)
        #expect(!truncated)
        #expect(objects.map { UInt8(truncatingIfNeeded: $0.tag) } == hex(tags))
        #expect(objects.allSatisfy { ToolkitTag.named($0.tag) != nil })
    }

    @Test func valuesOfAnExample() throws {
        let line = try #require(try captures("toolkit.hex", separator: "|").first { $0[0] == "E1 OPEN CHANNEL" })
        let outer = try #require(BERTLVs.decode(hex(line[2])[...]).objects.first)
        #expect(outer.tag == 0xD0)
        let objects = ComprehensionTLVs.decode(outer.value).objects
        #expect(Array(objects[3].value) == hex("05 78"))
        #expect(objects[4].value.dropFirst().elementsEqual("UserLog".utf8))
        #expect(objects[5].value.dropFirst().elementsEqual("UserPwd".utf8))
        #expect(Array(objects[6].value) == hex("01 AD 9C"))
    }

    @Test func nestedObjects() {
        let fcp = hex("62 0E 82 02 78 21 84 08 A0 00 00 00 87 10 02 FF FF FF 9F 70 01 07 7F 49 02 86 00")
        let (objects, truncated) = BERTLVs.decode(fcp[...])
        #expect(!truncated)
        #expect(objects.map(\.tag) == [0x62, 0x9F70, 0x7F49])
        #expect(objects.map(\.isConstructed) == [true, false, true])
        #expect(Array(objects[0].children).map(\.tag) == [0x82, 0x84])
        #expect(Array(objects[1].children).isEmpty)
        #expect(Array(objects[2].children).map(\.tag) == [0x86])
    }

    @Test(arguments: [
        ("04 81", 0), ("04 02 00", 0), ("04 01 00 5F", 1), ("04 01 00 5F 81 81 81 01 00", 1), ("04 80 00 00", 0),
        ("04 85 00 00 00 00 00", 0), ("04 84 FF FF FF FF", 0), ("9F", 0), ("9F 70", 0), ("04", 0),
    ])
    func brokenBER(_ text: String, _ count: Int) {
        let (objects, truncated) = BERTLVs.decode(hex(text)[...])
        #expect(truncated)
        #expect(objects.count == count)
    }

    @Test func paddingIsSkipped() {
        let (objects, truncated) = BERTLVs.decode(hex("00 00 04 01 AA 00 FF FF 05 00 FF FF FF")[...])
        #expect(!truncated)
        #expect(objects.map(\.tag) == [0x04, 0x05])
    }

    @Test func keptTagsAreTheEight() {
        #expect(
            ToolkitTag.all.filter(\.isKept).map(\.number) == [0x01, 0x02, 0x03, 0x19, 0x35, 0x37, 0x38, 0x39, 0x3C])
        #expect(Set(ToolkitTag.all.map(\.number)).count == ToolkitTag.all.count)
        #expect(ToolkitTag.named(0x36)?.name == "channel data")
        #expect(ToolkitTag.named(0x7E) == nil)
    }
}
