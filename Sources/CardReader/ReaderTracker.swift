internal import ProbeEvents

/// Works out which readers and cards came and went; no I/O, no clock.
///
/// It is told names and states as pcscd gives them and answers with what is new. Two answers that look alike may hide
/// a card that was pulled and put back: pcscd's count of card events tells them apart.
struct ReaderTracker {
    /// What became known of one reader.
    struct Reader: Sendable, Hashable {
        var name: String
        /// The last answer of pcscd, less its mark that it is news; 0 before the first.
        var known: UInt32
        var hasCard: Bool
        var atr: [UInt8]

        var state: ReaderState { ReaderState(rawValue: UInt16(truncatingIfNeeded: known)) }
    }

    /// Something that came or went.
    struct News: Sendable, Hashable {
        var reader: String
        var change: ReaderChange.Change
        var atr: [UInt8] = []
    }

    /// The readers that are there, in pcscd's order.
    private(set) var readers: [Reader] = []

    /// Whether an answer said that the list of readers is out of date.
    private(set) var needsListing = true

    /// What to ask pcscd next: every reader, and news of readers while the library takes one name more.
    func queries(atMost limit: Int) -> [ReaderQuery] {
        let watched = readers.prefix(limit).map { ReaderQuery(name: $0.name, known: $0.known) }
        return watched.count < limit ? watched + [ReaderQuery(name: ReaderQuery.readerNews)] : watched
    }

    /// Takes the names of all present readers.
    mutating func list(_ names: [String]) -> [News] {
        needsListing = false
        var news: [News] = []
        for reader in readers where !names.contains(reader.name) {
            news += Self.gone(reader)
        }
        var known: [String: Reader] = [:]
        for reader in readers { known[reader.name] = reader }
        var listed: [Reader] = []
        for name in names where !listed.contains(where: { $0.name == name }) {
            if let reader = known[name] {
                listed.append(reader)
            } else {
                listed.append(Reader(name: name, known: 0, hasCard: false, atr: []))
                news.append(News(reader: name, change: .readerCame))
            }
        }
        readers = listed
        return news
    }

    /// Takes pcscd's answers to ``queries(atMost:)``.
    mutating func observe(_ answers: [ReaderObservation]) -> [News] {
        answers.flatMap { answer -> [News] in
            if answer.name == ReaderQuery.readerNews {
                if answer.state.contains(.changed) { needsListing = true }
                return []
            }
            if !answer.state.isDisjoint(with: [.unknown, .unavailable]) { needsListing = true }
            guard let index = readers.firstIndex(where: { $0.name == answer.name }) else { return [] }
            return Self.update(&readers[index], with: answer)
        }
    }

    /// Asks for a new list: the present one may be out of date.
    mutating func doubtList() { needsListing = true }

    /// Takes the news that pcscd is gone: nothing is there any more.
    mutating func loseService() -> [News] {
        let news = readers.flatMap(Self.gone)
        self = ReaderTracker()
        return news
    }

    private static func update(_ reader: inout Reader, with answer: ReaderObservation) -> [News] {
        let isFirst = reader.known == 0
        let passed = answer.cardEvents != UInt16(truncatingIfNeeded: reader.known >> 16)
        let hasCard = answer.state.contains(.present)
        var news: [News] = []
        if reader.hasCard, !hasCard || (passed && !isFirst) {
            news.append(News(reader: reader.name, change: .cardWent))
            reader.hasCard = false
        }
        if hasCard, !reader.hasCard {
            news.append(News(reader: reader.name, change: .cardCame, atr: answer.atr))
        }
        reader.hasCard = hasCard
        reader.atr = hasCard ? answer.atr : []
        reader.known = answer.event & ~UInt32(ReaderState.changed.rawValue)
        return news
    }

    private static func gone(_ reader: Reader) -> [News] {
        let card = reader.hasCard ? [News(reader: reader.name, change: .cardWent)] : []
        return card + [News(reader: reader.name, change: .readerWent)]
    }
}
