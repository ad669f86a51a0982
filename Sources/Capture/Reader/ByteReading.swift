/// Numbers out of bytes of either order, none of them beyond an end.
struct ByteReading {
    var bytes: [UInt8]
    var isBigEndian = false

    /// A number of `Number`'s width at an offset; nil when it does not lie before the end.
    func number<Number: FixedWidthInteger & UnsignedInteger>(_: Number.Type, at offset: Int, end: Int) -> Number? {
        let width = Number.bitWidth / 8
        guard offset >= 0, end <= bytes.count, end - offset >= width else { return nil }
        var value: Number = 0
        for index in 0..<width {
            let byte = bytes[isBigEndian ? offset + index : offset + width - 1 - index]
            value = value << 8 | Number(byte)
        }
        return value
    }
}
