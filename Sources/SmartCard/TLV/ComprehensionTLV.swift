/// The tag and length of one COMPREHENSION-TLV whose value is wholly there.
struct ComprehensionTLVHeader: Hashable {
    /// The tag's number without the comprehension bit.
    let tag: UInt16
    /// The comprehension-required bit.
    let isRequired: Bool
    /// The tag is coded in one byte.
    let hasShortTag: Bool
    /// The length of tag and length fields together, bytes.
    let width: Int
    /// The length of the value, bytes.
    let length: Int

    /// Reads the header at `index` of `bytes`, looking no further than `end`; nil at the end and when it is broken.
    init?(_ bytes: some RandomAccessCollection<UInt8>, at index: Int, end: Int) {
        guard index >= 0, index < end, end <= bytes.count else { return nil }
        func byte(_ offset: Int) -> UInt8 { bytes[bytes.index(bytes.startIndex, offsetBy: offset)] }
        let first = byte(index)
        let tagWidth: Int
        switch first {
        case 0x00, 0x80, 0xFF:
            return nil
        case 0x7F:
            guard end - index >= 3 else { return nil }
            let number = UInt16(byte(index + 1)) << 8 | UInt16(byte(index + 2))
            (tag, isRequired, hasShortTag, tagWidth) = (number & 0x7FFF, number & 0x8000 != 0, false, 3)
        default:
            (tag, isRequired, hasShortTag, tagWidth) = (UInt16(first & 0x7F), first & 0x80 != 0, true, 1)
        }
        guard let field = TLVLength(bytes, at: index + tagWidth, end: end, longest: 3) else { return nil }
        (width, length) = (tagWidth + field.width, field.value)
        guard length <= end - index - width else { return nil }
    }
}

/// One data object of a proactive command, terminal response or envelope (ETSI TS 101 220, COMPREHENSION-TLV).
public struct ComprehensionTLV: Hashable, Sendable {
    /// The tag's number without the comprehension bit: 81 and 01 are both 01.
    public let tag: UInt16
    /// The comprehension-required bit: who does not know the tag must refuse the command.
    public let isRequired: Bool
    /// The value; its indices are those of the bytes that were decoded.
    public let value: ArraySlice<UInt8>
}

/// Walks COMPREHENSION-TLVs one after the other, and stops at the first that is broken.
///
/// Any bytes will do: what comes before a broken object is given, ``truncated`` tells of the rest.
public struct ComprehensionTLVs: Sequence, IteratorProtocol, Sendable {
    private let bytes: ArraySlice<UInt8>
    private var position = 0

    /// The walk met a broken object; set once ``next()`` has given nil.
    public private(set) var truncated = false

    /// A walk over these bytes; values keep their indices.
    public init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
    }

    /// A walk over a copy of these bytes; indices of values count from its first one.
    public init(_ bytes: some Collection<UInt8>) {
        self.init(ArraySlice(bytes))
    }

    /// The next object; nil at the end and when it is broken.
    public mutating func next() -> ComprehensionTLV? {
        guard !truncated else { return nil }
        guard let header = ComprehensionTLVHeader(bytes, at: position, end: bytes.count) else {
            truncated = position < bytes.count
            return nil
        }
        let start = bytes.startIndex + position + header.width
        position += header.width + header.length
        return ComprehensionTLV(
            tag: header.tag, isRequired: header.isRequired, value: bytes[start..<(start + header.length)])
    }

    /// All objects up to the first broken one, and whether there was one.
    public static func decode(_ bytes: ArraySlice<UInt8>) -> (objects: [ComprehensionTLV], truncated: Bool) {
        var walk = ComprehensionTLVs(bytes)
        var objects: [ComprehensionTLV] = []
        while let object = walk.next() { objects.append(object) }
        return (objects, walk.truncated)
    }
}
