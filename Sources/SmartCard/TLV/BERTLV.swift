/// One BER-TLV data object (ISO/IEC 7816-4, 5.2.2; ISO/IEC 8825-1).
public struct BERTLV: Hashable, Sendable {
    /// The tag's bytes as one number, big endian: 6F, 9F70, 7F49.
    public let tag: UInt32
    /// The value; its indices are those of the bytes that were decoded.
    public let value: ArraySlice<UInt8>
    /// The bit in the tag's first byte which says that the value is made of BER-TLVs.
    public let isConstructed: Bool

    /// The objects inside a constructed value; none for a primitive one.
    public var children: BERTLVs {
        BERTLVs(isConstructed ? value : [])
    }
}

/// Walks BER-TLVs one after the other, and stops at the first that is broken.
///
/// Any bytes will do: what comes before a broken object is given, ``truncated`` tells of the rest. Bytes 00 and FF
/// between objects are padding and skipped (ISO/IEC 7816-4, 5.2.2; files are padded with FF). Tags have at most four
/// bytes, lengths at most four after the first; the indefinite length is no card's and counts as broken.
public struct BERTLVs: Sequence, IteratorProtocol, Sendable {
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
    public mutating func next() -> BERTLV? {
        guard !truncated else { return nil }
        while position < bytes.count, byte(position) == 0x00 || byte(position) == 0xFF { position += 1 }
        guard position < bytes.count else { return nil }
        guard let (tag, tagWidth) = tag(at: position),
            let length = TLVLength(bytes, at: position + tagWidth, end: bytes.count, longest: 4),
            length.value <= bytes.count - position - tagWidth - length.width
        else {
            truncated = true
            return nil
        }
        let constructed = byte(position) & 0x20 != 0
        let start = bytes.startIndex + position + tagWidth + length.width
        position += tagWidth + length.width + length.value
        return BERTLV(tag: tag, value: bytes[start..<(start + length.value)], isConstructed: constructed)
    }

    /// All objects up to the first broken one, and whether there was one. What is nested stays in the values.
    public static func decode(_ bytes: ArraySlice<UInt8>) -> (objects: [BERTLV], truncated: Bool) {
        var walk = BERTLVs(bytes)
        var objects: [BERTLV] = []
        while let object = walk.next() { objects.append(object) }
        return (objects, walk.truncated)
    }

    private func byte(_ offset: Int) -> UInt8 {
        bytes[bytes.startIndex + offset]
    }

    private func tag(at index: Int) -> (tag: UInt32, width: Int)? {
        var tag = UInt32(byte(index))
        guard tag & 0x1F == 0x1F else { return (tag, 1) }
        for width in 2...4 {
            guard index + width <= bytes.count else { return nil }
            let next = byte(index + width - 1)
            tag = tag << 8 | UInt32(next)
            if next & 0x80 == 0 { return (tag, width) }
        }
        return nil
    }
}
