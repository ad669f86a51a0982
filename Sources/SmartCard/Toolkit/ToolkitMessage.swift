/// Why bytes are no toolkit message.
public enum ToolkitError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The outer object is another one, or none.
    case otherObject(UInt8?)
    /// The outer object's length is missing, or past what can be.
    case brokenLength
    /// There are no command details to tell what it is.
    case noCommandDetails

    /// In a line.
    public var description: String {
        switch self {
        case .otherObject(let tag?): "no toolkit message: it begins with \(hexByte(tag))"
        case .otherObject(nil): "no toolkit message: it is empty"
        case .brokenLength: "a toolkit message with a broken length"
        case .noCommandDetails: "a toolkit message without command details"
        }
    }
}

/// The objects of a toolkit message; what came before a broken one is kept.
public struct ToolkitObjects: Hashable, Sendable {
    /// The objects, in order.
    public let all: [ComprehensionTLV]
    /// Bytes are missing, or an object was broken: there may have been more.
    public let isTruncated: Bool

    init(_ bytes: ArraySlice<UInt8>, isCutShort: Bool = false) {
        let (objects, truncated) = ComprehensionTLVs.decode(bytes)
        all = objects
        isTruncated = truncated || isCutShort
    }

    /// The value of the first object with this tag.
    public func value(_ tag: UInt16) -> ArraySlice<UInt8>? { all.first { $0.tag == tag }?.value }

    /// The values of all objects with this tag.
    public func values(_ tag: UInt16) -> [ArraySlice<UInt8>] { all.filter { $0.tag == tag }.map(\.value) }

    /// The sender and the addressee.
    public var devices: (source: ToolkitDevice, destination: ToolkitDevice)? {
        let bytes = Array(value(0x02) ?? [])
        guard bytes.count >= 2 else { return nil }
        return (ToolkitDevice(bytes[0]), ToolkitDevice(bytes[1]))
    }

    /// What carries the channel.
    public var bearer: ChannelBearer? { value(0x35)?.first.map { ChannelBearer($0) } }
    /// What is spoken over it.
    public var transport: ChannelTransport? { value(0x3C).flatMap { ChannelTransport($0) } }
    /// The size of a buffer, bytes.
    public var bufferSize: Int? {
        let bytes = Array(value(0x39) ?? [])
        return bytes.count >= 2 ? Int(bytes[0]) << 8 | Int(bytes[1]) : nil
    }
    /// The length of all channel data together, bytes.
    public var channelDataLength: Int { values(0x36).reduce(0) { $0 + $1.count } }
    /// How many bytes are asked for, wait, or have room; 255 means as many or more.
    public var dataLength: Int? { value(0x37)?.first.map(Int.init) }
    /// How the channels do, one each.
    public var channelStatuses: [ChannelStatus] { values(0x38).compactMap { ChannelStatus($0) } }
    /// The addresses: the local one first when there are two.
    public var addresses: [ChannelAddress] { values(0x3E).compactMap { ChannelAddress($0) } }
    /// The access point.
    public var networkAccessName: NetworkAccessName? { value(0x47).map { NetworkAccessName($0) } }
    /// How the terminal carried it out.
    public var result: ToolkitResult? { value(0x03).flatMap { ToolkitResult($0) } }
}

/// A command that the card gives the terminal: the data of a FETCH (TS 102 223, 6.6).
public struct ProactiveCommand: Hashable, Sendable {
    /// What it is.
    public let details: CommandDetails
    /// What it holds.
    public let objects: ToolkitObjects

    /// Reads object D0; what comes before a broken object inside is kept.
    public init(_ bytes: some Collection<UInt8>) throws(ToolkitError) {
        let (_, objects) = try outerObject(bytes) { $0 == 0xD0 }
        guard let details = objects.value(0x01).flatMap({ CommandDetails($0) }) else { throw .noCommandDetails }
        (self.details, self.objects) = (details, objects)
    }
}

/// How the terminal answers a proactive command: the data of a TERMINAL RESPONSE (TS 102 223, 6.8).
public struct TerminalResponse: Hashable, Sendable {
    /// What it answers.
    public let details: CommandDetails
    /// What it holds.
    public let objects: ToolkitObjects

    /// Reads the objects; what comes before a broken one is kept.
    public init(_ bytes: some Collection<UInt8>) throws(ToolkitError) {
        objects = ToolkitObjects(ArraySlice(bytes))
        guard let details = objects.value(0x01).flatMap({ CommandDetails($0) }) else { throw .noCommandDetails }
        self.details = details
    }
}

/// What the terminal tells the card unasked: the data of an ENVELOPE (TS 102 223, 7).
public struct ToolkitEnvelope: Hashable, Sendable {
    /// What kind it is.
    public enum Kind: Hashable, Sendable {
        case smsPPDownload, cellBroadcast, menuSelection, callControl, moShortMessageControl, eventDownload
        case timerExpiration, ussdDownload, mmsTransferStatus, mmsNotification, terminalApplications
        case geographicalLocation, container, proSeReport
        /// D8 and what the table does not have.
        case other(UInt8)
    }

    /// What happened: the first byte of the event list (TS 102 223, 8.25).
    public enum Event: Hashable, Sendable {
        /// Data came through a channel.
        case dataAvailable
        /// A channel's link changed.
        case channelStatus
        /// Anything else.
        case other(UInt8)
    }

    /// What kind it is.
    public let kind: Kind
    /// What it holds.
    public let objects: ToolkitObjects

    /// Reads object D1 to DF; what comes before a broken object inside is kept.
    public init(_ bytes: some Collection<UInt8>) throws(ToolkitError) {
        let (tag, objects) = try outerObject(bytes) { (0xD1...0xDF).contains($0) }
        self.objects = objects
        kind =
            switch tag {
            case 0xD1: .smsPPDownload
            case 0xD2: .cellBroadcast
            case 0xD3: .menuSelection
            case 0xD4: .callControl
            case 0xD5: .moShortMessageControl
            case 0xD6: .eventDownload
            case 0xD7: .timerExpiration
            case 0xD9: .ussdDownload
            case 0xDA: .mmsTransferStatus
            case 0xDB: .mmsNotification
            case 0xDC: .terminalApplications
            case 0xDD: .geographicalLocation
            case 0xDE: .container
            case 0xDF: .proSeReport
            default: .other(tag)
            }
    }

    /// What happened; nil when it is no event download or names none.
    public var event: Event? {
        guard kind == .eventDownload, let code = objects.value(0x19)?.first else { return nil }
        return switch code {
        case 0x09: .dataAvailable
        case 0x0A: .channelStatus
        default: .other(code)
        }
    }
}

/// The objects inside the outer one, of which bytes at the end may be missing. What follows it is not looked at.
private func outerObject(
    _ bytes: some Collection<UInt8>, isKnown: (UInt8) -> Bool
) throws(ToolkitError) -> (tag: UInt8, objects: ToolkitObjects) {
    let bytes = Array(bytes)
    guard let tag = bytes.first, isKnown(tag) else { throw .otherObject(bytes.first) }
    guard let length = TLVLength(bytes, at: 1, end: bytes.count, longest: 2) else { throw .brokenLength }
    let start = 1 + length.width
    let end = start + min(length.value, bytes.count - start)
    return (tag, ToolkitObjects(bytes[start..<end], isCutShort: end - start < length.value))
}
