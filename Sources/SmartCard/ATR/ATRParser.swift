/// Why bytes are no answer to reset, and how far they were one.
public struct ATRError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong.
    public enum Reason: Hashable, Sendable {
        /// There are no bytes.
        case empty
        /// The first byte is neither 3B nor 3F.
        case wrongFirstByte(UInt8)
        /// There are more than 33 bytes.
        case tooLong(Int)
        /// The bytes end within the interface bytes.
        case interfaceBytesMissing
        /// The bytes end within the historical bytes; so many are missing.
        case historicalBytesMissing(Int)
    }

    /// What is wrong.
    public let reason: Reason
    /// The number of bytes that were read without fault.
    public let position: Int
    /// The groups of interface bytes read before.
    public let interfaceBytes: [ATR.InterfaceBytes]

    /// One line: what is wrong, and where.
    public var description: String {
        switch reason {
        case .empty: "no ATR: the card gave no bytes"
        case .wrongFirstByte(let byte):
            "no ATR: it begins with \(String(byte, radix: 16, uppercase: true)), not 3B or 3F"
        case .tooLong(let length): "ATR of \(length) bytes is too long: \(ATR.maximumLength) are allowed"
        case .interfaceBytesMissing: "ATR ends after \(position) bytes, within its interface bytes"
        case .historicalBytesMissing(let count):
            "ATR ends after \(position) bytes, \(count) historical bytes are missing"
        }
    }
}

extension ATR {
    /// Decodes an answer to reset. A wrong or missing TCK and bytes after the end are told, not refused: readers
    /// deliver such cards, and they work.
    public init(_ bytes: some Collection<UInt8>) throws(ATRError) {
        let bytes = Array(bytes.prefix(ATR.maximumLength + 1))
        guard let first = bytes.first else { throw ATRError(reason: .empty, position: 0, interfaceBytes: []) }
        switch first {
        case 0x3B: convention = .direct
        case 0x3F: convention = .inverse
        default: throw ATRError(reason: .wrongFirstByte(first), position: 0, interfaceBytes: [])
        }
        guard bytes.count <= ATR.maximumLength else {
            throw ATRError(reason: .tooLong(bytes.count), position: 0, interfaceBytes: [])
        }
        let (groups, start) = try ATR.groups(bytes)
        let end = start + Int(bytes[1] & 0x0F)
        guard end <= bytes.count else {
            throw ATRError(
                reason: .historicalBytesMissing(end - bytes.count), position: bytes.count, interfaceBytes: groups)
        }
        let needsChecksum = groups.contains { ($0.td ?? 0) & 0x0F != 0 }
        self.bytes = bytes
        interfaceBytes = groups
        historical = HistoricalBytes(bytes[start..<end])
        checksum = needsChecksum ? ATR.checksum(bytes, at: end) : .none
        trailingBytes = max(0, bytes.count - end - (needsChecksum ? 1 : 0))
    }

    private static func checksum(_ bytes: [UInt8], at end: Int) -> Checksum {
        guard end < bytes.count else { return .missing }
        let expected = bytes[1..<end].reduce(0, ^)
        return bytes[end] == expected ? .valid : .wrong(expected: expected)
    }

    /// Reads T0 and the groups; gives where the historical bytes begin.
    private static func groups(_ bytes: [UInt8]) throws(ATRError) -> (groups: [InterfaceBytes], end: Int) {
        var groups: [InterfaceBytes] = []
        var position = 1
        func next() throws(ATRError) -> UInt8 {
            guard position < bytes.count else {
                throw ATRError(reason: .interfaceBytesMissing, position: position, interfaceBytes: groups)
            }
            position += 1
            return bytes[position - 1]
        }
        var indicator = try next()
        var number: UInt8?
        // Ends: each round with TD takes a byte, and there are at most 33.
        while true {
            var group = InterfaceBytes(protocolNumber: number)
            if indicator & 0x10 != 0 { group.ta = try next() }
            if indicator & 0x20 != 0 { group.tb = try next() }
            if indicator & 0x40 != 0 { group.tc = try next() }
            if indicator & 0x80 != 0 { group.td = try next() }
            groups.append(group)
            guard let td = group.td else { return (groups, position) }
            (indicator, number) = (td, td & 0x0F)
        }
    }
}
