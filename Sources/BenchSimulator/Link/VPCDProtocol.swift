/// What vpcd asks of a card: one message each.
enum VPCDMessage: Equatable {
    case powerOff
    case powerOn
    case reset
    case askATR
    /// Two bytes or more; one byte is always a control message.
    case command([UInt8])
    /// A message that no vpcd sends: empty, or an unknown control byte.
    case unknown
}

/// The framing of vpcd's protocol: two bytes of length, big endian, then the payload.
struct VPCDFraming {
    private var buffer: [UInt8] = []

    /// Takes what the socket had and returns the messages that are complete.
    mutating func received(_ bytes: some Sequence<UInt8>) -> [VPCDMessage] {
        buffer.append(contentsOf: bytes)
        var messages: [VPCDMessage] = []
        var start = 0
        while buffer.count - start >= 2 {
            let length = Int(buffer[start]) << 8 | Int(buffer[start + 1])
            guard buffer.count - start - 2 >= length else { break }
            messages.append(Self.message(Array(buffer[(start + 2)..<(start + 2 + length)])))
            start += 2 + length
        }
        buffer.removeFirst(start)
        return messages
    }

    /// A payload with its length; cut at 65,535 bytes.
    static func frame(_ payload: [UInt8]) -> [UInt8] {
        let payload = payload.prefix(65_535)
        return UInt16(payload.count).bytes + payload
    }

    private static func message(_ payload: [UInt8]) -> VPCDMessage {
        guard payload.count == 1 else { return payload.isEmpty ? .unknown : .command(payload) }
        return switch payload[0] {
        case 0x00: .powerOff
        case 0x01: .powerOn
        case 0x02: .reset
        case 0x04: .askATR
        default: .unknown
        }
    }
}
