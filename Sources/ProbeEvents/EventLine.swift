public import FoundationEssentials
internal import SmartCard

/// The line form of events (NDJSON): one JSON object a line, with `v`, `event` and the payload's members.
///
/// Member names are snake case and end in their unit where they have one.
public enum EventLine {
    /// The version that this program writes and reads.
    public static let version = 1

    /// The longest line that a reader accepts, bytes without line feed.
    ///
    /// The longest event is an extended command with an extended response, both in hex: 262,188 bytes and some names.
    public static let longestBytes = 1 << 19

    /// The event as one line, without line feed.
    public static func encode(_ event: ProbeEvent) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(VersionedEvent(event: event))
    }

    /// The event of one line; any bytes give an event or an error.
    public static func decode(_ line: Data) throws(EventLineError) -> ProbeEvent {
        guard line.count <= longestBytes else { throw .tooLong(bytes: line.count) }
        let decoder = JSONDecoder()
        do {
            return try decoder.decode(VersionedEvent.self, from: line).event
        } catch let error as EventLineError {
            throw error
        } catch let error as DecodingError {
            // What the line says is quoted, and may hold line feeds, and what a terminal obeys.
            throw .malformed(Self.explain(error).asOneLine)
        } catch {
            throw .malformed("not JSON")
        }
    }

    private static func explain(_ error: DecodingError) -> String {
        func path(_ keys: [any CodingKey]) -> String { keys.map(\.stringValue).joined(separator: ".") }
        switch error {
        case .keyNotFound(let key, let context): return "member '\(path(context.codingPath + [key]))' is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            return context.codingPath.isEmpty
                ? "not a JSON object" : "member '\(path(context.codingPath))' has the wrong type"
        case .dataCorrupted(let context):
            // JSONDecoder says the same of both, and not where.
            return context.codingPath.isEmpty
                ? "not JSON, or a number in it is out of range"
                : "member '\(path(context.codingPath))': \(context.debugDescription)"
        @unknown default: return "not an event"
        }
    }
}

extension String {
    /// The text with a blank for each control character.
    package var asOneLine: String {
        String(String.UnicodeScalarView(unicodeScalars.map { $0.properties.generalCategory.isControl ? " " : $0 }))
    }
}

