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
    /// Of a download.
    static let steps = 8
    /// Bytes of a connection: an exbibyte and more.
    static let bytes: UInt64 = 1 << 62
    /// What a test expects.
    static let rules = 64
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
        case .tls, .ota, .esim, .phone, .test, .database: return true
        }
    }

    /// Whether its texts, times and counts are as long and large as can be true.
    var isWithinBounds: Bool {
        guard stamp.isWithinBounds, subject.isWithinBounds else { return false }
        switch self {
        case .apdu(let event):
            return event.command.bytes.count <= Longest.payloadBytes
                && event.response.bytes.count <= Longest.payloadBytes
                && event.waitNanoseconds <= Longest.nanoseconds && event.sharingNanoseconds <= Longest.nanoseconds
        case .operation(let event): return event.waitNanoseconds <= Longest.nanoseconds
        case .readerChanged(let event): return event.atr.bytes.count <= Longest.atrBytes
        case .cardIdentified(let event):
            return event.atr.bytes.count <= Longest.atrBytes && event.iccidHash?.isHash ?? true
                && event.eidHash?.isHash ?? true
        case .clientAttached(let event):
            return event.library.utf8.count <= Longest.textBytes && event.traceparent?.isName ?? true
                && event.testerVersion?.isWord ?? true && event.testerCommit?.isCommit ?? true
        case .clientEnded(let event): return (0...Int(UInt16.max)).contains(event.openSessions)
        case .eventsDropped(let event): return event.count <= Longest.count
        case .sourceState(let event): return event.message.utf8.count <= Longest.textBytes
        case .modemIdentified(let event): return event.isWithinBounds
        case .registrationChanged(let event): return event.operatorName?.utf8.count ?? 0 <= Longest.textBytes
        case .signalMeasured(let event): return event.isWithinBounds
        case .bipOpened(let event):
            return event.link.isWithinBounds && event.sinceTriggerNanoseconds ?? 0 <= Longest.nanoseconds
        case .bipData(let event): return event.link.isWithinBounds
        case .bipClosed(let event):
            return event.link.isWithinBounds && event.sentBytes <= Longest.count && event.receivedBytes <= Longest.count
        case .bipFailed(let event):
            return event.link.isWithinBounds && event.sinceTriggerNanoseconds ?? 0 <= Longest.nanoseconds
        case .bipLinkChanged(let event): return event.link.isWithinBounds
        case .bipDataWaiting(let event): return event.link.isWithinBounds
        case .triggerSeen(let event): return event.security?.application.bytes.count ?? 3 == 3
        case .tls(let event): return event.isWithinBounds
        case .ota(let event): return event.isWithinBounds
        case .esim(let event): return event.isWithinBounds
        case .phone(let event): return event.isWithinBounds
        case .test(let event): return event.isWithinBounds
        case .database(let event): return event.isWithinBounds
        case .sessionOpened, .sessionClosed, .clientDrained, .atCommand, .urc, .modemChanged, .simChanged: return true
        }
    }
}

extension EventStamp {
    fileprivate var isWithinBounds: Bool {
        startNanoseconds <= Longest.nanoseconds && durationNanoseconds <= Longest.nanoseconds
            && wallNanoseconds <= Longest.nanoseconds
    }
}

extension EventSubject {
    fileprivate var isWithinBounds: Bool { device?.isName ?? true && client?.program.isName ?? true }
}

extension String {
    /// Whether it is short enough for the name of a reader or modem.
    fileprivate var isName: Bool { utf8.count <= Longest.nameBytes }

    /// Whether it is short enough for what a device or a tester says of itself.
    fileprivate var isWord: Bool { utf8.count <= Longest.wordBytes }

    /// Whether it is the name of a commit, or enough of its beginning.
    fileprivate var isCommit: Bool { (7...64).contains(utf8.count) && allSatisfy { $0.isASCII && $0.isHexDigit } }

    /// Whether it is the hash of an identity, so that none is one in clear.
    fileprivate var isHash: Bool { utf8.count == 16 && allSatisfy { $0.isASCII && $0.isHexDigit } }
}

extension ModemIdentified {
    /// Hashes have sixteen hex digits, so that none is an identity in clear.
    fileprivate var isWithinBounds: Bool {
        model.utf8.count <= Longest.wordBytes && firmware.utf8.count <= Longest.wordBytes
            && identities.count <= IdentityKind.allCases.count
            && identities.allSatisfy { $0.hash.isHash }
    }
}

extension SignalMeasured {
    /// No receiver hears below -200 dBm, and none survives 100.
    fileprivate var isWithinBounds: Bool {
        [rssi, rsrp, rscp, rsrq, sinr, ecio].allSatisfy { $0.map { (-200...100).contains($0) } ?? true }
    }
}

extension BIPLink {
    fileprivate var isWithinBounds: Bool { channel <= 7 }
}

extension TLSEvent {
    fileprivate var isWithinBounds: Bool {
        switch self {
        case .opened: return true
        case .handshake(let event): return event.identity?.isHash ?? true
        case .closed(let event):
            return [event.sentBytes, event.receivedBytes, event.sentRecords, event.receivedRecords].allSatisfy {
                $0 <= Longest.bytes
            }
        }
    }
}

extension OTAEvent {
    fileprivate var isWithinBounds: Bool {
        switch self {
        case .began(let event): return event.identity?.isHash ?? true
        case .packet(let event): return event.security.application.bytes.count == 3
        case .turn, .leg, .ended: return true
        }
    }
}

extension ESIMEvent {
    fileprivate var isWithinBounds: Bool {
        switch self {
        case .function: return true
        case .download(let event):
            return event.steps.count <= Longest.steps
                && event.steps.allSatisfy {
                    $0.afterNanoseconds <= Longest.nanoseconds && $0.durationNanoseconds <= Longest.nanoseconds
                }
        }
    }
}

extension PhoneEvent {
    fileprivate var isWithinBounds: Bool {
        switch self {
        case .changed(let event): event.model.utf8.count <= Longest.wordBytes
        case .identified(let event):
            [event.model, event.release, event.baseband, event.operatorName, event.simState].allSatisfy {
                $0.utf8.count <= Longest.wordBytes
            }
        case .operation(let event): event.sentBytes <= Longest.bytes && event.receivedBytes <= Longest.bytes
        }
    }
}

extension TestEvent {
    fileprivate var isWithinBounds: Bool {
        switch self {
        case .suiteBegan(let event):
            event.suite.suite.isName && event.traceparent?.isName ?? true && event.parent?.isName ?? true
                && event.testerVersion?.isWord ?? true && event.testerCommit?.isCommit ?? true
        case .suiteEnded(let event): event.suite.suite.isName
        case .began(let event):
            event.suite.suite.isName && event.test.utf8.count <= Longest.textBytes && event.traceparent?.isName ?? true
                && (event.expects ?? []).areRules
        case .ended(let event):
            event.suite.suite.isName && event.test.utf8.count <= Longest.textBytes && event.traceparent?.isName ?? true
        }
    }
}

extension [String] {
    /// Whether they are rules of what is expected, and not too many.
    fileprivate var areRules: Bool {
        count <= Longest.rules && allSatisfy { $0.isName && (try? ExpectedOutcome($0)) != nil }
    }
}

extension DatabaseEvent {
    fileprivate var isWithinBounds: Bool {
        switch self {
        case .operation(let event):
            event.table.isName && event.system?.isName ?? true && event.traceparent?.isName ?? true
        case .pool: true
        }
    }
}
