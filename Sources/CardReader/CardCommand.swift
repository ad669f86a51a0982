public import SmartCard

/// A command to a card, byte by byte as it is sent.
public struct CardCommand: Sendable, Hashable, ExpressibleByArrayLiteral {
    /// What is sent.
    public let bytes: [UInt8]

    /// A command whose bytes are known.
    public init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// A command written out.
    public init(arrayLiteral elements: UInt8...) { bytes = elements }

    /// A command from its parts; Lc and Le are short where that is enough, else extended (ISO/IEC 7816-4, 5.1).
    ///
    /// `expecting` is the longest response data asked for, bytes: 0 for none, 256 for all that a short command can ask.
    public init(
        cla: UInt8, ins: UInt8, p1: UInt8, p2: UInt8, data: [UInt8] = [], expecting: Int = 0
    ) throws(CardReaderError) {
        guard data.count <= 0xFFFF, (0...0x1_0000).contains(expecting) else {
            throw .commandTooLong(dataBytes: data.count, expectedBytes: expecting)
        }
        var bytes = [cla, ins, p1, p2]
        if data.count <= 0xFF, expecting <= 0x100 {
            if !data.isEmpty { bytes.append(UInt8(truncatingIfNeeded: data.count)) }
            bytes += data
            if expecting > 0 { bytes.append(UInt8(truncatingIfNeeded: expecting)) }
        } else {
            bytes.append(0)
            if !data.isEmpty { bytes += Self.twoBytes(data.count) }
            bytes += data
            if expecting > 0 { bytes += Self.twoBytes(expecting) }
        }
        self.bytes = bytes
    }

    private static func twoBytes(_ number: Int) -> [UInt8] {
        [UInt8(truncatingIfNeeded: number >> 8), UInt8(truncatingIfNeeded: number)]
    }
}

/// What a card answered.
public struct CardResponse: Sendable, Hashable {
    /// The bytes before the status word; those of every exchange that belonged to the command.
    public let data: [UInt8]
    /// The last status word.
    public let statusWord: StatusWord
    /// The class of the command, on which the meaning of some status words depends.
    public let cla: UInt8
    /// How many commands it took: more than one when status words were followed.
    public let exchanges: Int

    /// Whether the card did what it was asked: 9000, 61XX, 9FXX, 91XX, a warning 62XX.
    public var isSuccess: Bool { statusWord.isSuccess(cla: cla) }

    /// What the status word says, in words.
    public var meaning: String { statusWord.meaning(cla: cla) }
}
