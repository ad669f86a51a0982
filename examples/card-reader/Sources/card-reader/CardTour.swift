internal import CardReader
internal import ProbeEvents
internal import SmartCard

/// What this program does with a card: selects the master file and the USIM, and reads EF.ICCID.
struct CardTour {
    /// A step, and the command for it.
    struct Step {
        let name: String
        let command: CardCommand
    }

    /// TS 102 221, 11.1.1 and 11.1.3; TS 101 220 for the AID. 256 asks for whatever there is.
    static func steps() throws(CardReaderError) -> [Step] {
        let usim: [UInt8] = [0xA0, 0x00, 0x00, 0x00, 0x87, 0x10, 0x02]
        return [
            Step(name: "MF", command: try select(p1: 0x00, [0x3F, 0x00])),
            Step(name: "EF.ICCID", command: try select(p1: 0x00, [0x2F, 0xE2])),
            Step(
                name: "ICCID",
                command: try CardCommand(cla: 0x00, ins: 0xB0, p1: 0x00, p2: 0x00, expecting: 256)),
            Step(name: "ADF.USIM", command: try select(p1: 0x04, usim)),
        ]
    }

    private static func select(p1: UInt8, _ name: [UInt8]) throws(CardReaderError) -> CardCommand {
        try CardCommand(cla: 0x00, ins: 0xA4, p1: p1, p2: 0x04, data: name, expecting: 256)
    }

    /// Connects to the first card, waiting a while for one, and makes the tour; a line for each step.
    ///
    /// The transaction keeps other programs from selecting something else in between.
    static func make(with readers: CardReaders, say: @Sendable (String) -> Void) async throws {
        for reader in try await readers.list() {
            say("\(reader.name): \(reader.atrDescription ?? reader.state.joined(separator: ", "))")
        }
        let reader = try await readers.waitForCard(within: .seconds(10))
        let card = try await readers.connect(to: reader.name)
        try await card.transaction {
            for step in try steps() {
                let answer = try await card.perform(step.command)
                // How long the answer is may be shown; what is in it is the card owner's.
                say("\(step.name): \(answer.data.count) bytes, \(answer.statusWord) \(answer.meaning)")
            }
        }
        try await card.disconnect()
    }
}
