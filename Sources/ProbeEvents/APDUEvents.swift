public import SmartCard

/// A command that went to a card, and what came back.
public struct APDUExchange: Sendable, Hashable {
    /// When; the duration is that of the whole call, waiting included.
    public var stamp: EventStamp
    /// The process that sent it.
    public var client: ClientProcess
    /// The kernel's id of the thread that sent it.
    public var thread: UInt32
    /// The session it belongs to; 0 when its opening was not seen.
    public var session: UInt64
    /// The reader's name as PC/SC gives it; empty when unknown.
    public var reader: String
    /// What carried it.
    public var interface: APDUInterface
    /// The session's protocol.
    public var sessionProtocol: SessionProtocol
    /// The command's name from the table; decided with what the session did before.
    public var name: CommandName
    /// The whole command; bytes that may not be shown are 0.
    public var command: HexBytes
    /// The whole response with its status word; bytes that may not be shown are 0.
    public var response: HexBytes
    /// Whether bytes were cut (written as 0) from command or response.
    public var isCut: Bool
    /// PC/SC's return code, low 32 bits; 0 is success. Over AT it is the code that says the same of the modem's failure.
    public var resultCode: UInt32
    /// Part of the duration that was spent waiting for the end of another program's transaction, nanoseconds.
    public var waitNanoseconds: UInt64
    /// Whether that wait is known exactly; otherwise the card's time is an upper bound.
    public var isWaitExact: Bool
    /// Further part of the duration in which the reader served other calls, nanoseconds: other programs' commands, or
    /// calls of other threads on the same context. Known where all programs of a reader are seen.
    public var sharingNanoseconds: UInt64
    /// Whether no program that is not seen can have used the reader; otherwise the card's time is an upper bound.
    public var isSharingExact: Bool
    /// Whether it failed as the tester means it to: then it is no error in any count.
    public var isExpected: Bool
    /// Whether it is known how long it took. A log may not say so: then the duration is 0, and no time is counted.
    public var isTimed: Bool

    /// The card's own time, nanoseconds.
    public var cardNanoseconds: UInt64 {
        stamp.durationNanoseconds - min(othersNanoseconds, stamp.durationNanoseconds)
    }

    /// What was spent waiting for others, of whatever kind, nanoseconds.
    public var othersNanoseconds: UInt64 {
        let (sum, overflow) = waitNanoseconds.addingReportingOverflow(sharingNanoseconds)
        return overflow ? .max : sum
    }

    /// Whether some waiting for others may be in ``cardNanoseconds``.
    public var isUpperBound: Bool { isTimed && (!isWaitExact || !isSharingExact) }

    /// Whether it is known what came back, if only that nothing did. A log may end before the answer.
    public var isAnswerKnown: Bool { isTimed || resultCode != 0 || !response.bytes.isEmpty }

    /// The status word, when the call succeeded and the response has one.
    public var statusWord: StatusWord? {
        guard resultCode == 0, response.bytes.count >= 2 else { return nil }
        let bytes = response.bytes
        return StatusWord(UInt16(bytes[bytes.count - 2]) << 8 | UInt16(bytes[bytes.count - 1]))
    }

    /// An exchange from its parts.
    public init(
        stamp: EventStamp, client: ClientProcess, thread: UInt32, session: UInt64, reader: String,
        interface: APDUInterface, sessionProtocol: SessionProtocol, name: CommandName, command: HexBytes,
        response: HexBytes, isCut: Bool, resultCode: UInt32, waitNanoseconds: UInt64, isWaitExact: Bool,
        sharingNanoseconds: UInt64 = 0, isSharingExact: Bool = true, isExpected: Bool = false,
        isTimed: Bool = true
    ) {
        self.stamp = stamp
        self.client = client
        self.thread = thread
        self.session = session
        self.reader = reader
        self.interface = interface
        self.sessionProtocol = sessionProtocol
        self.name = name
        self.command = command
        self.response = response
        self.isCut = isCut
        self.resultCode = resultCode
        self.waitNanoseconds = waitNanoseconds
        self.isWaitExact = isWaitExact
        self.sharingNanoseconds = sharingNanoseconds
        self.isSharingExact = isSharingExact
        self.isExpected = isExpected
        self.isTimed = isTimed
    }
}

/// Bytes that JSON shows as upper-case hex.
public struct HexBytes: Sendable, Hashable, Codable, CustomStringConvertible, ExpressibleByArrayLiteral {
    /// The bytes.
    public var bytes: [UInt8]

    /// Wraps bytes.
    public init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Wraps bytes written out.
    public init(arrayLiteral elements: UInt8...) { bytes = elements }

    /// Reads hex digits, in pairs, without blanks.
    public init?(hex: some StringProtocol) {
        let digits = hex.utf8
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 2)
        var high: UInt8?
        for digit in digits {
            guard let value = Self.value(ofDigit: digit) else { return nil }
            if let known = high {
                bytes.append(known << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        self.bytes = bytes
    }

    /// The bytes in upper-case hex.
    public var description: String {
        let digits = Array("0123456789ABCDEF".utf8)
        return String(unsafeUninitializedCapacity: bytes.count * 2) { buffer in
            for (index, byte) in bytes.enumerated() {
                buffer[index * 2] = digits[Int(byte >> 4)]
                buffer[index * 2 + 1] = digits[Int(byte & 15)]
            }
            return bytes.count * 2
        }
    }

    /// Reads a string of hex digits.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let value = Self(hex: try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not pairs of hex digits")
        }
        self = value
    }

    /// Writes a string of hex digits.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    private static func value(ofDigit digit: UInt8) -> UInt8? {
        switch digit {
        case 0x30...0x39: digit - 0x30
        case 0x41...0x46: digit - 0x41 + 10
        case 0x61...0x66: digit - 0x61 + 10
        default: nil
        }
    }
}
