/// What a proactive command is: its number, kind and qualifier, which the answer repeats (TS 102 223, 8.6).
public struct CommandDetails: Hashable, Sendable {
    /// Which of several commands, 1 to 254.
    public let number: UInt8
    /// Its kind.
    public let type: ProactiveCommandType
    /// More about how it is meant, by the kind.
    public let qualifier: UInt8

    /// Reads the value of the object; nil when it has not three bytes.
    public init?(_ value: some RandomAccessCollection<UInt8>) {
        guard value.count >= 3, let bytes = value.withContiguousStorageIfAvailable({ ($0[0], $0[1], $0[2]) }) else {
            return nil
        }
        self.init(number: bytes.0, type: ProactiveCommandType(bytes.1), qualifier: bytes.2)
    }

    /// Details from their parts.
    public init(number: UInt8, type: ProactiveCommandType, qualifier: UInt8) {
        (self.number, self.type, self.qualifier) = (number, type, qualifier)
    }
}

/// One end of a proactive command: a device's byte (TS 102 223, 8.7).
public struct ToolkitDevice: Hashable, Sendable {
    /// The byte.
    public let code: UInt8

    /// The device with this byte.
    public init(_ code: UInt8) { self.code = code }

    /// The channel it names, 1 to 7; nil for another device.
    public var channel: UInt8? { (0x21...0x27).contains(code) ? code & 0x07 : nil }

    /// The card.
    public static let card = ToolkitDevice(0x81)
    /// The terminal.
    public static let terminal = ToolkitDevice(0x82)
    /// The network.
    public static let network = ToolkitDevice(0x83)
}

/// What carries a channel: the first byte of the bearer description (TS 102 223, 8.52; TS 31.111, 8.52).
public enum ChannelBearer: Hashable, Sendable {
    case csd, packet, `default`, local, bluetooth, irda, rs232, cdma2000, packetExtended, wlan, eutran, ngran, usb
    /// A byte that the table does not have.
    case other(UInt8)

    /// The bearer with this byte.
    public init(_ code: UInt8) {
        self =
            switch code {
            case 0x01: .csd
            case 0x02: .packet
            case 0x03: .default
            case 0x04: .local
            case 0x05: .bluetooth
            case 0x06: .irda
            case 0x07: .rs232
            case 0x08: .cdma2000
            case 0x09: .packetExtended
            case 0x0A: .wlan
            case 0x0B: .eutran
            case 0x0C: .ngran
            case 0x10: .usb
            default: .other(code)
            }
    }
}

/// What the card speaks over a channel: transport protocol and port (TS 102 223, 8.59).
public struct ChannelTransport: Hashable, Sendable {
    /// The protocol and who plays which part.
    public enum Role: Hashable, Sendable {
        case udpClient, tcpClient, tcpServer, udpLocalClient, tcpLocalClient, direct
        /// A byte that the table does not have.
        case other(UInt8)

        /// The role with this byte.
        public init(_ code: UInt8) {
            self =
                switch code {
                case 0x01: .udpClient
                case 0x02: .tcpClient
                case 0x03: .tcpServer
                case 0x04: .udpLocalClient
                case 0x05: .tcpLocalClient
                case 0x06: .direct
                default: .other(code)
                }
        }

        /// In a word or two.
        public var name: String {
            switch self {
            case .udpClient: "UDP"
            case .tcpClient: "TCP"
            case .tcpServer: "TCP server"
            case .udpLocalClient: "UDP local"
            case .tcpLocalClient: "TCP local"
            case .direct: "direct"
            case .other(let code): "transport \(hexByte(code))"
            }
        }
    }

    /// What it is.
    public let role: Role
    /// The port.
    public let port: UInt16

    /// Reads the value of the object; nil when it has not three bytes.
    public init?(_ value: some Collection<UInt8>) {
        let bytes = Array(value.prefix(3))
        guard bytes.count == 3 else { return nil }
        role = Role(bytes[0])
        port = UInt16(bytes[1]) << 8 | UInt16(bytes[2])
    }
}

/// How one channel does (TS 102 223, 8.56).
public struct ChannelStatus: Hashable, Sendable {
    /// The state of its link.
    public enum Link: Hashable, Sendable {
        /// There is none.
        case down
        /// A server waits for its client.
        case listening
        /// It is there.
        case established
    }

    /// Which, 1 to 7; nil when there is no channel.
    public let channel: UInt8?
    /// The state of its link.
    public let link: Link
    /// The link went by itself: the network or the user.
    public let isDropped: Bool

    /// Reads the value of the object; nil when it has not two bytes.
    public init?(_ value: some Collection<UInt8>) {
        let bytes = Array(value.prefix(2))
        guard bytes.count == 2 else { return nil }
        channel = bytes[0] & 0x07 == 0 ? nil : bytes[0] & 0x07
        link = bytes[0] & 0x80 != 0 ? .established : bytes[0] & 0x40 != 0 ? .listening : .down
        isDropped = bytes[1] == 0x05
    }
}

/// An address of an end (TS 102 223, 8.58).
public enum ChannelAddress: Hashable, Sendable {
    /// None, or one that is given later.
    case dynamic
    /// Four bytes.
    case ipv4([UInt8])
    /// Sixteen bytes.
    case ipv6([UInt8])

    /// Reads the value of the object; nil for another kind and when bytes are missing.
    public init?(_ value: some Collection<UInt8>) {
        let address = Array(value.dropFirst())
        switch (value.first, address.count) {
        case (nil, _): self = .dynamic
        case (0x21, 4): self = .ipv4(address)
        case (0x57, 16): self = .ipv6(address)
        default: return nil
        }
    }

    /// As people write it: `8.8.8.8`, `2001:db8:0:0:0:0:0:1`.
    public var text: String {
        switch self {
        case .dynamic: "dynamic"
        case .ipv4(let bytes): bytes.map(String.init).joined(separator: ".")
        case .ipv6(let bytes):
            stride(from: 0, to: bytes.count - 1, by: 2).map {
                String(UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]), radix: 16)
            }.joined(separator: ":")
        }
    }
}

/// The name of an access point: labels with a length each, as in DNS (TS 102 223, 8.70).
public struct NetworkAccessName: Hashable, Sendable {
    /// The labels with dots between them; what is not ASCII is shown as `?`.
    public let text: String

    /// Reads the value of the object: any bytes will do. Cards write a dot and more text where a length should be, so
    /// that a length past the end makes the rest text.
    public init(_ value: some Collection<UInt8>) {
        let bytes = Array(value)
        var parts: [ArraySlice<UInt8>] = []
        var index = 0
        while index < bytes.count {
            let length = Int(bytes[index])
            guard length > 0, length <= bytes.count - index - 1 else {
                // A dot there is one between labels already.
                let rest = bytes[index...]
                parts.append(rest.first == UInt8(ascii: ".") ? rest.dropFirst() : rest)
                break
            }
            parts.append(bytes[(index + 1)...(index + length)])
            index += 1 + length
        }
        text = parts.map { part in
            String(decoding: part.map { (0x20...0x7E).contains($0) ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
        }.joined(separator: ".")
    }
}
