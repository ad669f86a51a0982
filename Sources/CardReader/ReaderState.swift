/// What PC/SC says of a reader: the flags of SCARD_READERSTATE.
public struct ReaderState: OptionSet, Sendable, Hashable {
    /// The flags, low 16 bits of `dwEventState`.
    public let rawValue: UInt16

    /// A state from its flags.
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// The caller asked not to watch it.
    public static let ignored = ReaderState(rawValue: 0x0001)
    /// Another state than the caller knew.
    public static let changed = ReaderState(rawValue: 0x0002)
    /// pcscd does not know the reader.
    public static let unknown = ReaderState(rawValue: 0x0004)
    /// The reader cannot be asked.
    public static let unavailable = ReaderState(rawValue: 0x0008)
    /// No card is in it.
    public static let empty = ReaderState(rawValue: 0x0010)
    /// A card is in it.
    public static let present = ReaderState(rawValue: 0x0020)
    /// The card has the ATR that was asked for.
    public static let atrMatch = ReaderState(rawValue: 0x0040)
    /// One program has it for itself.
    public static let exclusive = ReaderState(rawValue: 0x0080)
    /// Programs share it.
    public static let inUse = ReaderState(rawValue: 0x0100)
    /// The card does not answer.
    public static let mute = ReaderState(rawValue: 0x0200)
    /// The card has no power.
    public static let unpowered = ReaderState(rawValue: 0x0400)

    private static let named: [(flag: ReaderState, word: String)] = [
        (.unknown, "unknown"),
        (.unavailable, "unavailable"),
        (.empty, "empty"),
        (.present, "present"),
        (.mute, "mute"),
        (.unpowered, "unpowered"),
        (.exclusive, "exclusive"),
        (.inUse, "in use"),
    ]

    /// What a person reads, in a fixed order; without what only the caller's question put there.
    public var words: [String] {
        // Exclusive use sets both flags; the stronger word is enough.
        let shown = contains(.exclusive) ? subtracting(.inUse) : self
        return Self.named.filter { shown.contains($0.flag) }.map(\.word)
    }
}

/// What SCardGetStatusChange is asked about one reader.
package struct ReaderQuery: Sendable, Hashable {
    /// The reader's name as PC/SC gives it.
    package var name: String
    /// What is known so far, all 32 bits of the last answer; 0 for nothing.
    package var known: UInt32

    /// A question from its parts.
    package init(name: String, known: UInt32 = 0) {
        self.name = name
        self.known = known
    }

    /// The name under which pcscd tells that readers came or went.
    package static let readerNews = #"\\?PnP?\Notification"#
}

/// What SCardGetStatusChange answered about one reader.
package struct ReaderObservation: Sendable, Hashable {
    /// The reader's name as PC/SC gives it.
    package var name: String
    /// All 32 bits of the answer.
    package var event: UInt32
    /// The card's ATR; empty for none.
    package var atr: [UInt8]

    /// An answer from its parts.
    package init(name: String, event: UInt32, atr: [UInt8] = []) {
        self.name = name
        self.event = event
        self.atr = atr
    }

    /// The flags.
    package var state: ReaderState { ReaderState(rawValue: UInt16(truncatingIfNeeded: event)) }

    /// How many cards came and went since pcscd knows the reader, modulo 65,536.
    package var cardEvents: UInt16 { UInt16(truncatingIfNeeded: event >> 16) }
}
