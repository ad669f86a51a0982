internal import Synchronization

/// The number of a trace: 16 bytes, never all zero.
package struct TraceID: Sendable, Hashable, CustomStringConvertible {
    /// The first eight bytes.
    package let high: UInt64
    /// The last eight bytes; what ratio samplers look at.
    package let low: UInt64

    /// A number from its halves; nil when both are 0.
    package init?(high: UInt64, low: UInt64) {
        guard high | low != 0 else { return nil }
        (self.high, self.low) = (high, low)
    }

    /// Reads 32 lower-case hex digits.
    package init?(hex: some Collection<UInt8>) {
        guard hex.count == 32, let high = LowerHex.number(hex.prefix(16)), let low = LowerHex.number(hex.suffix(16))
        else { return nil }
        self.init(high: high, low: low)
    }

    /// The 16 bytes, first byte first.
    package var bytes: [UInt8] { high.bigEndianBytes + low.bigEndianBytes }

    /// 32 lower-case hex digits.
    package var description: String { LowerHex.text(high) + LowerHex.text(low) }
}

/// The number of a span: 8 bytes, never all zero.
package struct SpanID: Sendable, Hashable, CustomStringConvertible {
    /// The bytes as a number, first byte highest.
    package let value: UInt64

    /// A number; nil for 0.
    package init?(_ value: UInt64) {
        guard value != 0 else { return nil }
        self.value = value
    }

    /// Reads 16 lower-case hex digits.
    package init?(hex: some Collection<UInt8>) {
        guard hex.count == 16, let value = LowerHex.number(hex) else { return nil }
        self.init(value)
    }

    /// The 8 bytes, first byte first.
    package var bytes: [UInt8] { value.bigEndianBytes }

    /// 16 lower-case hex digits.
    package var description: String { LowerHex.text(value) }
}

/// Makes random numbers for traces and spans, safe from any thread.
///
/// The system's generator is asked once for a seed: it would cost a system call a number.
package final class TraceIdentifiers: Sendable {
    private let generator: Mutex<SeededNumbers>

    /// A generator with a seed from the system.
    package init() {
        generator = Mutex(SeededNumbers())
    }

    /// A new trace's number.
    package func traceID() -> TraceID {
        generator.withLock { numbers in
            while true {
                if let id = TraceID(high: numbers.next(), low: numbers.next()) { return id }
            }
        }
    }

    /// A new span's number.
    package func spanID() -> SpanID {
        generator.withLock { numbers in
            while true {
                if let id = SpanID(numbers.next()) { return id }
            }
        }
    }
}

/// xoshiro256**, by Blackman and Vigna.
private struct SeededNumbers {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    init() {
        var system = SystemRandomNumberGenerator()
        // A state of zeros would stay there; the last bit keeps it from that.
        state = (system.next(), system.next(), system.next(), system.next() | 1)
    }

    mutating func next() -> UInt64 {
        let result = rotate(state.1 &* 5, 7) &* 9
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = rotate(state.3, 45)
        return result
    }

    private func rotate(_ value: UInt64, _ bits: UInt64) -> UInt64 { value << bits | value >> (64 - bits) }
}

/// Lower-case hex, the only kind that trace contexts are written in.
enum LowerHex {
    /// The number that at most 16 digits say; nil when there is anything else.
    static func number(_ digits: some Collection<UInt8>) -> UInt64? {
        guard !digits.isEmpty, digits.count <= 16 else { return nil }
        var number: UInt64 = 0
        for digit in digits {
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): number = number << 4 | UInt64(digit - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): number = number << 4 | UInt64(digit - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
        return number
    }

    /// A number in 16 digits.
    static func text(_ number: UInt64) -> String { text(number.bigEndianBytes) }

    /// Two digits a byte.
    static func text(_ bytes: some Collection<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}

extension UInt64 {
    fileprivate var bigEndianBytes: [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: self >> (56 - 8 * $0)) } }
}
