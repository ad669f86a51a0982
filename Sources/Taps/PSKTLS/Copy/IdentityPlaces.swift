/// Finds, byte by byte, where a client's handshake messages in clear name an identity: in ClientKeyExchange (RFC 4279, 2),
/// and in the pre_shared_key of ClientHello (RFC 8446, 4.2.11). A plain value; each byte costs the same.
struct IdentityPlaces: Sendable {
    /// What a byte is.
    enum Place: Sendable, Equatable {
        case other
        case identity
        /// The last one of an identity.
        case identityEnd
    }

    /// What the next bytes are.
    private enum Step: Sendable {
        /// A number of so many bytes, that says something.
        case number(left: Int, of: Number)
        /// Nothing to look at.
        case skip(then: Number?)
        case identity(then: Number?)
    }

    /// The numbers that say how long something is, or what.
    private enum Number: Sendable {
        case type, length
        case sessionID, suites, compressions, extensions
        case extensionType, extensionLength
        case identities, offeredIdentity, keyIdentity
        /// Behind an identity: its age of four bytes.
        case age

        var bytes: Int {
            switch self {
            case .type, .sessionID, .compressions: 1
            case .suites, .extensions, .extensionType, .extensionLength, .identities, .offeredIdentity, .keyIdentity: 2
            case .length: 3
            case .age: 4
            }
        }
    }

    private static let clientHello: UInt8 = 1
    private static let clientKeyExchange: UInt8 = 16
    /// Version and random.
    private static let helloHeadBytes = 34

    private var step = Step.number(left: 1, of: .type)
    private var value = 0
    private var messageType: UInt8 = 0
    private var extensionType = 0
    /// Bytes until the end of the message, of the extension, of the list of identities, of what is skipped.
    private var inMessage = 0
    private var inExtension = 0
    private var inIdentities = 0
    private var inPart = 0

    /// Takes a byte; what it is.
    mutating func take(_ byte: UInt8) -> Place {
        let isInHeader = isInHeader
        if !isInHeader { consume() }
        defer { if !isInHeader, inMessage == 0 { next(.type) } }
        switch step {
        case .number(let left, let number):
            value = value << 8 | Int(byte)
            if left > 1 {
                step = .number(left: left - 1, of: number)
            } else {
                let number = (number, value)
                value = 0
                know(number.0, number.1)
            }
            return .other
        case .skip(let following):
            inPart -= 1
            if inPart <= 0 { next(following) }
            return .other
        case .identity(let following):
            inPart -= 1
            guard inPart <= 0 || inMessage == 0 else { return .identity }
            next(following)
            return .identityEnd
        }
    }

    private var isInHeader: Bool {
        switch step {
        case .number(_, .type), .number(_, .length): true
        default: false
        }
    }

    private mutating func consume() {
        inMessage -= 1
        inExtension -= 1
        inIdentities -= 1
    }

    private mutating func next(_ number: Number?) {
        value = 0
        if let number {
            step = .number(left: number.bytes, of: number)
        } else {
            inPart = inMessage
            step = .skip(then: nil)
        }
    }

    /// Passes over so many bytes; without a number behind them over the rest of the message.
    private mutating func skip(_ count: Int, then number: Number?) {
        guard count > 0 else { return next(number) }
        inPart = count
        step = .skip(then: number)
    }

    private mutating func know(_ number: Number, _ value: Int) {
        switch number {
        case .type:
            messageType = UInt8(truncatingIfNeeded: value)
            next(.length)
        case .length: beginMessage(value)
        case .sessionID: skip(value, then: .suites)
        case .suites: skip(value, then: .compressions)
        case .compressions: skip(value, then: .extensions)
        case .extensions: next(.extensionType)
        case .extensionType:
            extensionType = value
            next(.extensionLength)
        case .extensionLength:
            inExtension = value
            if extensionType == TLSExtension.preSharedKey.rawValue, value > 0 { return next(.identities) }
            skip(value, then: .extensionType)
        case .identities:
            inIdentities = value
            nextIdentity()
        case .offeredIdentity: identity(value, then: .age)
        case .age: nextIdentity()
        case .keyIdentity: identity(value, then: nil)
        }
    }

    private mutating func beginMessage(_ length: Int) {
        inMessage = length
        guard length > 0 else { return next(.type) }
        switch messageType {
        case Self.clientHello: skip(Self.helloHeadBytes, then: .sessionID)
        case Self.clientKeyExchange: next(.keyIdentity)
        default: next(nil)
        }
    }

    /// The next one of the list, or what stands behind it: binders, which name nobody.
    private mutating func nextIdentity() {
        if inIdentities > 0 { next(.offeredIdentity) } else { skip(inExtension, then: .extensionType) }
    }

    private mutating func identity(_ length: Int, then number: Number?) {
        guard length > 0 else { return next(number) }
        inPart = length
        step = .identity(then: number)
    }
}
