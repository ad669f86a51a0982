import Capture
import Testing

/// The blocks, byte by byte, as draft-ietf-opsawg-pcapng has them.
@Suite struct PCAPNGTests {
    @Test func sectionHeader() {
        let block = PCAPNG.section(hardware: "x86", system: "Linux", application: "a")
        #expect(
            hex(block)
                == "0A0D0D0A 3C000000 4D3C2B1A 0100 0000 FFFFFFFFFFFFFFFF 0200 0300 78383600 0300 0500 4C696E7578000000"
                .filter { $0 != " " } + "0400 0100 61000000 00000000 3C000000".filter { $0 != " " })
    }

    @Test func interface() {
        #expect(
            hex(PCAPNG.interface(name: "R0"))
                == "01000000 28000000 E400 0000 00000000 0200 0200 52300000 0900 0100 09000000 00000000 28000000"
                .filter { $0 != " " })
    }

    @Test func packet() {
        let block = PCAPNG.packet(
            [1, 2, 3], interface: 2, nanoseconds: 0x1122_3344_5566_7788, originalLength: 9, comment: "hi")
        #expect(
            hex(block)
                == "06000000 30000000 02000000 44332211 88776655 03000000 09000000 01020300 0100 0200 68690000 00000000"
                .filter { $0 != " " } + "30000000")
    }

    @Test func statistics() {
        let block = PCAPNG.statistics(interface: 1, nanoseconds: 1 << 32, received: 5, dropped: 6, comment: "x")
        #expect(
            hex(block)
                == "05000000 3C000000 01000000 01000000 00000000 0100 0100 78000000 0400 0800 0500000000000000"
                .filter { $0 != " " } + "0500 0800 0600000000000000 00000000 3C000000".filter { $0 != " " })
    }

    @Test func aLongCommentIsCutBetweenCharacters() throws {
        let block = PCAPNG.packet(
            [], interface: 0, nanoseconds: 0, comment: String(repeating: "ä", count: 40_000))
        var reader = try CaptureReader(
            PCAPNG.section(hardware: "", system: "", application: "") + PCAPNG.interface(name: "") + block)
        #expect(try reader.next()?.comment == String(repeating: "ä", count: 2_048))
    }

    @Test func gsmtap() {
        #expect(
            hex(GSMTAP.packet([0x00, 0x20, 0x00, 0x01, 0x00, 0x63, 0xC3]))
                == "4500 0033 0000 0000 4011 7CB8 7F000001 7F000001 1279 1279 001F 0000".filter { $0 != " " }
                + "02040400000000000000000000000000 0020000100 63C3".filter { $0 != " " })
    }
}
