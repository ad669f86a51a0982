public import ProbeEvents

/// The line that ends the answer to an AT command (V.250, 5.7.1; TS 27.007, 9; TS 27.005, 3.2.5).
public struct FinalResult: Sendable, Equatable {
    /// How the command ended.
    public var result: ATResult
    /// The number of an error, or the number that its text stands for; nil for none.
    public var errorCode: UInt16?

    /// A result from its parts.
    public init(_ result: ATResult, errorCode: UInt16? = nil) {
        self.result = result
        self.errorCode = errorCode
    }

    private static let words = table([
        ("OK", .ok), ("ERROR", .error), ("CONNECT", .connect), ("NO CARRIER", .noCarrier), ("BUSY", .busy),
        ("NO ANSWER", .noAnswer), ("NO DIALTONE", .noDialtone), ("NO DIAL TONE", .noDialtone),
        // Huawei, Samsung
        ("COMMAND NOT SUPPORT", .vendorError), ("NA", .vendorError),
    ])

    /// The result that a digit stands for, as ATV0 makes them (V.250, 5.7.1); nil for a line that is none.
    init?(numeric line: [UInt8]) {
        let results: [UInt8: ATResult] = [
            0: .ok, 1: .connect, 3: .noCarrier, 4: .error, 6: .noDialtone, 7: .busy, 8: .noAnswer,
        ]
        guard line.count == 1, let result = results[line[0] &- 0x30] else { return nil }
        self.init(result)
    }

    private static let errors = table([
        ("+CME ERROR:", .cmeError), ("+CMS ERROR:", .cmsError),
        // Motorola
        ("MODEM ERROR:", .vendorError),
    ])

    private static func table(_ rows: [(String, ATResult)]) -> [(text: [UInt8], result: ATResult)] {
        rows.map { (Array($0.0.utf8), $0.1) }
    }

    /// The result that a line is; nil for one that is none.
    public init?(line: [UInt8]) {
        let line = trimmed(line)
        // The longest text of an error has 60 letters.
        guard line.count <= 96 else { return nil }
        if let word = Self.words.first(where: { $0.text.elementsEqual(line) }) {
            self.init(word.result)
        } else if line.starts(with: "CONNECT ".utf8) {
            self.init(.connect)
        } else if let error = Self.errors.first(where: { line.starts(with: $0.text) }) {
            self.init(error.result, errorCode: Self.code(trimmed(line.dropFirst(error.text.count)), of: error.result))
        } else {
            return nil
        }
    }

    /// Whether it is what a call or connection ends with: it may come unasked, too.
    var isOfCall: Bool {
        switch result {
        case .noCarrier, .busy, .noAnswer, .noDialtone, .connect: true
        default: false
        }
    }

    private static func code(_ text: ArraySlice<UInt8>, of result: ATResult) -> UInt16? {
        if let number = UInt16(String(decoding: text.prefix(8), as: UTF8.self)) { return number }
        guard result == .cmeError else { return nil }
        return CMEError.code(named: String(decoding: text, as: UTF8.self))
    }
}

/// A line without blanks at its ends.
func trimmed(_ line: some Collection<UInt8>) -> ArraySlice<UInt8> {
    var rest = Array(line)[...]
    while let first = rest.first, first == 0x20 || first == 0x09 { rest.removeFirst() }
    while let last = rest.last, last == 0x20 || last == 0x09 { rest.removeLast() }
    return rest
}
