/// What one side of a connection sent, taken field by field as it comes.
struct ADBFields {
    /// Bytes that were taken or passed over.
    private(set) var takenBytes: UInt64 = 0
    private var partial: [UInt8] = []
    private var bytesToSkip: UInt64 = 0

    /// The next field of so many bytes; nil as long as it is not there whole.
    mutating func take<Bytes>(_ count: Int, from rest: inout Bytes) -> [UInt8]?
    where Bytes: RandomAccessCollection<UInt8>, Bytes.SubSequence == Bytes {
        guard skipped(from: &rest) else { return nil }
        let piece = rest.prefix(count - partial.count)
        partial.append(contentsOf: piece)
        pass(piece.count, in: &rest)
        guard partial.count == count else { return nil }
        defer { partial = [] }
        return partial
    }

    /// Bytes that nobody looks at lie before the next field.
    mutating func skip(_ count: some BinaryInteger) { bytesToSkip &+= UInt64(clamping: count) }

    /// Passes over all that there is.
    mutating func pass<Bytes>(all rest: inout Bytes)
    where Bytes: RandomAccessCollection<UInt8>, Bytes.SubSequence == Bytes {
        pass(rest.count, in: &rest)
    }

    /// Passes over what was to be skipped; whether nothing of it is left.
    mutating func skipped<Bytes>(from rest: inout Bytes) -> Bool
    where Bytes: RandomAccessCollection<UInt8>, Bytes.SubSequence == Bytes {
        let count = Int(min(bytesToSkip, UInt64(rest.count)))
        bytesToSkip -= UInt64(count)
        pass(count, in: &rest)
        return bytesToSkip == 0
    }

    private mutating func pass<Bytes>(_ count: Int, in rest: inout Bytes)
    where Bytes: RandomAccessCollection<UInt8>, Bytes.SubSequence == Bytes {
        rest = rest.dropFirst(count)
        takenBytes &+= UInt64(count)
    }

    /// A length in four hex digits.
    static func length(hex digits: [UInt8]) -> Int? {
        // `Int` alone would take a sign as well.
        guard digits.count == 4, digits.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }) else {
            return nil
        }
        return Int(String(decoding: digits, as: UTF8.self), radix: 16)
    }

    /// A number of four bytes, the lowest first.
    static func number(_ bytes: some Collection<UInt8>) -> Int {
        bytes.reversed().reduce(0) { $0 << 8 | Int($1) }
    }
}
