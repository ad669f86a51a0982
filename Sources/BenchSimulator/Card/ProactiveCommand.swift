/// A proactive command as a script names it; the numbers are those of TS 102 223.
package enum ProactiveCommand: Equatable, Sendable {
    /// 40: a packet bearer or the default one, towards a server.
    case openChannel(ChannelRequest)
    /// 43: qualifier 1 sends at once, 0 fills the terminal's buffer.
    case sendData([UInt8], isImmediate: Bool)
    /// 42: asks for this many bytes; repeated while the terminal holds more, when asked to.
    case receiveData(lengthBytes: UInt8, untilEmpty: Bool)
    /// 44
    case getChannelStatus
    /// 41
    case closeChannel
    /// 13: a TPDU for the network.
    case sendShortMessage([UInt8])
    /// Whole command, tag D0 included, sent as it stands.
    case raw([UInt8])
}

/// What OPEN CHANNEL asks for.
package struct ChannelRequest: Equatable, Sendable {
    package enum Transport: String, CaseIterable, Sendable {
        case udp
        case tcp
        /// The card listens; no bearer and no address.
        case tcpServer

        /// Transport level: TS 102 223, 8.59.
        var code: UInt8 {
            switch self {
            case .udp: 0x01
            case .tcp: 0x02
            case .tcpServer: 0x03
            }
        }
    }

    /// Bearer description with its type byte first; 03 is the default bearer.
    package var bearer: [UInt8] = [0x03]
    package var bufferBytes: UInt16 = 1400
    package var transport = Transport.tcp
    package var port: UInt16 = 443
    /// IPv4 address.
    package var address: [UInt8] = [127, 0, 0, 1]
    /// Dotted network access name; none leaves the TLV out.
    package var accessPoint: String?

    package init() {}
}

extension ProactiveCommand {
    private var type: UInt8 {
        switch self {
        case .openChannel: 0x40
        case .closeChannel: 0x41
        case .receiveData: 0x42
        case .sendData: 0x43
        case .getChannelStatus: 0x44
        case .sendShortMessage: 0x13
        case .raw: 0
        }
    }

    private var qualifier: UInt8 {
        switch self {
        case .openChannel: 0x01
        case .sendData(_, let isImmediate): isImmediate ? 0x01 : 0x00
        default: 0x00
        }
    }

    var isOpenChannel: Bool {
        if case .openChannel = self { true } else { false }
    }

    var isMessage: Bool {
        if case .sendShortMessage = self { true } else { false }
    }

    /// The bytes that FETCH gets: tag D0, command details, device identities, and what the type adds.
    func encoded(number: UInt8, channel: UInt8) -> [UInt8] {
        if case .raw(let bytes) = self { return bytes }
        // commands about one channel go to the channel, messages to the network, the others to the terminal
        let destination: UInt8 =
            switch self {
            case .openChannel, .getChannelStatus, .raw: 0x82
            case .sendShortMessage: 0x83
            case .sendData, .receiveData, .closeChannel: 0x20 | channel
            }
        let header = TLV.encode(0x81, [number, type, qualifier]) + TLV.encode(0x82, [0x81, destination])
        return TLV.encode(0xD0, header + parameters)
    }

    private var parameters: [UInt8] {
        switch self {
        case .openChannel(let request): request.encoded
        case .sendData(let data, _): TLV.encode(0xB6, data)
        case .receiveData(let length, _): TLV.encode(0xB7, [length])
        case .sendShortMessage(let message): TLV.encode(0x8B, message)
        case .getChannelStatus, .closeChannel, .raw: []
        }
    }
}

extension ChannelRequest {
    fileprivate var encoded: [UInt8] {
        let isServer = transport == .tcpServer
        var bytes = (isServer ? [] : TLV.encode(0x35, bearer)) + TLV.encode(0x39, bufferBytes.bytes)
        if let accessPoint {
            let labels = accessPoint.utf8.split(separator: UInt8(ascii: "."))
            bytes += TLV.encode(0x47, labels.flatMap { [UInt8(clamping: $0.count)] + Array($0) })
        }
        bytes += TLV.encode(0x3C, [transport.code] + port.bytes)
        return isServer ? bytes : bytes + TLV.encode(0x3E, [0x21] + address)
    }
}
