/// What the first block of a function begins with: a STORE DATA to the ISD-R (SGP.22, 5.7.2; GPCS, 11.11).
///
/// What redaction leaves of a block is enough.
public struct ESIMBlock: Hashable, Sendable {
    /// What it begins.
    public enum Content: Hashable, Sendable {
        /// A function's request.
        case function(ESIMFunction)
        /// A further segment of a bound profile package: the second byte of no tag, but the tag itself.
        case segment(UInt8)
    }

    /// What it begins.
    public let content: Content
    /// The bytes of its value, those of further blocks and segments too.
    public let length: Int
    /// Where its tag and length stand, counted from the command's first byte.
    public let head: Range<Int>

    /// Why a command begins nothing.
    public enum Fault: Error, Hashable, Sendable {
        /// It is no STORE DATA of this coding, or not a first block.
        case otherCommand
        /// Its data begins with no tag that is known.
        case unknownTag
        /// Its tag and length are not there as a whole.
        case truncated
        /// Its length does not fit the data that is there.
        case lengthMismatch
    }

    /// The tags of segments (SGP.22, 2.5.5): the sequences of 87, 88 and 86, and what is in them.
    private static let segments: Set<UInt8> = [0x86, 0x87, 0x88, 0xA0, 0xA1, 0xA2, 0xA3]

    /// Whether a command is one by its coding: BER-TLV data, an answer is possible (P1), of a class without secure
    /// messaging.
    static func isStoreData(_ command: CommandAPDU) -> Bool {
        command.ins == 0xE2 && command.p1 & 0x7F == 0x11 && !command.isMalformed && isUICC(command.cla)
    }

    private static func isUICC(_ cla: UInt8) -> Bool {
        (0x80...0x83).contains(cla) || (0xC0...0xDF).contains(cla)
    }

    /// Reads the first block of a function, or of a segment.
    public init(_ bytes: [UInt8]) throws(Fault) {
        try self.init(bytes, CommandAPDU(bytes))
    }

    init(_ bytes: [UInt8], _ command: CommandAPDU) throws(Fault) {
        guard Self.isStoreData(command), command.p2 == 0 else { throw .otherCommand }
        let range = command.dataRange
        guard let first = range.first.map({ bytes[$0] }) else { throw .truncated }
        let tagEnd: Int
        if first == 0xBF {
            tagEnd = range.lowerBound + 2
            guard tagEnd <= range.upperBound else { throw .truncated }
            guard let function = ESIMFunction(tag: bytes[tagEnd - 1]) else { throw .unknownTag }
            content = .function(function)
        } else {
            guard Self.segments.contains(first) else { throw .unknownTag }
            tagEnd = range.lowerBound + 1
            content = .segment(first)
        }
        guard let length = TLVLength(bytes, at: tagEnd, end: range.upperBound, longest: 3) else { throw .truncated }
        head = range.lowerBound..<(tagEnd + length.width)
        self.length = length.value
        let rest = range.upperBound - head.upperBound
        guard Self.fits(length.value, rest, content, isLast: command.p1 & 0x80 != 0) else { throw .lengthMismatch }
    }

    /// Whether there is as much as the last block has, or less than all in an earlier one; packages and sequences go on
    /// in further segments.
    private static func fits(_ length: Int, _ rest: Int, _ content: Content, isLast: Bool) -> Bool {
        guard isLast else { return length > rest }
        switch content {
        case .function(.loadBoundProfilePackage), .segment(0xA1), .segment(0xA3): return length >= rest
        case .function, .segment: return length == rest
        }
    }
}
