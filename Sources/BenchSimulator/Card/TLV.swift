/// BER and COMPREHENSION TLV as far as the card itself writes and reads them.
enum TLV {
    /// Tag, length (one, two or three bytes) and value; a tag above FF takes two bytes.
    static func encode(_ tag: UInt16, _ value: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = tag > 0xFF ? [UInt8(tag >> 8), UInt8(tag & 0xFF)] : [UInt8(tag)]
        switch value.count {
        case ..<0x80: bytes.append(UInt8(value.count))
        case ..<0x100: bytes += [0x81, UInt8(value.count)]
        default: bytes += [0x82, UInt8(truncatingIfNeeded: value.count >> 8), UInt8(value.count & 0xFF)]
        }
        return bytes + value
    }

    /// The first value with this COMPREHENSION-TLV tag, CR bit masked; nil when it is missing or the list is broken.
    static func first(_ tag: UInt8, in bytes: [UInt8]) -> [UInt8]? {
        var rest = bytes[...]
        while let found = rest.popFirst(), let length = takeLength(&rest), length <= rest.count {
            if found & 0x7F == tag { return Array(rest.prefix(length)) }
            rest = rest.dropFirst(length)
        }
        return nil
    }

    private static func takeLength(_ rest: inout ArraySlice<UInt8>) -> Int? {
        guard let first = rest.popFirst() else { return nil }
        guard first >= 0x80 else { return Int(first) }
        let count = Int(first & 0x7F)
        guard (1...3).contains(count), rest.count >= count else { return nil }
        let length = rest.prefix(count).reduce(0) { $0 << 8 | Int($1) }
        rest = rest.dropFirst(count)
        return length
    }
}

/// BER, whose tags may have two bytes.
extension TLV {
    /// Tag and length of an element whose value may be cut short.
    struct Header {
        let tag: UInt16
        /// Of tag and length.
        let bytes: Int
        let valueBytes: Int
    }

    static func header(_ bytes: [UInt8]) -> Header? {
        var rest = bytes[...]
        guard let tag = takeTag(&rest), let length = takeLength(&rest) else { return nil }
        return Header(tag: tag, bytes: bytes.count - rest.count, valueBytes: length)
    }

    /// The elements of a list, up to one that is broken.
    static func elements(_ bytes: [UInt8]) -> [(tag: UInt16, value: [UInt8])] {
        var elements: [(tag: UInt16, value: [UInt8])] = []
        var rest = bytes[...]
        while let tag = takeTag(&rest), let length = takeLength(&rest), length <= rest.count {
            elements.append((tag, Array(rest.prefix(length))))
            rest = rest.dropFirst(length)
        }
        return elements
    }

    /// The value of the first element with this tag, or of one inside it, and so on.
    static func value(_ path: UInt16..., in bytes: [UInt8]) -> [UInt8]? {
        path.reduce(Optional(bytes)) { list, tag in
            list.flatMap { elements($0).first { $0.tag == tag }?.value }
        }
    }

    /// The tags of a tag list.
    static func tags(_ bytes: [UInt8]) -> [UInt16] {
        var rest = bytes[...]
        var tags: [UInt16] = []
        while let tag = takeTag(&rest) { tags.append(tag) }
        return tags
    }

    private static func takeTag(_ rest: inout ArraySlice<UInt8>) -> UInt16? {
        guard let first = rest.popFirst() else { return nil }
        guard first & 0x1F == 0x1F else { return UInt16(first) }
        return rest.popFirst().map { UInt16(first) << 8 | UInt16($0) }
    }
}
