/// The kinds of handshake message that are looked at (RFC 5246, 7.4; RFC 5077, 3.3).
enum HandshakeType: UInt8 {
    case helloRequest = 0
    case clientHello = 1
    case serverHello = 2
    case newSessionTicket = 4
    case serverKeyExchange = 12
    case serverHelloDone = 14
    case clientKeyExchange = 16
}

/// A handshake message.
struct HandshakeMessage {
    /// Nil for one that tells nothing here.
    var type: HandshakeType?
    /// Header and body; empty for one that is longer than is kept.
    var whole: [UInt8]

    static let headerBytes = 4

    var body: ArraySlice<UInt8> { whole.dropFirst(Self.headerBytes) }
}

/// One side's handshake messages, put together from its records: they may share one or span several.
struct HandshakeMessages: Sendable {
    /// Longer messages are passed over: certificates, which no session with a shared key has.
    static let longestBytes = 16_384

    private var pending: [UInt8] = []
    private var passed = 0
    private var passedType: UInt8 = 0

    /// Takes the body of a record; the messages that it ends.
    mutating func received(_ body: [UInt8]) -> [HandshakeMessage] {
        var messages: [HandshakeMessage] = []
        var rest = body[...]
        while !rest.isEmpty { take(&rest, &messages) }
        return messages
    }

    private mutating func take(_ rest: inout ArraySlice<UInt8>, _ messages: inout [HandshakeMessage]) {
        guard passed == 0 else { return pass(&rest, &messages) }
        let wanted = missing
        pending += rest.prefix(wanted)
        rest = rest.dropFirst(wanted)
        guard pending.count >= HandshakeMessage.headerBytes else { return }
        if missing > Self.longestBytes {
            (passedType, passed, pending) = (pending[0], missing, [])
        } else if missing == 0 {
            messages.append(HandshakeMessage(type: HandshakeType(rawValue: pending[0]), whole: pending))
            pending = []
        }
    }

    private mutating func pass(_ rest: inout ArraySlice<UInt8>, _ messages: inout [HandshakeMessage]) {
        let count = min(passed, rest.count)
        passed -= count
        rest = rest.dropFirst(count)
        guard passed == 0 else { return }
        messages.append(HandshakeMessage(type: HandshakeType(rawValue: passedType), whole: []))
    }

    /// How many bytes the header, and then the message, lacks.
    private var missing: Int {
        guard pending.count >= HandshakeMessage.headerBytes else { return HandshakeMessage.headerBytes - pending.count }
        let length = Int(pending[1]) << 16 | Int(pending[2]) << 8 | Int(pending[3])
        return HandshakeMessage.headerBytes + length - pending.count
    }
}
