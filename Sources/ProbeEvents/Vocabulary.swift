internal import Synchronization

/// A closed list of label values: dense indices from 0, names in snake case.
///
/// The lists are contract like the metric names (a change of one breaks dashboards).
public protocol ClosedVocabulary: RawRepresentable, CaseIterable, Codable, Hashable, Sendable
where RawValue == UInt8 {
    /// The value as labels and JSON show it.
    var name: String { get }
}

extension ClosedVocabulary {
    /// The case's name in snake case.
    public var name: String { VocabularyNames.ofCases(Self.self)[Int(rawValue)] }

    /// The value for people: `close_channel` is `close channel`.
    package var words: String { name.replacing("_", with: " ") }

    /// The case with this name, if there is one.
    public init?(name: String) {
        guard let place = VocabularyNames.of(Self.self).firstIndex(of: name) else { return nil }
        self.init(rawValue: UInt8(truncatingIfNeeded: place))
    }

    /// Reads a name; an unknown one is an error that lists what is known.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let value = Self(name: text) else {
            let known = VocabularyNames.of(Self.self).joined(separator: ", ")
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "'\(text.prefix(64))' is none of: \(known)")
        }
        self = value
    }

    /// Writes the name.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(VocabularyNames.of(Self.self)[Int(rawValue)])
    }
}

/// The names of each list by index, made once: an event line has several, and making them took half of its time.
private enum VocabularyNames {
    private typealias Known = [ObjectIdentifier: [String]]

    private static let shown = Mutex<Known>([:])
    private static let cases = Mutex<Known>([:])

    /// As they are shown.
    static func of<Words: ClosedVocabulary>(_ type: Words.Type) -> [String] {
        names(of: type, in: shown, \.name)
    }

    /// After the names of the cases, which a list may show otherwise.
    static func ofCases<Words: ClosedVocabulary>(_ type: Words.Type) -> [String] {
        names(of: type, in: cases) { snakeCase("\($0)") }
    }

    private static func names<Words: ClosedVocabulary>(
        of type: Words.Type, in known: borrowing Mutex<Known>, _ name: (Words) -> String
    ) -> [String] {
        let key = ObjectIdentifier(type)
        if let names = known.withLock({ $0[key] }) { return names }
        let names = Words.allCases.map(name)
        known.withLock { $0[key] = names }
        return names
    }
}

private func snakeCase(_ camelCase: String) -> String {
    var text = ""
    for character in camelCase {
        if character.isUppercase { text.append("_") }
        text.append(contentsOf: character.lowercased())
    }
    return text
}

/// The kinds of source that make events.
public enum SourceKind: UInt8, ClosedVocabulary {
    /// The shim inside a program that talks to PC/SC.
    case shim
    /// The probe's own watch over readers and cards.
    case readerMonitor
    /// A program that uses the library instead of a shim.
    case cardReader
    /// A program that tells its events itself.
    case testerSocket
    /// The probe's own talk with a modem.
    case modem
    /// A relay between a tester and its modem.
    case atTap
    /// A relay between a card and the tester's server over TLS.
    case pskTlsTap
    /// The probe's own talk with the adb server, and its relay before it.
    case adb
    /// The probe's own history on this machine.
    case store
}

/// What carried an APDU.
public enum APDUInterface: UInt8, ClosedVocabulary {
    /// A reader, by PC/SC.
    case pcsc
    /// A modem, by AT commands.
    case at
    /// An OTA session, by TLS with a pre-shared key.
    case pskTls
}

/// The kinds of session.
public enum SessionType: UInt8, ClosedVocabulary {
    case pcsc, ota, bip, at
}

/// The protocols that a session can speak.
public enum SessionProtocol: UInt8, ClosedVocabulary {
    case t0, t1, raw, scp81, scp80, unknown

    /// As in ISO/IEC 7816-3 for the card protocols: `T0`, `T1`.
    public var name: String {
        switch self {
        case .t0: "T0"
        case .t1: "T1"
        case .raw, .scp81, .scp80, .unknown: "\(self)"
        }
    }

    /// From the active protocol of PC/SC (1 T=0, 2 T=1, 4 raw).
    public init(pcsc activeProtocol: UInt32) {
        self =
            switch activeProtocol {
            case 1: .t0
            case 2: .t1
            case 4: .raw
            default: .unknown
            }
    }
}

/// How a session ended.
public enum SessionStatus: UInt8, ClosedVocabulary {
    case completed, failed, timeout
}