extension Unicode.GeneralCategory {
    fileprivate var isControl: Bool {
        switch self {
        case .control, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}

/// Why a line is no event.
public enum EventLineError: ExplainedError, Hashable {
    /// Longer than ``EventLine/longestBytes``.
    case tooLong(bytes: Int)
    /// Written by a version that this program does not read.
    case version(Int)
    /// Not JSON, or a member is missing or wrong.
    case malformed(String)

    /// One line: what is wrong and what is allowed.
    public var explanation: String {
        switch self {
        case .tooLong(let bytes): "line of \(bytes) bytes; at most \(EventLine.longestBytes) are read"
        case .version(let version): "event version \(version); this program reads version \(EventLine.version)"
        case .malformed(let what): what
        }
    }
}

/// The kinds of event by the name that a line has for them.
enum EventKind: String, Codable, CaseIterable {
    case apdu
    case sessionOpened = "session_opened"
    case sessionClosed = "session_closed"
    case operation
    case readerChanged = "reader_changed"
    case cardIdentified = "card_identified"
    case clientAttached = "client_attached"
    case clientEnded = "client_ended"
    case clientDrained = "client_drained"
    case eventsDropped = "events_dropped"
    case sourceState = "source_state"
    case atCommand = "at_command"
    case urc
    case modemChanged = "modem_changed"
    case modemIdentified = "modem_identified"
    case simChanged = "sim_changed"
    case registrationChanged = "registration_changed"
    case signalMeasured = "signal_measured"
    case bipOpened = "bip_opened"
    case bipData = "bip_data"
    case bipLinkChanged = "bip_link_changed"
    case bipDataWaiting = "bip_data_waiting"
    case bipClosed = "bip_closed"
    case bipFailed = "bip_failed"
    case triggerSeen = "trigger_seen"
    case tlsOpened = "tls_opened"
    case tlsHandshake = "tls_handshake"
    case tlsClosed = "tls_closed"
    case otaBegan = "ota_began"
    case otaTurn = "ota_turn"
    case otaPacket = "ota_packet"
    case otaLeg = "ota_leg"
    case otaEnded = "ota_ended"
    case esimFunction = "esim_function"
    case esimDownload = "esim_download"
    case phoneChanged = "phone_changed"
    case phoneIdentified = "phone_identified"
    case adbOperation = "adb_operation"
    case suiteBegan = "suite_began"
    case suiteEnded = "suite_ended"
    case testBegan = "test_began"
    case testEnded = "test_ended"
    case databaseOperation = "database_operation"
    case databasePool = "database_pool"
}

/// An event with what tells its form.
struct VersionedEvent: Codable {
    var event: ProbeEvent

    enum CodingKeys: String, CodingKey {
        case v, event
    }

    init(event: ProbeEvent) { self.event = event }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let version = try container.decode(Int.self, forKey: .v)
        guard version == EventLine.version else { throw EventLineError.version(version) }
        let name = try container.decode(String.self, forKey: .event)
        guard let kind = EventKind(rawValue: name) else {
            let known = EventKind.allCases.map(\.rawValue).joined(separator: ", ")
            throw DecodingError.dataCorruptedError(
                forKey: .event, in: container, debugDescription: "'\(name.prefix(64))' is none of: \(known)")
        }
        switch kind {
        case .apdu: event = .apdu(try APDUExchange(from: decoder))
        case .sessionOpened: event = .sessionOpened(try ReaderSessionOpened(from: decoder))
        case .sessionClosed: event = .sessionClosed(try ReaderSessionClosed(from: decoder))
        case .operation: event = .operation(try ReaderOperation(from: decoder))
        case .readerChanged: event = .readerChanged(try ReaderChange(from: decoder))
        case .cardIdentified: event = .cardIdentified(try CardIdentified(from: decoder))
        case .clientAttached: event = .clientAttached(try ClientAttached(from: decoder))
        case .clientEnded: event = .clientEnded(try ClientEnded(from: decoder))
        case .clientDrained: event = .clientDrained(try ClientDrained(from: decoder))
        case .eventsDropped: event = .eventsDropped(try EventsDropped(from: decoder))
        case .sourceState: event = .sourceState(try SourceState(from: decoder))
        case .atCommand: event = .atCommand(try ATCommandDone(from: decoder))
        case .urc: event = .urc(try URCSeen(from: decoder))
        case .modemChanged: event = .modemChanged(try ModemChange(from: decoder))
        case .modemIdentified: event = .modemIdentified(try ModemIdentified(from: decoder))
        case .simChanged: event = .simChanged(try SIMChange(from: decoder))
        case .registrationChanged: event = .registrationChanged(try RegistrationChange(from: decoder))
        case .signalMeasured: event = .signalMeasured(try SignalMeasured(from: decoder))
        case .bipOpened: event = .bipOpened(try BIPChannelOpened(from: decoder))
        case .bipData: event = .bipData(try BIPDataMoved(from: decoder))
        case .bipLinkChanged: event = .bipLinkChanged(try BIPLinkChanged(from: decoder))
        case .bipDataWaiting: event = .bipDataWaiting(try BIPDataWaiting(from: decoder))
        case .bipClosed: event = .bipClosed(try BIPChannelClosed(from: decoder))
        case .bipFailed: event = .bipFailed(try BIPCommandFailed(from: decoder))
        case .triggerSeen: event = .triggerSeen(try TriggerSeen(from: decoder))
        case .tlsOpened: event = .tls(.opened(try TLSConnectionOpened(from: decoder)))
        case .tlsHandshake: event = .tls(.handshake(try TLSHandshakeDone(from: decoder)))
        case .tlsClosed: event = .tls(.closed(try TLSConnectionClosed(from: decoder)))
        case .otaBegan: event = .ota(.began(try OTASessionBegan(from: decoder)))
        case .otaTurn: event = .ota(.turn(try OTATurnDone(from: decoder)))
        case .otaPacket: event = .ota(.packet(try OTAPacketDone(from: decoder)))
        case .otaLeg: event = .ota(.leg(try OTALegDone(from: decoder)))
        case .otaEnded: event = .ota(.ended(try OTASessionEnded(from: decoder)))
        case .esimFunction: event = .esim(.function(try ESIMFunctionDone(from: decoder)))
        case .esimDownload: event = .esim(.download(try ESIMDownloadDone(from: decoder)))
        case .phoneChanged: event = .phone(.changed(try PhoneChange(from: decoder)))
        case .phoneIdentified: event = .phone(.identified(try PhoneIdentified(from: decoder)))
        case .adbOperation: event = .phone(.operation(try ADBOperationDone(from: decoder)))
        case .suiteBegan: event = .test(.suiteBegan(try TestSuiteBegan(from: decoder)))
        case .suiteEnded: event = .test(.suiteEnded(try TestSuiteEnded(from: decoder)))
        case .testBegan: event = .test(.began(try TestBegan(from: decoder)))
        case .testEnded: event = .test(.ended(try TestEnded(from: decoder)))
        case .databaseOperation: event = .database(.operation(try DatabaseOperationDone(from: decoder)))
        case .databasePool: event = .database(.pool(try DatabasePoolChanged(from: decoder)))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(EventLine.version, forKey: .v)
        let (kind, payload): (EventKind, any Encodable) =
            switch event {
            case .apdu(let payload): (.apdu, payload)
            case .sessionOpened(let payload): (.sessionOpened, payload)
            case .sessionClosed(let payload): (.sessionClosed, payload)
            case .operation(let payload): (.operation, payload)
            case .readerChanged(let payload): (.readerChanged, payload)
            case .cardIdentified(let payload): (.cardIdentified, payload)
            case .clientAttached(let payload): (.clientAttached, payload)
            case .clientEnded(let payload): (.clientEnded, payload)
            case .clientDrained(let payload): (.clientDrained, payload)
            case .eventsDropped(let payload): (.eventsDropped, payload)
            case .sourceState(let payload): (.sourceState, payload)
            case .atCommand(let payload): (.atCommand, payload)
            case .urc(let payload): (.urc, payload)
            case .modemChanged(let payload): (.modemChanged, payload)
            case .modemIdentified(let payload): (.modemIdentified, payload)
            case .simChanged(let payload): (.simChanged, payload)
            case .registrationChanged(let payload): (.registrationChanged, payload)
            case .signalMeasured(let payload): (.signalMeasured, payload)
            case .bipOpened(let payload): (.bipOpened, payload)
            case .bipData(let payload): (.bipData, payload)
            case .bipLinkChanged(let payload): (.bipLinkChanged, payload)
            case .bipDataWaiting(let payload): (.bipDataWaiting, payload)
            case .bipClosed(let payload): (.bipClosed, payload)
            case .bipFailed(let payload): (.bipFailed, payload)
            case .triggerSeen(let payload): (.triggerSeen, payload)
            case .tls(.opened(let payload)): (.tlsOpened, payload)
            case .tls(.handshake(let payload)): (.tlsHandshake, payload)
            case .tls(.closed(let payload)): (.tlsClosed, payload)
            case .ota(.began(let payload)): (.otaBegan, payload)
            case .ota(.turn(let payload)): (.otaTurn, payload)
            case .ota(.packet(let payload)): (.otaPacket, payload)
            case .ota(.leg(let payload)): (.otaLeg, payload)
            case .ota(.ended(let payload)): (.otaEnded, payload)
            case .esim(.function(let payload)): (.esimFunction, payload)
            case .esim(.download(let payload)): (.esimDownload, payload)
            case .phone(.changed(let payload)): (.phoneChanged, payload)
            case .phone(.identified(let payload)): (.phoneIdentified, payload)
            case .phone(.operation(let payload)): (.adbOperation, payload)
            case .test(.suiteBegan(let payload)): (.suiteBegan, payload)
            case .test(.suiteEnded(let payload)): (.suiteEnded, payload)
            case .test(.began(let payload)): (.testBegan, payload)
            case .test(.ended(let payload)): (.testEnded, payload)
            case .database(.operation(let payload)): (.databaseOperation, payload)
            case .database(.pool(let payload)): (.databasePool, payload)
            }
        try container.encode(kind, forKey: .event)
        try payload.encode(to: encoder)
    }
}

extension APDUExchange: Codable {
    private enum CodingKeys: String, CodingKey {
        case stamp, client, thread, session, reader, interface, name, command, response
        case sessionProtocol = "session_protocol"
        case isCut = "is_cut"
        case resultCode = "result_code"
        case waitNanoseconds = "wait_nanoseconds"
        case isWaitExact = "is_wait_exact"
        case sharingNanoseconds = "sharing_nanoseconds"
        case isSharingExact = "is_sharing_exact"
        case isExpected = "is_expected"
        case isTimed = "is_timed"
    }

    /// Reads an exchange; a command name that the table does not have becomes `OTHER`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let name = try container.decode(String.self, forKey: .name)
        self.init(
            stamp: try container.decode(EventStamp.self, forKey: .stamp),
            client: try container.decode(ClientProcess.self, forKey: .client),
            thread: try container.decode(UInt32.self, forKey: .thread),
            session: try container.decode(UInt64.self, forKey: .session),
            reader: try container.decode(String.self, forKey: .reader),
            interface: try container.decode(APDUInterface.self, forKey: .interface),
            sessionProtocol: try container.decode(SessionProtocol.self, forKey: .sessionProtocol),
            name: CommandName(named: name) ?? .other,
            command: try container.decode(HexBytes.self, forKey: .command),
            response: try container.decode(HexBytes.self, forKey: .response),
            isCut: try container.decode(Bool.self, forKey: .isCut),
            resultCode: try container.decode(UInt32.self, forKey: .resultCode),
            waitNanoseconds: try container.decode(UInt64.self, forKey: .waitNanoseconds),
            isWaitExact: try container.decode(Bool.self, forKey: .isWaitExact),
            sharingNanoseconds: try container.decodeIfPresent(UInt64.self, forKey: .sharingNanoseconds) ?? 0,
            isSharingExact: try container.decodeIfPresent(Bool.self, forKey: .isSharingExact) ?? true,
            isExpected: try container.decodeIfPresent(Bool.self, forKey: .isExpected) ?? false,
            isTimed: try container.decodeIfPresent(Bool.self, forKey: .isTimed) ?? true)
    }

    /// Writes an exchange.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(stamp, forKey: .stamp)
        try container.encode(client, forKey: .client)
        try container.encode(thread, forKey: .thread)
        try container.encode(session, forKey: .session)
        try container.encode(reader, forKey: .reader)
        try container.encode(interface, forKey: .interface)
        try container.encode(sessionProtocol, forKey: .sessionProtocol)
        try container.encode(name.name, forKey: .name)
        try container.encode(command, forKey: .command)
        try container.encode(response, forKey: .response)
        try container.encode(isCut, forKey: .isCut)
        try container.encode(resultCode, forKey: .resultCode)
        try container.encode(waitNanoseconds, forKey: .waitNanoseconds)
        try container.encode(isWaitExact, forKey: .isWaitExact)
        try container.encode(sharingNanoseconds, forKey: .sharingNanoseconds)
        try container.encode(isSharingExact, forKey: .isSharingExact)
        if isExpected { try container.encode(true, forKey: .isExpected) }
        if !isTimed { try container.encode(false, forKey: .isTimed) }
    }
}
