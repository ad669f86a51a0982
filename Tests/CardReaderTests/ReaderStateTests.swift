import CardReader
import Testing

struct ReaderStateTests {
    @Test(
        arguments: [
            (0x0000, []),
            (0x0012, ["empty"]),
            (0x0022, ["present"]),
            (0x0122, ["present", "in use"]),
            (0x01A2, ["present", "exclusive"]),
            (0x0220, ["present", "mute"]),
            (0x0420, ["present", "unpowered"]),
            (0x000E, ["unknown", "unavailable"]),
            (0xF801, []),
        ] as [(UInt16, [String])])
    func wordsOfFlags(flags: UInt16, words: [String]) {
        #expect(ReaderState(rawValue: flags).words == words)
    }

    @Test func anAnswerHasFlagsAndACountOfCardEvents() {
        let answer = ReaderObservation(name: "A", event: 0xFFFF_0022)
        #expect(answer.state == [.changed, .present])
        #expect(answer.cardEvents == 0xFFFF)
    }
}
