/// Cuts what a modem says into lines: CR and LF end one, empty ones are none.
///
/// A line has a bound; what is longer is kept up to it and marked. Zero bytes, which modems send while they start, are
/// passed over.
package struct ATLines: Sendable {
    /// A line that came.
    package struct Line: Sendable, Equatable {
        /// Its bytes, without line end.
        package var bytes: [UInt8]
        /// Whether its end was cut off.
        package var isCut = false
    }

    /// Bytes of a line that are kept: an answer to +CSIM with a whole record has 560, one with an extended APDU 131,100.
    package static let longestBytes = 132_096

    /// What came of the line that has no end yet.
    package private(set) var partial: [UInt8] = []
    private var isCut = false

    /// A stream that begins with a line.
    package init() {}

    /// Takes a byte; the line that it ends.
    package mutating func received(_ byte: UInt8) -> Line? {
        switch byte {
        case 0x0D, 0x0A: return endLine()
        case 0x00: return nil
        default:
            if partial.count < Self.longestBytes { partial.append(byte) } else { isCut = true }
            return nil
        }
    }

    /// Forgets what has no end yet.
    package mutating func forget() {
        partial = []
        isCut = false
    }

    private mutating func endLine() -> Line? {
        guard !partial.isEmpty else { return nil }
        defer { forget() }
        return Line(bytes: partial, isCut: isCut)
    }
}
