/// What a bench is made of; every path is absolute, since its keeper works elsewhere.
package struct BenchOptions: Equatable, Sendable {
    /// Card scripts: the first is for the first reader, and so on; a reader without one gets the standard card.
    package var scripts: [String] = []
    /// Readers that have a card.
    package var readers = 1
    /// Where the cards write what they were asked and answered.
    package var log: String?
    /// Where pcscd's own debug output goes, APDUs included.
    package var pcscdLog: String?
    package var control: String?

    /// The most readers that one pcscd has: PCSCLITE_MAX_READERS_CONTEXTS.
    package static let mostReaders = 16

    package init() {}

    /// Readers that have a card, one for each script at least.
    var cardCount: Int { max(1, readers, scripts.count) }

    /// The scripts as cards, one for each reader; all are read before anything is started.
    func cards() throws(SimulatorError) -> [CardScript] {
        var cards: [CardScript] = []
        for slot in 0..<cardCount {
            if slot < scripts.count {
                cards.append(try CardScriptReader.read(path: scripts[slot]))
            } else {
                var card = CardScript()
                card.identity = card.identity.next(slot)
                cards.append(card)
            }
        }
        return cards
    }
}
