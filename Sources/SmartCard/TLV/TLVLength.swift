/// A length field of BER or COMPREHENSION-TLV: one byte below 80, or 81, 82, 83 (84) with as many more, big endian.
struct TLVLength: Hashable {
    /// The length of the value, bytes.
    let value: Int
    /// The length of the field itself, bytes.
    let width: Int

    /// Reads the field at `index` of `bytes`, looking no further than `end`; nil when it is broken or goes past it.
    /// `longest` is the largest number of bytes that may follow the first one.
    init?(_ bytes: some RandomAccessCollection<UInt8>, at index: Int, end: Int, longest: Int) {
        guard index >= 0, index < end, end <= bytes.count else { return nil }
        func byte(_ offset: Int) -> UInt8 { bytes[bytes.index(bytes.startIndex, offsetBy: offset)] }
        let first = byte(index)
        guard first >= 0x80 else {
            (value, width) = (Int(first), 1)
            return
        }
        let more = Int(first & 0x7F)
        guard more > 0, more <= longest, more <= end - index - 1 else { return nil }
        // At most four bytes: no overflow on a 64-bit Int.
        value = (1...more).reduce(0) { $0 << 8 | Int(byte(index + $1)) }
        width = 1 + more
    }
}
