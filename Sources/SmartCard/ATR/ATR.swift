/// An answer to reset, decoded (ISO/IEC 7816-3, 8; historical bytes: ISO/IEC 7816-4, 12.1.1).
public struct ATR: Hashable, Sendable {
    /// The order of bits on the wire. PC/SC delivers bytes that are already turned.
    public enum Convention: Hashable, Sendable {
        /// TS = 3B.
        case direct
        /// TS = 3F.
        case inverse
    }

    /// TAi, TBi, TCi and TDi for one i.
    public struct InterfaceBytes: Hashable, Sendable {
        /// The protocol that the group is about: the low nibble of TD(i-1); nil for the first group.
        public let protocolNumber: UInt8?
        /// TAi; nil when it is not there.
        public internal(set) var ta: UInt8?
        /// TBi; nil when it is not there.
        public internal(set) var tb: UInt8?
        /// TCi; nil when it is not there.
        public internal(set) var tc: UInt8?
        /// TDi, which says what follows; nil in the last group.
        public internal(set) var td: UInt8?
    }

    /// The check byte TCK.
    public enum Checksum: Hashable, Sendable {
        /// T=0 alone is offered: there is none.
        case none
        /// The exclusive or of T0 to TCK is 00.
        case valid
        /// It should be `expected`.
        case wrong(expected: UInt8)
        /// A protocol other than T=0 is offered, but the byte is not there.
        case missing
    }

    /// All bytes given.
    public let bytes: [UInt8]
    /// The order of bits on the wire.
    public let convention: Convention
    /// The groups of interface bytes; the first may be empty.
    public let interfaceBytes: [InterfaceBytes]
    /// The historical bytes, taken apart.
    public let historical: HistoricalBytes
    /// The check byte.
    public let checksum: Checksum
    /// Bytes after the end: a fault of the card or reader.
    public let trailingBytes: Int

    /// The longest ATR, TS included, bytes.
    public static let maximumLength = 33

    /// The protocols offered, in the card's order: T=0 alone when no TD1 is there. T=15 is none.
    public var protocols: [UInt8] {
        let named = interfaceBytes.compactMap { $0.td.map { $0 & 0x0F } }
        guard !named.isEmpty else { return [0] }
        var seen: [UInt8] = []
        for number in named where number != 15 && !seen.contains(number) { seen.append(number) }
        return seen
    }

    /// TA1, or its default 11.
    public var ta1: UInt8 { interfaceBytes.first?.ta ?? 0x11 }

    /// The clock rate conversion integer Fi; nil for a reserved value.
    public var clockRateConversion: Int? { ATR.conversions[Int(ta1 >> 4)] }

    /// The baud rate adjustment integer Di; nil for a reserved value.
    public var baudRateAdjustment: Int? { ATR.adjustments[Int(ta1 & 0x0F)] }

    /// TA2: the card works with one protocol only, the low nibble.
    public var specificProtocol: UInt8? {
        interfaceBytes.count > 1 ? interfaceBytes[1].ta.map { $0 & 0x0F } : nil
    }

    /// TC1: the extra guard time N, elementary time units.
    public var extraGuardTime: UInt8 { interfaceBytes.first?.tc ?? 0 }

    /// TC2: the waiting integer WI of T=0; 10 by default.
    public var waitingInteger: UInt8 {
        (interfaceBytes.count > 1 ? interfaceBytes[1].tc : nil) ?? 10
    }

    /// The first TA of a T=1 group from the third on: IFSC, the longest block the card takes, bytes; nil without T=1.
    public var informationFieldSize: UInt8? {
        protocols.contains(1) ? firstSpecific(of: 1)?.ta ?? 32 : nil
    }

    /// The first TB of a T=1 group from the third on: the integers of the block and character waiting times.
    public var waitingTimeIntegers: (block: UInt8, character: UInt8)? {
        guard protocols.contains(1) else { return nil }
        let tb = firstSpecific(of: 1)?.tb ?? 0x4D
        return (tb >> 4, tb & 0x0F)
    }

    /// The first TA after T=15: clock stop and voltage classes; nil when it is not there.
    public var clockStopAndClasses: ClockStopAndClasses? {
        firstSpecific(of: 15)?.ta.map(ClockStopAndClasses.init)
    }

    /// The first TB after T=15: the use of contact C6 (SPU).
    public var contactSPU: UInt8? { firstSpecific(of: 15)?.tb }

    /// The number of logical channels that the card says it has: 1 when it says nothing, 8 for "8 or more".
    public var logicalChannels: Int { historical.capabilities?.logicalChannels ?? 1 }

    // Bytes that are specific to a protocol begin with the third group; the second holds TA2, TB2, TC2.
    private func firstSpecific(of number: UInt8) -> InterfaceBytes? {
        interfaceBytes.dropFirst(2).first { $0.protocolNumber == number }
    }

    // ISO/IEC 7816-3, tables 7 and 8. A low nibble of T=15 in TD1 would put global bytes into the second group, which
    // the standard excludes.
    private static let conversions: [Int?] = [
        372, 372, 558, 744, 1116, 1488, 1860, nil, nil, 512, 768, 1024, 1536, 2048, nil, nil,
    ]
    private static let adjustments: [Int?] = [
        nil, 1, 2, 4, 8, 16, 32, 64, 12, 20, nil, nil, nil, nil, nil, nil,
    ]
}

/// The first TA after T=15: may the clock be stopped, which voltages does the card take.
public struct ClockStopAndClasses: Hashable, Sendable {
    /// May the clock be stopped, and in which state.
    public enum ClockStop: UInt8, Hashable, Sendable {
        /// It must run.
        case notAllowed
        /// Stopped in the low state.
        case low
        /// Stopped in the high state.
        case high
        /// Stopped in either state.
        case noPreference
    }

    /// The byte.
    public let value: UInt8

    /// May the clock be stopped.
    public var clockStop: ClockStop { ClockStop(rawValue: value >> 6) ?? .notAllowed }
    /// Class A, 5 V.
    public var takes5V: Bool { value & 1 != 0 }
    /// Class B, 3 V.
    public var takes3V: Bool { value & 2 != 0 }
    /// Class C, 1.8 V.
    public var takes1V8: Bool { value & 4 != 0 }
}

extension ATR: CustomStringConvertible {
    /// Protocols, Fi/Di, the likely card, its channels: `T=0, 512/32, UICC (sysmoISIM-SJA2), 4 channels`.
    public var description: String {
        var parts = [protocols.map { "T=\($0)" }.joined(separator: " ")]
        if protocols.isEmpty { parts = ["no protocol"] }
        if let clockRateConversion, let baudRateAdjustment {
            parts.append("\(clockRateConversion)/\(baudRateAdjustment)")
        }
        if let card = knownCard {
            parts.append(likelyCard == .unknown ? card : "\(likelyCard.name) (\(card))")
        } else if likelyCard != .unknown {
            parts.append(likelyCard.name)
        }
        if logicalChannels > 1 { parts.append("\(logicalChannels)\(logicalChannels == 8 ? "+" : "") channels") }
        switch checksum {
        case .wrong: parts.append("wrong TCK")
        case .missing: parts.append("TCK missing")
        case .none, .valid: break
        }
        return parts.joined(separator: ", ")
    }
}
