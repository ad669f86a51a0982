/// How a secured packet says that it is secured, and what is wanted of the answer: SPI, two bytes (ETSI TS 102 225,
/// 5.1.1).
public struct PacketSecurity: Hashable, Sendable {
    /// What shows that nobody changed it.
    public enum Integrity: UInt8, Hashable, Sendable {
        /// Nothing; a redundancy check; a cryptographic checksum; a digital signature.
        case none, redundancyCheck, cryptographicChecksum, signature
    }

    /// What the card does with its counter.
    public enum CounterRule: UInt8, Hashable, Sendable {
        /// There is none; it is not looked at; it must be higher than the last; it must be one higher.
        case none, unchecked, higher, oneHigher
    }

    /// When a proof of receipt is wanted.
    public enum ReceiptWish: UInt8, Hashable, Sendable {
        /// Never; always; when something went wrong; a value that means nothing yet.
        case never, always, onError, reserved
    }

    /// The two bytes, the first one high.
    public let code: UInt16

    /// The parameters with this value.
    public init(_ code: UInt16) { self.code = code }

    /// What shows that nobody changed the packet.
    public var integrity: Integrity { Integrity(rawValue: UInt8(code >> 8 & 0x03)) ?? .none }
    /// Whether the packet is enciphered from its counter on.
    public var isEnciphered: Bool { code & 0x0400 != 0 }
    /// What the card does with the counter.
    public var counterRule: CounterRule { CounterRule(rawValue: UInt8(code >> 11 & 0x03)) ?? .none }
    /// When a proof of receipt is wanted.
    public var receipt: ReceiptWish { ReceiptWish(rawValue: UInt8(code & 0x03)) ?? .never }
    /// What shows that nobody changed the proof of receipt.
    public var receiptIntegrity: Integrity { Integrity(rawValue: UInt8(code >> 2 & 0x03)) ?? .none }
    /// Whether the proof of receipt is enciphered from its counter on.
    public var isReceiptEnciphered: Bool { code & 0x0010 != 0 }
    /// Whether the proof of receipt comes as a message of its own, and not as the answer to the packet.
    public var isReceiptSubmitted: Bool { code & 0x0020 != 0 }
}

/// Which key, and what is computed with it: KIc or KID, a byte (ETSI TS 102 225, 5.1.2 and 5.1.3). No key is in it.
public struct PacketKey: Hashable, Sendable {
    /// The byte.
    public let code: UInt8

    /// The key with this byte.
    public init(_ code: UInt8) { self.code = code }

    /// The key's number.
    public var number: UInt8 { code >> 4 }

    /// What the packet is enciphered with: `AES-CBC`, `3DES-CBC with 2 keys`.
    public var cipherName: String {
        switch (code & 0x03, code >> 2 & 0x03) {
        case (0x00, _): "as agreed"
        case (0x01, 0x03): "DES-ECB"
        case (0x01, let mode): Self.desName(mode)
        case (0x02, 0x00): "AES-CBC"
        case (0x03, _): "proprietary"
        default: "reserved"
        }
    }

    /// What its checksum is made with: `AES-CMAC`, `CRC32`.
    public func checksumName(_ integrity: PacketSecurity.Integrity) -> String {
        switch (integrity, code & 0x03, code >> 2 & 0x03) {
        case (.none, _, _): "none"
        case (.signature, _, _): "signature"
        case (_, 0x00, _): "as agreed"
        case (_, 0x03, _): "proprietary"
        case (.redundancyCheck, 0x01, 0x00): "CRC16"
        case (.redundancyCheck, 0x01, 0x01): "CRC32"
        case (.cryptographicChecksum, 0x01, let mode) where mode < 0x03: Self.desName(mode)
        case (.cryptographicChecksum, 0x02, 0x00): "AES-CMAC"
        default: "reserved"
        }
    }

    private static func desName(_ mode: UInt8) -> String {
        ["DES-CBC", "3DES-CBC with 2 keys", "3DES-CBC with 3 keys"][Int(mode)]
    }
}
