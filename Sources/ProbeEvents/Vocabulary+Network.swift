// Values of labels that tell of channels, TLS and sessions over them.

/// Which way something went, seen from the tester: what it sent and what it received.
public enum TransferDirection: UInt8, ClosedVocabulary {
    case sent, received
}

/// What carries a BIP channel: the first byte of the bearer description (TS 102 223, 8.52).
public enum BearerType: UInt8, ClosedVocabulary {
    case csd, packet, `default`, local, bluetooth, irda, rs232, cdma2000, packetExt, wlan, eutran, ngran, usb
    /// A server channel, which has no bearer.
    case none
    /// A type that the reference does not name.
    case other
}

/// Why a BIP command failed: the terminal's result, and for 3A its additional information (TS 102 223, 8.12).
public enum BIPErrorType: UInt8, ClosedVocabulary {
    case noCause, noChannel, channelClosed, channelInvalid, bufferTooLarge, security, transportUnavailable
    case remoteUnreachable, service, serviceUnknown, portUnavailable, launchParameters, launchFailed
    /// Result 20: the terminal cannot at present.
    case terminalBusy
    /// Result 21: the network cannot at present.
    case networkBusy
    /// Results 10, 11, 22, 23: the user.
    case refusedByUser
    /// Results 12 and silence.
    case timeout
    /// Results 30 to 33 and 36: the terminal does not know it.
    case notSupported
    /// The link to the network was dropped (channel status, link dropped).
    case linkDropped
    case other
}

/// How a BIP channel is transported: the first byte of the transport level (TS 102 223, 8.59).
public enum BIPTransport: UInt8, ClosedVocabulary {
    case udpClient, tcpClient, tcpServer
    /// To something on the terminal itself.
    case udpLocal, tcpLocal
    case direct
    /// None was asked for.
    case none
    case other
}

/// What a card asks of a BIP channel.
public enum BIPCommand: UInt8, ClosedVocabulary {
    case openChannel, closeChannel, receiveData, sendData, getChannelStatus
}

/// How the link behind a BIP channel is (TS 102 223, 8.56).
public enum BIPLinkState: UInt8, ClosedVocabulary {
    case established
    /// A server waits for its client.
    case listening
    case down
    /// It went by itself: the network or the user.
    case dropped
}

/// What ended a BIP channel.
public enum BIPCloseReason: UInt8, ClosedVocabulary {
    /// The card closed it.
    case card
    /// The terminal told that the link to the network was dropped.
    case dropped
    /// The terminal knew nothing of it any more.
    case stale
    /// The card was reset or removed, or the modem restarted.
    case reset
    /// Whoever told of it is gone.
    case sourceGone

    /// How the channel ended, for people.
    package var words: String {
        switch self {
        case .card: "closed"
        case .dropped: "link dropped"
        case .stale: "lost"
        case .reset: "card reset"
        case .sourceGone: "abandoned"
        }
    }
}

/// Cipher suites of OTA sessions (GlobalPlatform Amendment B, and their neighbours in the IANA registry).
public enum CipherSuite: UInt8, ClosedVocabulary {
    case pskAES128CBCSHA256, pskNullSHA256, pskAES128CBCSHA, psk3DESCBCSHA, pskNullSHA
    case aes128GCMSHA256, aes128CCMSHA256
    case pskRC4SHA, pskAES256CBCSHA, pskAES128GCMSHA256, pskAES256GCMSHA384, pskAES256CBCSHA384, pskNullSHA384
    case pskAES128CCM, pskAES128CCM8
    case aes256GCMSHA384, chacha20Poly1305SHA256, aes128CCM8SHA256
    /// Any other suite.
    case other
    /// No suite was chosen: the handshake ended before.
    case none

    private struct Row {
        let code: UInt16
        let name: String
    }

    // By raw value, less the last two.
    private static let rows: [Row] = [
        Row(code: 0x00AE, name: "TLS_PSK_WITH_AES_128_CBC_SHA256"),
        Row(code: 0x00B0, name: "TLS_PSK_WITH_NULL_SHA256"),
        Row(code: 0x008C, name: "TLS_PSK_WITH_AES_128_CBC_SHA"),
        Row(code: 0x008B, name: "TLS_PSK_WITH_3DES_EDE_CBC_SHA"),
        Row(code: 0x002C, name: "TLS_PSK_WITH_NULL_SHA"),
        Row(code: 0x1301, name: "TLS_AES_128_GCM_SHA256"),
        Row(code: 0x1304, name: "TLS_AES_128_CCM_SHA256"),
        Row(code: 0x008A, name: "TLS_PSK_WITH_RC4_128_SHA"),
        Row(code: 0x008D, name: "TLS_PSK_WITH_AES_256_CBC_SHA"),
        Row(code: 0x00A8, name: "TLS_PSK_WITH_AES_128_GCM_SHA256"),
        Row(code: 0x00A9, name: "TLS_PSK_WITH_AES_256_GCM_SHA384"),
        Row(code: 0x00AF, name: "TLS_PSK_WITH_AES_256_CBC_SHA384"),
        Row(code: 0x00B1, name: "TLS_PSK_WITH_NULL_SHA384"),
        Row(code: 0xC0A4, name: "TLS_PSK_WITH_AES_128_CCM"),
        Row(code: 0xC0A8, name: "TLS_PSK_WITH_AES_128_CCM_8"),
        Row(code: 0x1302, name: "TLS_AES_256_GCM_SHA384"),
        Row(code: 0x1303, name: "TLS_CHACHA20_POLY1305_SHA256"),
        Row(code: 0x1305, name: "TLS_AES_128_CCM_8_SHA256"),
    ]

