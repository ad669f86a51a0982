/// The elements before the user data of a short message (TS 23.040, 9.2.3.24).
enum UserDataHeader {
    /// What follows is a command packet, or a response packet (TS 31.115, 4.2 and 4.3).
    static let commandPacket: UInt8 = 0x70
    static let responsePacket: UInt8 = 0x71

    /// Whether one of the elements has this number.
    static func names(_ kind: UInt8, _ elements: ArraySlice<UInt8>) -> Bool { value(elements) { $0 == kind } != nil }

    /// The elements say which of several parts this is.
    static func part(_ elements: ArraySlice<UInt8>) -> SecuredMessage.Part? {
        if let short = value(elements, where: { $0 == 0x00 }).map(Array.init), short.count == 3 {
            return SecuredMessage.Part(reference: UInt16(short[0]), total: short[1], number: short[2])
        }
        guard let long = value(elements, where: { $0 == 0x08 }).map(Array.init), long.count == 4 else { return nil }
        return SecuredMessage.Part(
            reference: UInt16(long[0]) << 8 | UInt16(long[1]), total: long[2], number: long[3])
    }

    /// Whether there is one element, which says that this is a part, and not the first.
    static func isLaterPart(_ elements: ArraySlice<UInt8>) -> Bool {
        let bytes = Array(elements)
        switch bytes.count {
        case 5: return bytes[0] == 0x00 && bytes[1] == 3 && bytes[4] > 1
        case 6: return bytes[0] == 0x08 && bytes[1] == 4 && bytes[5] > 1
        default: return false
        }
    }

    /// The first element that has number and length; its value may be cut short.
    private static func value(
        _ elements: ArraySlice<UInt8>, where isMeant: (UInt8) -> Bool
    ) -> ArraySlice<UInt8>? {
        var rest = elements
        while let kind = rest.first, let length = rest.dropFirst().first {
            if isMeant(kind) { return rest.dropFirst(2).prefix(Int(length)) }
            rest = rest.dropFirst(2 + Int(length))
        }
        return nil
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
    /// The elements of the header.
    let elements: Range<Int>
    /// Whether the packet's header follows: a later part has none.
    let holdsHeader: Bool
    /// The packet's lengths, SPI, KIc, KID, TAR and what is clear of counter and padding, as far as they are there.
    let packet: Range<Int>

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
        guard end <= range.upperBound else { return nil }
        elements = (length + 2)..<end
        holdsHeader = UserDataHeader.names(UserDataHeader.commandPacket, bytes[elements])
        guard holdsHeader || UserDataHeader.isLaterPart(bytes[elements]) else { return nil }
        (head, coding) = (start..<(start + 3), code..<(code + 2))
        userDataHeader = length..<end
        packet = holdsHeader ? PacketHeaderLayout.kept(bytes, in: end..<range.upperBound) : end..<end
    }
}

/// What of a command packet may be shown.
enum PacketHeaderLayout {
    /// The header up to TAR, and counter and padding behind it when they are not enciphered (ETSI TS 102 225, 5.1.1).
    static func kept(_ bytes: [UInt8], in range: Range<Int>) -> Range<Int> {
        let isEnciphered = range.count > 3 && bytes[range.lowerBound + 3] & 0x04 != 0
        let count = isEnciphered ? 10 : SecuredPacketHeader.longest
        return range.lowerBound..<min(range.lowerBound + count, range.upperBound)
    }
}

/// Where a page of a cell broadcast has a secured packet (TS 31.115, 5; TS 23.041, 9.4.1.2).
enum CellBroadcastLayout {
    /// Serial number, message identifier, coding, which page of how many.
    static let headerBytes = 6

    /// The packet's header as far as it may be shown, empty on a later page; nil for another broadcast.
    static func packet(_ bytes: [UInt8], in range: Range<Int>) -> Range<Int>? {
        let start = range.lowerBound
        // Message identifiers 1080 to 109F are secured packets for the card.
        guard range.count > headerBytes, bytes[start + 2] == 0x10, bytes[start + 3] & 0xE0 == 0x80 else { return nil }
        let content = (start + headerBytes)..<range.upperBound
        guard bytes[start + 5] >> 4 <= 1 else { return content.lowerBound..<content.lowerBound }
        return PacketHeaderLayout.kept(bytes, in: content)
    }
}

/// Where a card's proof of receipt stands, and what of it may be shown.
struct ReceiptLayout {
    /// Everything in front of the packet that may be shown.
    let front: [Range<Int>]
    /// Lengths, TAR, counter, padding and status.
    let packet: Range<Int>

    static let packetBytes = 13

    /// The card's answer to a message: user data (TS 31.115, 4.3). Nil unless the packet ends with the data, so that
    /// nothing else looks like one.
    static func answer(_ bytes: [UInt8], in range: Range<Int>) -> ReceiptLayout? {
        guard let first = range.first else { return nil }
        let start = first + 1 + Int(bytes[first])
        guard let packet = packet(bytes, at: start, in: range, elements: (first + 1)..<start) else { return nil }
        let length = Int(bytes[start]) << 8 | Int(bytes[start + 1])
        guard length == range.upperBound - start - 2, length > Int(bytes[start + 2]) else { return nil }
        return ReceiptLayout(front: [first..<start], packet: packet)
    }

    /// A message that the card has the terminal send (TS 23.040, 9.2.2.2).
    static func submitted(_ bytes: [UInt8], in range: Range<Int>) -> ReceiptLayout? {
        let start = range.lowerBound
        guard range.count > 4, bytes[start] & 0x43 == 0x41, bytes[start + 2] <= 20 else { return nil }
        let code = start + 4 + (Int(bytes[start + 2]) + 1) / 2
        let validity = [0, 7, 1, 7][Int(bytes[start] >> 3 & 0x03)]
        let length = code + 2 + validity
        guard length + 1 < range.upperBound else { return nil }
        let end = length + 2 + Int(bytes[length + 1])
        guard let packet = packet(bytes, at: end, in: range, elements: (length + 2)..<end) else { return nil }
        return ReceiptLayout(front: [start..<(start + 4), code..<(code + 2), length..<end], packet: packet)
    }

    private static func packet(
        _ bytes: [UInt8], at start: Int, in range: Range<Int>, elements: Range<Int>
    ) -> Range<Int>? {
        guard start + packetBytes <= range.upperBound,
            UserDataHeader.names(UserDataHeader.responsePacket, bytes[elements]), bytes[start + 2] >= 10
        else { return nil }
        return start..<(start + packetBytes)
    }
}
