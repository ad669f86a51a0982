/// The historical bytes of an answer to reset (ISO/IEC 7816-4, 12.1.1).
public struct HistoricalBytes: Hashable, Sendable {
    /// How they are coded, by the first of them.
    public enum Category: Hashable, Sendable {
        /// There are none.
        case none
        /// 80: COMPACT-TLV to the end.
        case compactTLV
        /// 00: COMPACT-TLV, then three status bytes.
        case compactTLVWithStatus
        /// 10: a reference to DIR data.
        case dirDataReference
        /// Anything else: the maker's own.
        case proprietary
    }

    /// One COMPACT-TLV object: a nibble each for tag and length.
    public struct CompactTLV: Hashable, Sendable {
        /// The tag, 0 to 15.
        public let tag: UInt8
        /// The value.
        public let value: [UInt8]
    }

    /// The bytes.
    public let bytes: [UInt8]
    /// How they are coded.
    public let category: Category
    /// The COMPACT-TLV objects before the first broken one.
    public let objects: [CompactTLV]
    /// A COMPACT-TLV object is broken: its value runs past the end.
    public let truncated: Bool
    /// The three status bytes: life cycle state, SW1, SW2.
    public let status: [UInt8]

    /// Takes historical bytes apart; never fails.
    public init(_ bytes: some Collection<UInt8>) {
        let bytes = Array(bytes)
        self.bytes = bytes
        var body = bytes.dropFirst()
        var status: ArraySlice<UInt8> = []
        switch bytes.first {
        case nil: category = .none
        case 0x80: category = .compactTLV
        case 0x00:
            category = .compactTLVWithStatus
            status = body.suffix(3)
            body = body.dropLast(3)
        case 0x10: category = .dirDataReference
        default: category = .proprietary
        }
        self.status = Array(status)
        let isCompact = category == .compactTLV || category == .compactTLVWithStatus
        (objects, truncated) = HistoricalBytes.objects(isCompact ? body : [])
    }

    // 4F stands for the interindustry tag 4F with a length byte of its own, as PC/SC part 3 builds it for storage
    // cards: as tag 4 with 15 bytes it could never fit.
    private static func objects(_ bytes: ArraySlice<UInt8>) -> (objects: [CompactTLV], truncated: Bool) {
        var objects: [CompactTLV] = []
        var rest = bytes
        while let head = rest.popFirst() {
            var length = Int(head & 0x0F)
            if head == 0x4F { length = rest.popFirst().map(Int.init) ?? Int.max }
            guard length <= rest.count else { return (objects, true) }
            objects.append(CompactTLV(tag: head >> 4, value: Array(rest.prefix(length))))
            rest = rest.dropFirst(length)
        }
        return (objects, false)
    }

    /// The value of the first object with this tag.
    public func value(ofTag tag: UInt8) -> [UInt8]? {
        objects.first { $0.tag == tag }?.value
    }

    /// Tag 3: how the card selects applications and gives its files of data objects.
    public var cardServiceData: UInt8? { value(ofTag: 3)?.first }
    /// Tag 4: the identifier of an application.
    public var applicationIdentifier: [UInt8]? { value(ofTag: 4) }
    /// Tag 5: what the issuer chose.
    public var issuerData: [UInt8]? { value(ofTag: 5) }
    /// Tag 6: what the maker chose.
    public var preIssuingData: [UInt8]? { value(ofTag: 6) }
    /// Tag 7: what the card can do.
    public var capabilities: CardCapabilities? { value(ofTag: 7).map(CardCapabilities.init) }

    /// The bytes as text when all can be printed and there are at least four; makers put names here.
    public var text: String? {
        guard bytes.count >= 4, bytes.allSatisfy({ (0x20...0x7E).contains($0) }) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// What a card can do, by one to three bytes (ISO/IEC 7816-4, 12.1.1.9).
public struct CardCapabilities: Hashable, Sendable {
    /// The bytes.
    public let bytes: [UInt8]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    private var third: UInt8 { bytes.count > 2 ? bytes[2] : 0 }

    /// It takes command chaining (class byte, b5).
    public var supportsChaining: Bool { third & 0x80 != 0 }
    /// It takes extended Lc and Le.
    public var supportsExtendedLength: Bool { third & 0x40 != 0 }
    /// The card assigns logical channel numbers.
    public var cardAssignsChannels: Bool { third & 0x10 != 0 }
    /// The terminal assigns logical channel numbers.
    public var terminalAssignsChannels: Bool { third & 0x08 != 0 }
    /// The number of logical channels, 1 to 8; 8 stands for "8 or more", 1 where channels are not assigned at all.
    public var logicalChannels: Int {
        cardAssignsChannels || terminalAssignsChannels ? Int(third & 0x07) + 1 : 1
    }
}
