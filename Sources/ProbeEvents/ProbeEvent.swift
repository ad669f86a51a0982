/// Everything that a source can tell and a sink can hear; one case a kind, one payload struct a case.
///
/// A sink switches over it without `default`, so that a new case compiles only when every reader has decided.
///
/// `indirect`: a payload of up to 153 bytes lies in one place, however many queues hold the event, and a place in a queue
/// takes 8 bytes.
public indirect enum ProbeEvent: Sendable, Hashable {
    /// A command went to a card, and a response or an error came back.
    case apdu(APDUExchange)
    /// A program opened a session with the card in a reader.
    case sessionOpened(ReaderSessionOpened)
    /// A session ended, by its program or by the program's end.
    case sessionClosed(ReaderSessionClosed)
    /// A call on a reader other than SCardTransmit was made.
    case operation(ReaderOperation)
    /// A reader or a card came or went.
    case readerChanged(ReaderChange)
    /// The ATR of the card in a reader became known.
    case cardIdentified(CardIdentified)
    /// A client process with a tap in it made itself known.
    case clientAttached(ClientAttached)
    /// A client process with a tap in it ended.
    case clientEnded(ClientEnded)
    /// All that a client process wrote down until a moment has been told.
    case clientDrained(ClientDrained)
    /// Events were lost, and how many is known exactly.
    case eventsDropped(EventsDropped)
    /// A source cannot see what it should, or can again.
    case sourceState(SourceState)
    /// An AT command went to a modem, and its final result came or did not.
    case atCommand(ATCommandDone)
    /// A modem said something that nobody had asked for.
    case urc(URCSeen)
    /// A modem came, went, or changed whether it can be talked to.
    case modemChanged(ModemChange)
    /// What a modem and its card say they are became known.
    case modemIdentified(ModemIdentified)
    /// Whether a modem can use its card changed.
    case simChanged(SIMChange)
    /// How a modem is registered changed.
    case registrationChanged(RegistrationChange)
    /// A modem measured its signal.
    case signalMeasured(SignalMeasured)
    /// A BIP channel was opened.
    case bipOpened(BIPChannelOpened)
    /// Data went through a BIP channel.
    case bipData(BIPDataMoved)
    /// The link behind a BIP channel changed.
    case bipLinkChanged(BIPLinkChanged)
    /// The terminal told the card that data waits for it.
    case bipDataWaiting(BIPDataWaiting)
    /// A BIP channel ended.
    case bipClosed(BIPChannelClosed)
    /// A command of a BIP channel failed.
    case bipFailed(BIPCommandFailed)
    /// A message that starts a session over the air came to a card.
    case triggerSeen(TriggerSeen)
    /// A TLS connection through a tap did something.
    case tls(TLSEvent)
    /// A session over the air did something.
    case ota(OTAEvent)
    /// An eUICC was asked for something.
    case esim(ESIMEvent)
    /// A phone did something, or was asked for something.
    case phone(PhoneEvent)
    /// A test runner did something.
    case test(TestEvent)
    /// A tester's database was asked for something.
    case database(DatabaseEvent)

    /// When and by which source the event was seen.
    public var stamp: EventStamp {
        switch self {
        case .apdu(let event): event.stamp
        case .sessionOpened(let event): event.stamp
        case .sessionClosed(let event): event.stamp
        case .operation(let event): event.stamp
        case .readerChanged(let event): event.stamp
        case .cardIdentified(let event): event.stamp
        case .clientAttached(let event): event.stamp
        case .clientEnded(let event): event.stamp
        case .clientDrained(let event): event.stamp
        case .eventsDropped(let event): event.stamp
        case .sourceState(let event): event.stamp
        case .atCommand(let event): event.stamp
        case .urc(let event): event.stamp
        case .modemChanged(let event): event.stamp
        case .modemIdentified(let event): event.stamp
        case .simChanged(let event): event.stamp
        case .registrationChanged(let event): event.stamp
        case .signalMeasured(let event): event.stamp
        case .bipOpened(let event): event.stamp
        case .bipData(let event): event.stamp
        case .bipLinkChanged(let event): event.stamp
        case .bipDataWaiting(let event): event.stamp
        case .bipClosed(let event): event.stamp
        case .bipFailed(let event): event.stamp
        case .triggerSeen(let event): event.stamp
        case .tls(let event): event.stamp
        case .ota(let event): event.stamp
        case .esim(let event): event.stamp
        case .phone(let event): event.stamp
        case .test(let event): event.stamp
        case .database(let event): event.stamp
        }
    }
}

/// When an event was, how long it took, and which kind of source saw it.
public struct EventStamp: Sendable, Hashable, Codable {
    /// The kind of source that saw it.
    public var source: SourceKind
    /// Start on CLOCK_MONOTONIC, nanoseconds.
    public var startNanoseconds: UInt64
    /// How long it took, nanoseconds; 0 for what has no length.
    public var durationNanoseconds: UInt64
    /// Wall clock at the start, nanoseconds since 1970 in UTC; for display and export only.
    public var wallNanoseconds: UInt64

    /// A stamp from its parts.
    public init(source: SourceKind, startNanoseconds: UInt64, durationNanoseconds: UInt64 = 0, wallNanoseconds: UInt64)
    {
        self.source = source
        self.startNanoseconds = startNanoseconds
        self.durationNanoseconds = durationNanoseconds
        self.wallNanoseconds = wallNanoseconds
    }

    enum CodingKeys: String, CodingKey {
        case source
        case startNanoseconds = "start_nanoseconds"
        case durationNanoseconds = "duration_nanoseconds"
        case wallNanoseconds = "wall_nanoseconds"
    }
}
