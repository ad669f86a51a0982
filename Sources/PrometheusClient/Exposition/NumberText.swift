/// Numbers as text, written without allocation.
///
/// The functions that take a pointer need room for ``longestBytes`` and return the place behind the text.
enum NumberText {
    /// The most bytes that a number takes.
    static let longestBytes = 32

    /// A whole number.
    static func write(_ value: UInt64, at place: UnsafeMutablePointer<UInt8>) -> UnsafeMutablePointer<UInt8> {
        guard value >= 10 else {
            place.pointee = zero + UInt8(truncatingIfNeeded: value)
            return place + 1
        }
        let end = place + digitCount(of: value)
        var rest = value
        var position = end
        while rest >= 100 {
            let (quotient, pair) = rest.quotientAndRemainder(dividingBy: 100)
            position -= 2
            writePair(pair, at: position)
            rest = quotient
        }
        if rest >= 10 {
            writePair(rest, at: position - 2)
        } else {
            (position - 1).pointee = zero + UInt8(truncatingIfNeeded: rest)
        }
        return end
    }

    /// Nanoseconds as seconds, exact: `0.043`, `12.5`, `3`.
    static func write(
        secondsOf nanoseconds: UInt64, at place: UnsafeMutablePointer<UInt8>
    ) -> UnsafeMutablePointer<UInt8> {
        let (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        let point = write(seconds, at: place)
        return rest == 0 ? point : write(fraction: rest, digits: 9, at: point)
    }

    /// A `Double` so that reading it gives the same number: `-73`, `12.5`, `1e-07`, `NaN`, `+Inf`.
    static func write(_ value: Double, at place: UnsafeMutablePointer<UInt8>) -> UnsafeMutablePointer<UInt8> {
        guard value.isFinite else { return copy(value.isNaN ? "NaN" : value > 0 ? "+Inf" : "-Inf", to: place) }
        // Up to six decimals, as nearly all gauges have, are exact when dividing by the power of ten gives them back.
        let scaled = (value.magnitude * 1e6).rounded()
        guard scaled < 0x1p53, scaled / 1e6 == value.magnitude else { return copy(value.description, to: place) }
        var position = place
        if value < 0 {
            position.pointee = UInt8(ascii: "-")
            position += 1
        }
        let (whole, rest) = UInt64(scaled).quotientAndRemainder(dividingBy: 1_000_000)
        position = write(whole, at: position)
        return rest == 0 ? position : write(fraction: rest, digits: 6, at: position)
    }

    /// A `Double` at the end of a text.
    static func append(_ value: Double, to text: inout [UInt8]) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: longestBytes) { buffer in
            guard let start = buffer.baseAddress else { return }
            let end = write(value, at: start)
            text.append(contentsOf: UnsafeBufferPointer(start: start, count: end - start))
        }
    }

    /// Nanoseconds as seconds at the end of a text.
    static func append(secondsOf nanoseconds: UInt64, to text: inout [UInt8]) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: longestBytes) { buffer in
            guard let start = buffer.baseAddress else { return }
            let end = write(secondsOf: nanoseconds, at: start)
            text.append(contentsOf: UnsafeBufferPointer(start: start, count: end - start))
        }
    }

    /// A bucket bound in seconds, with at least one decimal: `0.0001`, `1.0`.
    static func bound(nanoseconds: UInt64) -> String {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: longestBytes) { buffer in
            guard let start = buffer.baseAddress else { return "" }
            let end = write(secondsOf: nanoseconds, at: start)
            let text = String(decoding: UnsafeBufferPointer(start: start, count: end - start), as: UTF8.self)
            return text.utf8.contains(UInt8(ascii: ".")) ? text : text + ".0"
        }
    }

    /// A bucket bound of any numbers, with at least one decimal where there is no exponent.
    static func bound(_ value: Double) -> String {
        var text: [UInt8] = []
        append(value, to: &text)
        let isWhole = text.allSatisfy { (zero...zero + 9).contains($0) || $0 == UInt8(ascii: "-") }
        return String(decoding: text, as: UTF8.self) + (isWhole ? ".0" : "")
    }

    // MARK: Digits

    private static let zero = UInt8(ascii: "0")
    private static let pairs: StaticString = """
        0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849\
        5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899
        """

    @inline(__always)
    private static func writePair(_ value: UInt64, at place: UnsafeMutablePointer<UInt8>) {
        let source = pairs.utf8Start + Int(truncatingIfNeeded: value) &* 2
        place[0] = source[0]
        place[1] = source[1]
    }

    /// A point and `digits` digits of which those at the end that are 0 are left out; `fraction` is not 0.
    private static func write(
        fraction: UInt64, digits: Int, at place: UnsafeMutablePointer<UInt8>
    ) -> UnsafeMutablePointer<UInt8> {
        place.pointee = UInt8(ascii: ".")
        var end = place + 1 + digits
        var position = end
        var rest = fraction
        var left = digits
        while left >= 2 {
            let (quotient, pair) = rest.quotientAndRemainder(dividingBy: 100)
            position -= 2
            writePair(pair, at: position)
            rest = quotient
            left -= 2
        }
        if left == 1 { (position - 1).pointee = zero + UInt8(truncatingIfNeeded: rest) }
        while (end - 1).pointee == zero { end -= 1 }
        return end
    }

    private static func digitCount(of value: UInt64) -> Int {
        // 1233 / 4096 is just above the decimal logarithm of 2.
        let guess = ((64 &- value.leadingZeroBitCount) &* 1_233) &>> 12
        return guess &+ (value >= powersOfTen[guess] ? 1 : 0)
    }

    private static let powersOfTen: InlineArray<20, UInt64> = [
        1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000, 10_000_000_000,
        100_000_000_000, 1_000_000_000_000, 10_000_000_000_000, 100_000_000_000_000, 1_000_000_000_000_000,
        10_000_000_000_000_000, 100_000_000_000_000_000, 1_000_000_000_000_000_000, 10_000_000_000_000_000_000,
    ]

    private static func copy(_ text: String, to place: UnsafeMutablePointer<UInt8>) -> UnsafeMutablePointer<UInt8> {
        var position = place
        for byte in text.utf8.prefix(longestBytes) {
            position.pointee = byte
            position += 1
        }
        return position
    }
}