/// Why a session went wrong.
public enum SessionErrorType: UInt8, ClosedVocabulary {
    /// The program ended without closing it.
    case clientGone
    /// The card was removed.
    case cardRemoved
    /// Another program reset the card.
    case cardReset
    /// The reader or pcscd went away.
    case readerUnavailable
    /// It could not be opened since another program holds the card.
    case sharingViolation
    /// It could not be opened since no card was there, or none that answers.
    case noCard
    /// pcscd refused (polkit) or the card did.
    case accessDenied
    /// It took too long.
    case timeout
    /// Anything else.
    case other
}

/// The kinds of device on a bench.
public enum DeviceType: UInt8, ClosedVocabulary {
    case reader, modem, phone
}

/// What can be asked of a device.
public enum DeviceOperation: UInt8, ClosedVocabulary {
    case connect, reconnect, disconnect, beginTransaction, endTransaction, control, status, getAttribute, setAttribute
    case waitForChange, cancel, establishContext, releaseContext, listReaders
    /// An AT command.
    case command
}

/// How an operation on a device ended.
public enum OperationStatus: UInt8, ClosedVocabulary {
    case success, failed, cancelled, timeout
}

/// What can go wrong with a device.
public enum DeviceErrorType: UInt8, ClosedVocabulary {
    case unavailable, noService, communication, cardRemoved, cardReset, unresponsive, sharingViolation, accessDenied
    case protocolMismatch, timeout, other
}

/// What goes wrong, or nearly so, between a reader's contacts and its card.
public enum ContactEvent: UInt8, ClosedVocabulary {
    /// The card did not answer to power.
    case mute
    /// An exchange broke off between reader and card.
    case communication
    /// The card was reset, and no program that is seen did it.
    case reset
    /// The card went, and was back within two seconds.
    case bounce
    /// So soon another ATR came: it was read wrongly once.
    case atrChanged
    /// A program sent a command again whose exchange had broken off.
    case retry
    /// The card said which length it has (6CXX): routine, unless it becomes more.
    case lengthCorrected
}

/// What became of the file that a fault is to have.
public enum FlightFileResult: UInt8, ClosedVocabulary {
    case written
    /// The same fault had just got one, or too many others had.
    case suppressed
    /// It could not be written.
    case failed
}

/// How many tries a PIN or key has left, as cards tell it (63CX, 6983, 9840).
public enum TriesLeft: UInt8, ClosedVocabulary {
    /// It is blocked.
    case none
    /// One wrong value blocks it.
    case one
    case two, more

    /// From the count; more than two are one value.
    public init(_ count: Int) { self = Self(rawValue: UInt8(clamping: count)) ?? .more }

    /// `0`, `1`, `2`, `more`.
    public var name: String { self == .more ? "more" : "\(rawValue)" }
}

/// Why a program waited for its turn at a card.
public enum WaitReason: UInt8, ClosedVocabulary {
    /// Another program held a transaction on the card.
    case transaction
    /// Another program kept the card from being connected to.
    case connect
    /// The reader served another program's command, or the context another thread's call.
    case sharing
}

/// Why events were lost.
public enum DropReason: UInt8, ClosedVocabulary {
    /// The client's ring was full.
    case ringFull
    /// A client ended and nobody had read its ring.
    case clientLost
    /// A record was begun and never finished by its thread.
    case unfinished
    /// A record made no sense.
    case malformed
    /// A queue of ours was full.
    case queueFull
    /// The receiver of a forwarded event was not there.
    case receiverGone
    /// A program that may not be heard, or one too many.
    case refused
}

extension DeviceOperation {
    /// The PC/SC function that asks for it.
    package var functionName: String {
        switch self {
        case .connect: "SCardConnect"
        case .reconnect: "SCardReconnect"
        case .disconnect: "SCardDisconnect"
        case .beginTransaction: "SCardBeginTransaction"
        case .endTransaction: "SCardEndTransaction"
        case .control: "SCardControl"
        case .status: "SCardStatus"
        case .getAttribute: "SCardGetAttrib"
        case .setAttribute: "SCardSetAttrib"
        case .waitForChange: "SCardGetStatusChange"
        case .cancel: "SCardCancel"
        case .establishContext: "SCardEstablishContext"
        case .releaseContext: "SCardReleaseContext"
        case .listReaders: "SCardListReaders"
        // No function asks a modem.
        case .command: "AT"
        }
    }
}
