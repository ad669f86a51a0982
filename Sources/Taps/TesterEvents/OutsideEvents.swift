internal import ProbeEvents

/// The bounds of what an event from outside may hold; nothing that is true exceeds them.
private enum Longest {
    /// PC/SC's MAX_READERNAME is 128.
    static let nameBytes = 255
    /// What a modem says of itself.
    static let wordBytes = 64
    /// PATH_MAX.
    static let textBytes = 4_096
    /// A command: header, extended Lc, data, extended Le.
    static let payloadBytes = 65_548
    /// ISO/IEC 7816-3, 8.1: TS and 32 characters.
    static let atrBytes = 33
    /// 146 years: the sum of two times does not overflow.
    static let nanoseconds: UInt64 = 1 << 62
    static let count: UInt64 = 1 << 32
}

extension ProbeEvent {
    /// Whether another process may tell it to a probe: what concerns the machine, each probe sees for itself.
    var isToldOutside: Bool {
        guard stamp.source != .readerMonitor, stamp.source != .modem else { return false }
        switch self {
        case .apdu, .sessionOpened, .sessionClosed, .operation, .cardIdentified: return true
        case .clientAttached, .clientEnded, .clientDrained, .eventsDropped, .sourceState: return true
        case .readerChanged: return false
        case .atCommand, .urc, .modemChanged, .modemIdentified, .simChanged, .registrationChanged, .signalMeasured:
            return true
        case .bipOpened, .bipData, .bipLinkChanged, .bipDataWaiting, .bipClosed, .bipFailed, .triggerSeen:
            return true
        }
    }

    /// Whether its texts, times and counts are as long and large as can be true.
    var isWithinBounds: Bool {
        guard stamp.isWithinBounds else { return false }
        switch self {
        case .apdu(let event):
            return event.client.isWithinBounds && event.reader.utf8.count <= Longest.nameBytes
                && event.command.bytes.count <= Longest.payloadBytes
                && event.response.bytes.count <= Longest.payloadBytes
                && event.waitNanoseconds <= Longest.nanoseconds && event.sharingNanoseconds <= Longest.nanoseconds
        case .sessionOpened(let event):
            return event.client.isWithinBounds && event.reader.utf8.count <= Longest.nameBytes
        case .sessionClosed(let event):
            return event.client.isWithinBounds && event.reader.utf8.count <= Longest.nameBytes
        case .operation(let event):
            return event.client.isWithinBounds && event.reader.utf8.count <= Longest.nameBytes
                && event.waitNanoseconds <= Longest.nanoseconds
        case .readerChanged(let event):
            return event.reader.utf8.count <= Longest.nameBytes && event.atr.bytes.count <= Longest.atrBytes
        case .cardIdentified(let event):
            return event.client.isWithinBounds && event.reader.utf8.count <= Longest.nameBytes
                && event.atr.bytes.count <= Longest.atrBytes
        case .clientAttached(let event):
            return event.client.isWithinBounds && event.library.utf8.count <= Longest.textBytes
        case .clientEnded(let event):
            return event.client.isWithinBounds && (0...Int(UInt16.max)).contains(event.openSessions)
        case .clientDrained(let event): return event.client.isWithinBounds
        case .eventsDropped(let event): return event.count <= Longest.count
        case .sourceState(let event): return event.message.utf8.count <= Longest.textBytes
        case .atCommand(let event): return event.modem.isName
        case .urc(let event): return event.modem.isName
        case .modemChanged(let event): return event.modem.isName
        case .modemIdentified(let event): return event.isWithinBounds
        case .simChanged(let event): return event.modem.isName
        case .registrationChanged(let event): return event.modem.isName
        case .signalMeasured(let event): return event.isWithinBounds
        case .bipOpened(let event):
            return event.link.isWithinBounds && event.sinceTriggerNanoseconds ?? 0 <= Longest.nanoseconds
        case .bipData(let event): return event.link.isWithinBounds
        case .bipClosed(let event):
            return event.link.isWithinBounds && event.sentBytes <= Longest.count && event.receivedBytes <= Longest.count
        case .bipFailed(let event): return event.link.isWithinBounds
        case .bipLinkChanged(let event): return event.link.isWithinBounds
        case .bipDataWaiting(let event): return event.link.isWithinBounds
        case .triggerSeen(let event):
            return event.device.isName && event.client?.isWithinBounds ?? true
                && event.security?.application.bytes.count ?? 3 == 3
        }
    }
}

extension EventStamp {
    fileprivate var isWithinBounds: Bool {
        startNanoseconds <= Longest.nanoseconds && durationNanoseconds <= Longest.nanoseconds
            && wallNanoseconds <= Longest.nanoseconds
    }
}

extension ClientProcess {
    fileprivate var isWithinBounds: Bool { program.utf8.count <= Longest.nameBytes }
}

extension String {
    /// Whether it is short enough for the name of a reader or modem.
    fileprivate var isName: Bool { utf8.count <= Longest.nameBytes }
}

extension ModemIdentified {
    /// Hashes have sixteen hex digits, so that none is an identity in clear.
    fileprivate var isWithinBounds: Bool {
        modem.isName && model.utf8.count <= Longest.wordBytes && firmware.utf8.count <= Longest.wordBytes
            && identities.count <= IdentityKind.allCases.count
            && identities.allSatisfy { $0.hash.utf8.count == 16 && $0.hash.allSatisfy(\.isHexDigit) }
    }
}

extension SignalMeasured {
    /// No receiver hears below -200 dBm, and none survives 100.
    fileprivate var isWithinBounds: Bool {
        modem.isName
            && [rssi, rsrp, rscp, rsrq, sinr, ecio].allSatisfy { $0.map { (-200...100).contains($0) } ?? true }
    }
}

extension BIPLink {
    fileprivate var isWithinBounds: Bool {
        device.isName && channel <= 7 && client?.isWithinBounds ?? true
    }
}
