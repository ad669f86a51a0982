public import ProbeEvents
internal import SmartCard
internal import Synchronization

/// The readers that pcscd has at one moment, with state and card.
public struct ReaderListing: Sendable, Hashable, Codable {
    /// One reader.
    public struct Reader: Sendable, Hashable, Codable {
        /// The reader's name as PC/SC gives it.
        public var name: String
        /// Its state in words: `present`, `empty`, `exclusive`, `in use`, `mute`.
        public var state: [String]
        /// The ATR of its card; nil for none, or for a card that does not answer.
        public var atr: HexBytes?
        /// What the ATR says, in words: `T=0, 512/32, UICC (sysmoISIM-SJA2), 4 channels`; nil without one.
        public var atrDescription: String?

        /// A reader from its parts.
        public init(name: String, state: [String], atr: HexBytes?) {
            self.name = name
            self.state = state
            self.atr = atr
            atrDescription = atr.map { (try? ATR($0.bytes))?.description ?? "malformed" }
        }

        private enum CodingKeys: String, CodingKey {
            case name, state, atr, atrDescription
        }

        /// Writes every member, `null` for what is not there, so that scripts find each key.
        public func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(name, forKey: .name)
            try container.encode(state, forKey: .state)
            try container.encode(atr, forKey: .atr)
            try container.encode(atrDescription, forKey: .atrDescription)
        }
    }

    /// The readers, in pcscd's order; empty when pcscd has none.
    public var readers: [Reader]

    /// A listing from its parts.
    public init(readers: [Reader]) { self.readers = readers }

    /// Asks pcscd once; returns at once, unless pcscd hangs: then a thread is left behind that waits for it.
    public static func take(within limit: Duration = .seconds(5)) throws(CardReaderError) -> ReaderListing {
        try take(within: limit, CallTeller(nil, whenWrapped: .silent))
    }

    /// The same, each call told.
    static func take(within limit: Duration, _ teller: CallTeller) throws(CardReaderError) -> ReaderListing {
        let outcome = Outcome()
        try MonitorThread.start {
            do throws(CardReaderError) {
                let listing = try ask(teller)
                outcome.value.withLock { $0 = .success(listing) }
            } catch {
                outcome.value.withLock { $0 = .failure(error) }
            }
            outcome.isThere.raise()
        }
        guard outcome.isThere.wait(atMost: limit), let result = outcome.value.withLock({ $0 }) else { throw .noAnswer }
        return try result.get()
    }

    private final class Outcome: Sendable {
        let value = Mutex<Result<ReaderListing, CardReaderError>?>(nil)
        let isThere = OneTimeSignal()
    }

    private static func ask(_ teller: CallTeller) throws(CardReaderError) -> ReaderListing {
        let context = try teller.establish()
        defer { teller.release(context) }
        var readers: [Reader] = []
        var names = try teller.listReaders(context)[...]
        while !names.isEmpty {
            let some = names.prefix(PCSCContext.mostReaders).map { ReaderQuery(name: $0) }
            names = names.dropFirst(some.count)
            // A question that knows nothing is answered at once, unless pcscd has nothing to say.
            let answers = try teller.statusChange(context, some, within: .zero) ?? []
            readers += answers.map { answer in
                Reader(
                    name: answer.name, state: answer.state.words, atr: answer.atr.isEmpty ? nil : HexBytes(answer.atr))
            }
        }
        return ReaderListing(readers: readers)
    }

    /// A table for people: a line a reader, columns aligned, below it what the ATR says.
    public var table: String { table { _ in [] } }

    /// The same with further lines below each reader.
    package func table(below: (Reader) -> [String]) -> String {
        let rows =
            [("reader", "state", "ATR", [] as [String])]
            + readers.map { reader in
                (
                    reader.name, reader.state.joined(separator: ", "), reader.atr.map(Self.spaced) ?? "-",
                    (reader.atrDescription.map { [$0] } ?? []) + below(reader)
                )
            }
        let nameWidth = rows.map(\.0.count).max() ?? 0
        let stateWidth = rows.map(\.1.count).max() ?? 0
        let indent = String(repeating: " ", count: nameWidth + stateWidth + 4)
        return rows.map { name, state, atr, words in
            "\(Self.padded(name, nameWidth))  \(Self.padded(state, stateWidth))  \(atr)\n"
                + words.map { "\(indent)\($0)\n" }.joined()
        }.joined()
    }

    private static func spaced(_ atr: HexBytes) -> String {
        atr.bytes.map { HexBytes([$0]).description }.joined(separator: " ")
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(width - text.count, 0))
    }
}
