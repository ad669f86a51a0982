internal import CPCSC
public import ProbeEvents

/// With whom a card is shared.
public enum ShareMode: UInt32, Sendable, Hashable, CaseIterable {
    /// No other program may connect to it.
    case exclusive = 1
    /// Other programs may connect to it too.
    case shared = 2
    /// The reader itself is meant; a card need not be there.
    case direct = 3
}

/// Protocols that a session may take.
public struct CardProtocols: OptionSet, Sendable, Hashable {
    /// PC/SC's mask.
    public let rawValue: UInt32

    /// Protocols from PC/SC's mask.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Bytes, T=0.
    public static let t0 = CardProtocols(rawValue: 1)
    /// Blocks, T=1.
    public static let t1 = CardProtocols(rawValue: 2)
    /// What the reader makes of it.
    public static let raw = CardProtocols(rawValue: 4)
    /// T=0 or T=1, as the card has it.
    public static let any: CardProtocols = [.t0, .t1]
}

/// What becomes of a card at the end of a transaction or session, or when it is reconnected.
public enum Disposition: UInt32, Sendable, Hashable, CaseIterable {
    /// It stays as it is.
    case leave = 0
    /// A warm reset.
    case reset = 1
    /// Power off, and on again: a cold reset.
    case unpower = 2
    /// Out of the reader, where the reader can do that.
    case eject = 3
}

/// What SCardControl is asked for.
public struct ControlCode: RawRepresentable, Sendable, Hashable {
    /// The code as this system has it.
    public let rawValue: UInt32

    /// A code as this system has it.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The code of a function by its number in manuals (`SCARD_CTL_CODE(3500)`).
    public init(function: UInt32) { rawValue = ResultCode.low(cpcsc_ctl_code(DWORD(function))) }

    /// Which features the driver has (PC/SC part 10, 2.2).
    public static let getFeatures = ControlCode(function: 3400)
}

/// An attribute of a reader or its card (PC/SC part 3, 3.1.5).
public struct ReaderAttribute: RawRepresentable, Sendable, Hashable {
    /// Class and tag.
    public let rawValue: UInt32

    /// An attribute from class and tag.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The reader's maker.
    public static let vendorName = ReaderAttribute(rawValue: 0x0001_0100)
    /// The reader's model.
    public static let vendorModel = ReaderAttribute(rawValue: 0x0001_0101)
    /// The reader's firmware: `MMmmbbbb`, least significant byte first.
    public static let vendorVersion = ReaderAttribute(rawValue: 0x0001_0102)
    /// The reader's serial number.
    public static let vendorSerialNumber = ReaderAttribute(rawValue: 0x0001_0103)
    /// The card's ATR.
    public static let atr = ReaderAttribute(rawValue: 0x0009_0303)
}

/// What SCardStatus says of a session's card.
public struct CardStatus: Sendable, Hashable {
    /// Flags.
    public struct State: OptionSet, Sendable, Hashable {
        /// PC/SC's flags, low 16 bits.
        public let rawValue: UInt16

        /// Flags from PC/SC's.
        public init(rawValue: UInt16) { self.rawValue = rawValue }

        /// No card is there.
        public static let absent = State(rawValue: 0x02)
        /// A card is there.
        public static let present = State(rawValue: 0x04)
        /// It has power.
        public static let powered = State(rawValue: 0x10)
        /// It was reset, and no protocol is set.
        public static let negotiable = State(rawValue: 0x20)
        /// A protocol is set.
        public static let specific = State(rawValue: 0x40)
    }

    /// What is so now.
    public var state: State
    /// The protocol in use.
    public var sessionProtocol: SessionProtocol
    /// The card's ATR; empty without a card.
    public var atr: [UInt8]
}
