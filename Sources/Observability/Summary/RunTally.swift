internal import ProbeEvents
internal import PrometheusClient
internal import SmartCard

/// What a run's events add up to. It stays small whatever the traffic: every table has a bound and keeps exact sums.
struct RunTally: Sendable {
    /// Readers, clients and the like that are remembered one by one; the rest share one entry each.
    static let rememberedNames = 64
    /// Sessions whose opening is remembered; a session opened beyond is counted, and timed when it is closed.
    static let rememberedSessions = 4_096

    /// By the command name's index.
    var commands = [CommandTally](repeating: CommandTally(), count: CommandName.count)
    var statusWords: [UInt16: UInt64] = [:]
    var statusWordLabels: [StatusWordLabel: UInt64] = [:]
    /// By INS.
    var instructions = [UInt64](repeating: 0, count: 256)
    /// Commands of fewer than four bytes: they have no header, and redaction leaves none of their bytes.
    var commandsWithoutHeader: UInt64 = 0
    /// SCardTransmit calls that never reached a card; they are in `failedTransmits` and in nothing else.
    var unsentCommands: UInt64 = 0
    var errorTypes: [APDUErrorType: UInt64] = [:]
    var probingRefusals: [UInt16: UInt64] = [:]
    /// Failures that the tester means to see.
    var expected: [ExpectedFailure: UInt64] = [:]
    /// Of SCardTransmit, by PC/SC's return code.
    var failedTransmits = BoundedTable<UInt32, UInt64>(limit: RunTally.rememberedNames)
    /// Commands of which a log does not say what the card answered.
    var unansweredCommands: UInt64 = 0
    /// Responses of fewer than two bytes.
    var responsesWithoutStatusWord: UInt64 = 0
    var operations: [DeviceOperation: OperationTally] = [:]
    var readers = BoundedTable<String, ReaderTally>(limit: RunTally.rememberedNames)
    var sessions = SessionTally()
    var clients = BoundedTable<UInt64, ClientTally>(limit: RunTally.rememberedNames)
    var clientCounts = ClientCounts()
    var pins = BoundedTable<PINReference, PINTally>(limit: RunTally.rememberedNames)
    var bip = BIPTally()
    var packets = PacketTally()
    var esim = ESIMTally()
    var tests = TestTally()
    var dropped: [DropReason: UInt64] = [:]
    var sourceFaults: UInt64 = 0
    /// The last fault that is not over, by the kind of source.
    var openFaults: [SourceKind: String] = [:]

    mutating func apply(_ event: ProbeEvent) {
        switch event {
        case .apdu(let exchange):
            apply(exchange)
            tests.apply(exchange)
        case .sessionOpened(let opened): apply(opened)
        case .sessionClosed(let closed): apply(closed)
        case .operation(let operation): apply(operation)
        case .readerChanged(let change): apply(change)
        case .cardIdentified(let card):
            if !card.atr.bytes.isEmpty { learnATR(card.atr.bytes, of: card.reader) }
        case .clientAttached(let attached):
            apply(attached)
            tests.note(attached)
        case .clientEnded(let ended):
            apply(ended)
            tests.note(ended)
        case .clientDrained: break
        case .eventsDropped(let loss): dropped[loss.reason, default: 0].addSaturating(loss.count)
        case .sourceState(let state): apply(state)
        // The summary has no lines for modems.
        case .atCommand, .urc, .modemChanged, .modemIdentified, .simChanged, .registrationChanged, .signalMeasured:
            break
        case .bipOpened(let opened): bip.open(opened)
        case .bipData(let data): bip.move(data)
        case .bipClosed(let closed): bip.close(closed)
        case .bipFailed(let failed): apply(failed)
        case .triggerSeen: bip.triggers += 1
        case .bipLinkChanged, .bipDataWaiting: break
        case .esim(let event): esim.apply(event)
        case .test(let event): tests.apply(event)
        case .ota(let event): packets.apply(event)
        // Nor for what else the tester does beside the card.
        case .tls, .phone, .database: break
        }
    }
}

/// What is counted for one command name.
struct CommandTally: Sendable {
    /// The card's own time of each call.
    var times = LogLinearHistogram()
    /// Calls of which it is not known how long they took.
    var untimed: UInt64 = 0
    var errors: UInt64 = 0
    var probingRefusals: UInt64 = 0
    var expectedErrors: UInt64 = 0
    /// Calls of which some waiting may be counted as the card's time.
    var upperBounds: UInt64 = 0

    var calls: UInt64 { times.count + untimed }
}

/// A command that failed as the tester means it to, by name, and by its status word's label or how it failed without one.
struct ExpectedFailure: Sendable, Hashable {
    var command: CommandName
    var outcome: String
}

/// What is counted for one PC/SC call other than SCardTransmit.
struct OperationTally: Sendable {
    var calls: UInt64 = 0
    var failures = BoundedTable<UInt32, UInt64>(limit: RunTally.rememberedNames)
}

/// What is counted for one reader.
struct ReaderTally: Sendable {
    /// The card's ATR that was seen last.
    var atr: [UInt8] = []
    var commands: UInt64 = 0
    var sessions: UInt64 = 0
    /// Time of the sessions that are closed, nanoseconds.
    var sessionNanoseconds: UInt64 = 0
    var waitNanoseconds: UInt64 = 0
    /// Some of the waiting may have been counted as the card's time.
    var isWaitLowerBound = false
    /// Some of what was counted as waiting may have been something else.
    var isWaitUpperBound = false
}

/// What is counted of sessions over all readers.
struct SessionTally: Sendable {
    struct Key: Hashable {
        var client: UInt64
        var session: UInt64
    }

    struct Opening {
        var reader: String
        var startNanoseconds: UInt64
    }

    var opened: UInt64 = 0
    var closed: [SessionStatus: UInt64] = [:]
    var errors: [SessionErrorType: UInt64] = [:]
    /// Those that are open now.
    var open: [Key: Opening] = [:]
}

/// What is known of one client process.
struct ClientTally: Sendable {
    enum State { case running, ended, killed }

    var pid: Int32
    var program: String
    var library = ""
    var isWaitExact = true
    var commands: UInt64 = 0
    var state = State.running
    /// CLOCK_MONOTONIC; nil while it runs.
    var endedNanoseconds: UInt64?
    var sessionsLeftOpen: UInt64 = 0
}

/// Counts over all client processes, those without an entry of their own too.
struct ClientCounts: Sendable {
    var attached: UInt64 = 0
    var ended: UInt64 = 0
    var killed: UInt64 = 0
    var sessionsLeftOpen: UInt64 = 0
}

/// A PIN or key reference of a card in a reader, and the command that was used with it.
struct PINReference: Hashable, Sendable {
    var reader: String
    var command: CommandName
    /// P2.
    var reference: UInt8
}

/// What a card said to tries with a PIN.
struct PINTally: Sendable {
    var refused: UInt64 = 0
    /// What the card told last; nil when it did not tell, or accepted the PIN since.
    var triesLeft: Int?
    var isBlocked = false
    /// Whether the card accepted it after the last refusal.
    var isAcceptedSince = false
}
