/// A short message to the card that holds a secured packet: what starts a session over the air (TS 31.115, 4; ETSI TS
/// 102 225, 5).
///
/// Of the message nothing but these values and lengths is looked at: who sent it, when, and what it says stay closed.
public struct SecuredMessage: Hashable, Sendable {
    /// How the packet is secured, and what is wanted of the answer: SPI, two bytes.
    public let securityParameters: UInt16
    /// Which key it is enciphered with.
    public let cipheringKey: UInt8
    /// Which key its checksum was made with.
    public let integrityKey: UInt8
    /// The application on the card that it is for: TAR, three bytes.
    public let application: [UInt8]

    /// Reads the TPDU of a message; nil for one that holds no secured packet, or a later part of one.
    public init?(_ message: some Collection<UInt8>) {
        let bytes = Array(message)
        guard let layout = SecuredMessageLayout(bytes, in: bytes.indices) else { return nil }
        let header = bytes[layout.packet].dropFirst(3).prefix(7)
        guard header.count == 7 else { return nil }
        let values = Array(header)
        securityParameters = UInt16(values[0]) << 8 | UInt16(values[1])
        (cipheringKey, integrityKey, application) = (values[2], values[3], Array(values[4...6]))
    }
}

/// Where in the TPDU of a secured message stand the bytes that may be shown (TS 23.040, 9.2.2.1 and 9.2.3.24).
struct SecuredMessageLayout {
    /// Message type, length and type of the sender's address.
    let head: Range<Int>
    /// Protocol identifier and coding.
    let coding: Range<Int>
    /// Length of user data, and its header.
    let userDataHeader: Range<Int>
    /// The packet's lengths, SPI, KIc, KID and TAR, as far as they are there.
    let packet: Range<Int>

    private static let packetHeaderBytes = 10

    /// Nil for a message of another kind.
    init?(_ bytes: [UInt8], in range: Range<Int>) {
        let start = range.lowerBound
        // Delivered to the card, with a header in its user data; an address has 20 digits at most.
        guard range.count > 3, bytes[start] & 0x43 == 0x40, bytes[start + 1] <= 20 else { return nil }
        let code = start + 3 + (Int(bytes[start + 1]) + 1) / 2
        // Behind coding and the sender's time: length of user data, length of its header.
        let length = code + 9
        guard length + 1 < range.upperBound, bytes[code] == 0x7F else { return nil }
        let end = length + 2 + Int(bytes[length + 1])
        guard end <= range.upperBound, Self.namesPacket(bytes[(length + 2)..<end]) else { return nil }
        (head, coding) = (start..<(start + 3), code..<(code + 2))
        userDataHeader = length..<end
        packet = end..<min(end + Self.packetHeaderBytes, range.upperBound)
    }

    /// Whether one of the elements is 70: a command packet follows (TS 31.115, 4.2).
    private static func namesPacket(_ elements: ArraySlice<UInt8>) -> Bool {
        var rest = elements
        while let kind = rest.first, let length = rest.dropFirst().first {
            if kind == 0x70 { return true }
            rest = rest.dropFirst(2 + Int(length))
        }
        return false
    }
}