    /// The name in the IANA registry; `other`, `none`.
    public var name: String {
        let index = Int(rawValue)
        return Self.rows.indices.contains(index) ? Self.rows[index].name : "\(self)"
    }

    /// The suite with this code in ServerHello.
    public init(code: UInt16) {
        let index = Self.rows.firstIndex { $0.code == code }
        self = index.flatMap { Self(rawValue: UInt8(truncatingIfNeeded: $0)) } ?? .other
    }
}

/// The sides of a TLS connection: the card is the client, the tester's server the other.
public enum TLSPeer: UInt8, ClosedVocabulary {
    case client, server
}

/// Versions of TLS, by the two bytes that name them.
public enum TLSVersion: UInt8, ClosedVocabulary {
    case ssl30, tls10, tls11, tls12, tls13
    /// None was seen, or one that is not known.
    case unknown

    /// `TLS 1.2`.
    public var name: String {
        switch self {
        case .ssl30: "SSL 3.0"
        case .tls10: "TLS 1.0"
        case .tls11: "TLS 1.1"
        case .tls12: "TLS 1.2"
        case .tls13: "TLS 1.3"
        case .unknown: "unknown"
        }
    }

    /// The version of these two bytes; that of TLS 1.3 stands in an extension.
    public init(code: UInt16) {
        switch code {
        case 0x0300: self = .ssl30
        case 0x0301: self = .tls10
        case 0x0302: self = .tls11
        case 0x0303: self = .tls12
        case 0x0304: self = .tls13
        default: self = .unknown
        }
    }
}

/// The steps of a handshake, as far as they can be seen from outside.
public enum TLSStep: UInt8, ClosedVocabulary {
    /// Nothing came yet.
    case none
    case clientHello, serverHello, serverKeyExchange, serverHelloDone, clientKeyExchange
    case clientChangeCipherSpec, clientFinished, newSessionTicket, serverChangeCipherSpec, serverFinished
    /// TLS 1.3: what the server sends enciphered after its hello.
    case serverFlight
}

/// What a card says of a script that it was given (GlobalPlatform Amendment B, X-Admin-Script-Status).
public enum OTAScriptStatus: UInt8, ClosedVocabulary {
    case ok, unknownApplication, notASecurityDomain, securityError, other
}

/// What a card says of a secured packet that it was given: its proof of receipt (ETSI TS 102 225, 5.2; TS 31.115, 7).
public enum OTAReceipt: UInt8, ClosedVocabulary {
    case ok, checksumFailed, counterLow, counterHigh, counterBlocked, cipheringError, securityError
    case insufficientMemory, moreTimeNeeded, applicationUnknown, insufficientSecurity
    /// The answer itself comes in a message.
    case answerInMessage
    /// The answer itself comes in an unstructured session.
    case answerInSession
    /// It could not be read, since it was enciphered.
    case enciphered
    /// One was wanted, and none came.
    case missing
    case other
}

/// How a TLS handshake ended.
public enum HandshakeResult: UInt8, ClosedVocabulary {
    case success
    /// An alert or a broken record ended it.
    case failed
    /// One side closed the connection.
    case aborted
    /// Nothing came any more.
    case timeout
}

/// What went wrong with a TLS connection: the alerts that PSK sessions meet (RFC 5246, 7.2), and ends without one.
public enum TLSErrorType: UInt8, ClosedVocabulary {
    case unknownPskIdentity, decryptError, badRecordMac, handshakeFailure, protocolVersion, insufficientSecurity
    case illegalParameter, unexpectedMessage, decodeError, internalError
    /// An alert that could not be read, since it was encrypted.
    case encryptedAlert
    case otherAlert
    /// The connection ended without close_notify.
    case connectionLost
    case timeout
    /// Bytes that are no TLS.
    case malformed
    case other
}

/// The legs of an OTA session, from the trigger to the closed channel.
public enum OTALeg: UInt8, ClosedVocabulary {
    case triggerToEnvelope, envelopeToOpenChannel, openChannel, bearerToTls, tlsHandshake, tlsToFirstCommand, script
    case toClose
}

/// What wakes a card for an OTA session.
public enum TriggerType: UInt8, ClosedVocabulary {
    case sms, poll
}
