/// Upper case hexadecimal digits, without spaces.
func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var text: [UInt8] = []
    for byte in bytes {
        text.append(digits[Int(byte >> 4)])
        text.append(digits[Int(byte & 0x0F)])
    }
    return String(decoding: text, as: UTF8.self)
}

/// The bytes of a hexadecimal text; blanks and colons between bytes are skipped; nil for anything else.
func bytes(hexadecimal text: String) -> [UInt8]? {
    var bytes: [UInt8] = []
    var high: UInt8?
    for character in text {
        if high == nil, character == " " || character == ":" { continue }
        guard character.isASCII, let value = character.hexDigitValue else { return nil }
        if let first = high {
            bytes.append(first << 4 | UInt8(value))
            high = nil
        } else {
            high = UInt8(value)
        }
    }
    return high == nil ? bytes : nil
}
