/// The header, case and lengths of a command, read from its bytes; it keeps none of them.
///
/// Any bytes give a value: what fits no case is ``Form-swift.enum/malformed(_:)``. Only lengths are looked at, so a
/// command whose data was overwritten with zeros reads the same. Sources: ISO/IEC 7816-4, 5.1; ISO/IEC 7816-3, 12.
public struct CommandAPDU: Hashable, Sendable {
    /// The command's case by its bytes alone. Callers that use T=0 often send case 4 without Le: then it reads 3S.
    public enum Form: Hashable, Sendable {
        /// No data either way.
        case case1
        /// Response data expected, short Le.
        case case2S
        /// Command data, short Lc.
        case case3S
        /// Command data and response data expected, short fields.
        case case4S
        /// Response data expected, extended Le.
        case case2E
        /// Command data, extended Lc.
        case case3E
        /// Command data and response data expected, extended fields.
        case case4E
        /// The lengths contradict one another.
        case malformed(MalformedReason)
    }

    /// Why bytes are no command.
    public enum MalformedReason: Hashable, Sendable {
        /// Fewer than the four bytes of a header.
        case shortHeader
        /// Lc says another length than there is.
        case lengthMismatch
    }

    /// The length of CLA INS P1 P2, bytes.
    public static let headerLength = 4

    /// CLA; 0 when it is missing.
    public let cla: UInt8
    /// INS; 0 when it is missing.
    public let ins: UInt8
    /// P1; 0 when it is missing.
    public let p1: UInt8
    /// P2; 0 when it is missing.
    public let p2: UInt8
    /// The fifth byte (P3), Lc or Le of a short command; nil when there is none.
    public let p3: UInt8?
    /// The case, or why there is none.
    public let form: Form
    /// The length of the command data, bytes; 0 without data and when malformed.
    public let lc: Int
    /// The longest response data asked for, bytes, 00 read as 256 and 0000 as 65,536; 0 without Le and when malformed.
    public let ne: Int
    /// The length of the whole command, bytes.
    public let length: Int
    /// Where the command data stands, counted from the first byte; empty without data.
    public let dataRange: Range<Int>

    /// Reads a command; never fails.
    @inlinable
    public init(_ bytes: some Collection<UInt8>) {
        let read = bytes.withContiguousStorageIfAvailable { CommandAPDU(contiguous: $0) }
        self = read ?? Array(bytes).withUnsafeBufferPointer { CommandAPDU(contiguous: $0) }
    }

    @inlinable
    init(contiguous bytes: UnsafeBufferPointer<UInt8>) {
        let n = bytes.count
        length = n
        cla = n > 0 ? bytes[0] : 0
        ins = n > 1 ? bytes[1] : 0
        p1 = n > 2 ? bytes[2] : 0
        p2 = n > 3 ? bytes[3] : 0
        p3 = n > 4 ? bytes[4] : nil
        (form, lc, ne) = CommandAPDU.lengths(bytes)
        let start = form == .case3E || form == .case4E ? 7 : 5
        dataRange = lc > 0 ? start..<(start + lc) : min(n, CommandAPDU.headerLength)..<min(n, CommandAPDU.headerLength)
    }

    /// The cases in the order of the reference: five bytes with b4 = 00 are 2S with Ne 256, never extended.
    @inlinable
    static func lengths(_ bytes: UnsafeBufferPointer<UInt8>) -> (form: Form, lc: Int, ne: Int) {
        let n = bytes.count
        guard n >= headerLength else { return (.malformed(.shortHeader), 0, 0) }
        guard n > headerLength else { return (.case1, 0, 0) }
        let b4 = Int(bytes[4])
        if n == 5 { return (.case2S, 0, b4 == 0 ? 256 : b4) }
        if b4 != 0 {
            if n == 5 + b4 { return (.case3S, b4, 0) }
            if n == 6 + b4 { return (.case4S, b4, bytes[n - 1] == 0 ? 256 : Int(bytes[n - 1])) }
            return (.malformed(.lengthMismatch), 0, 0)
        }
        guard n >= 7 else { return (.malformed(.lengthMismatch), 0, 0) }
        let extended = Int(bytes[5]) << 8 | Int(bytes[6])
        if n == 7 { return (.case2E, 0, extended == 0 ? 65_536 : extended) }
        guard extended != 0 else { return (.malformed(.lengthMismatch), 0, 0) }
        if n == 7 + extended { return (.case3E, extended, 0) }
        if n == 9 + extended {
            let le = Int(bytes[n - 2]) << 8 | Int(bytes[n - 1])
            return (.case4E, extended, le == 0 ? 65_536 : le)
        }
        return (.malformed(.lengthMismatch), 0, 0)
    }

    /// The bytes fit no case.
    @inlinable
    public var isMalformed: Bool {
        if case .malformed = form { return true }
        return false
    }

    /// The class byte, taken apart.
    @inlinable
    public var classByte: ClassByte { ClassByte(cla) }

    /// INS has high nibble 6 or 9, which no command may have: it would clash with procedure bytes (ISO/IEC 7816-3, 10.3).
    public var hasInvalidInstruction: Bool { length > 1 && (ins >> 4 == 6 || ins >> 4 == 9) }

    /// The command's name. Bytes too short for a header have the name MALFORMED; a command whose lengths are wrong
    /// keeps the name of its CLA and INS.
    @inlinable
    public func name(context: CardContext = CardContext()) -> CommandName {
        CommandLookup.shared.name(cla: cla, ins: ins, p1: p1, length: length, context: context)
    }

    /// The case with what the command usually is: a TPDU of five bytes with P3 = 00 may be case 1, and then asks for
    /// nothing. The bytes cannot tell; the command table can.
    public func form(usually usual: UsualCase) -> Form {
        guard form == .case2S, p3 == 0 else { return form }
        return usual == .one || usual == .three ? .case1 : .case2S
    }
}

/// What MANAGE CHANNEL asks for (ISO/IEC 7816-4; TS 102 221, 11.1.17).
public enum ChannelRequest: Hashable, Sendable {
    /// Open a channel that the card chooses; the response is its number.
    case openAny
    /// Open this channel.
    case open(UInt8)
    /// Close this channel.
    case close(UInt8)

    /// Nil when the command is no MANAGE CHANNEL, or asks for something else.
    public init?(_ command: CommandAPDU) {
        guard command.name() == .manageChannel else { return nil }
        switch (command.p1, command.p2) {
        case (0x00, 0x00): self = .openAny
        case (0x00, let channel): self = .open(channel)
        case (0x80, let channel): self = .close(channel)
        default: return nil
        }
    }
}
