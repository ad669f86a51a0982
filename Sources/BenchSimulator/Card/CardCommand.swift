/// One command as the virtual card reads it from the wire: header, data field and Le.
///
/// Kept apart from the probe's own decoder on purpose: the card's log is held against what the probe tells, so the two
/// must not share a fault.
struct CardCommand: Equatable {
    var cla: UInt8
    var ins: UInt8
    var p1: UInt8
    var p2: UInt8
    /// The data field; empty when there is none.
    var data: [UInt8]
    /// Bytes that the terminal expects; nil without Le, and 00 read as 256 (65,536 when extended).
    var expectedBytes: Int?

    /// Nil when the lengths fit none of the seven cases of ISO/IEC 7816-3, 12.1.
    init?(_ bytes: [UInt8]) {
        guard bytes.count >= 4 else { return nil }
        cla = bytes[0]
        ins = bytes[1]
        p1 = bytes[2]
        p2 = bytes[3]
        data = []
        expectedBytes = nil
        guard bytes.count > 4 else { return }
        let third = Int(bytes[4])
        if bytes.count == 5 {
            expectedBytes = third == 0 ? 256 : third
        } else if third != 0 {
            guard readShort(bytes, lengthBytes: third) else { return nil }
        } else {
            guard readExtended(bytes) else { return nil }
        }
    }

    private mutating func readShort(_ bytes: [UInt8], lengthBytes: Int) -> Bool {
        switch bytes.count - 5 - lengthBytes {
        case 0:
            data = Array(bytes[5...])
        case 1:
            data = Array(bytes[5..<(5 + lengthBytes)])
            let last = Int(bytes[bytes.count - 1])
            expectedBytes = last == 0 ? 256 : last
        default:
            return false
        }
        return true
    }

    private mutating func readExtended(_ bytes: [UInt8]) -> Bool {
        guard bytes.count >= 7 else { return false }
        let length = Int(bytes[5]) << 8 | Int(bytes[6])
        if bytes.count == 7 {
            expectedBytes = length == 0 ? 65_536 : length
            return true
        }
        guard length > 0 else { return false }
        switch bytes.count - 7 - length {
        case 0:
            data = Array(bytes[7...])
        case 2:
            data = Array(bytes[7..<(7 + length)])
            let expected = Int(bytes[7 + length]) << 8 | Int(bytes[8 + length])
            expectedBytes = expected == 0 ? 65_536 : expected
        default:
            return false
        }
        return true
    }
}

/// What a command led to, before the transport rules (61XX, 6CXX, 9FXX, 91XX) are laid over it.
enum CardAnswer: Equatable {
    /// Only a status word.
    case status(UInt16)
    /// Data of a command without a data field: Le must name its length.
    case outgoing([UInt8])
    /// Data of a command without a data field where any shorter Le is served, too.
    case outgoingPrefix([UInt8])
    /// Data of a command that had a data field: fetched by GET RESPONSE.
    case afterData([UInt8])

    static let done = CardAnswer.status(0x9000)

    var isRefusal: Bool {
        if case .status(let status) = self { status != 0x9000 } else { false }
    }
}
