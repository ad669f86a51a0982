internal import FoundationEssentials
internal import ProbeEvents

/// What one connection of the event socket has said so far, and what follows from it; knows no socket.
struct EventConnection {
    /// What is to be done for what was read.
    struct Actions: Equatable {
        /// Events for the sink, in order.
        var told: [ProbeEvent] = []
        /// What is wrong with which line, for who wants to know.
        var faults: [LineFault] = []
        /// Whether the sender wants to know how far we are.
        var wantsReceipt = false
        /// Suites whose failed tests the sender asks for.
        var questions: [TestSuiteRun] = []
    }

    /// How far the connection has been read.
    private(set) var receipt = Receipt()
    private var splitter = LineSplitter(longestBytes: EventLine.longestBytes)
    private var open = OpenWork()
    private var lineNumber: UInt64 = 0
    private var saidHello = false
    private var tellsFaults: Bool
    private let isRecording: Bool
    /// That of the last event.
    private var last: EventStamp?

    /// A connection that has said nothing; it hears what is wrong with its lines when this says so, or its hello.
    ///
    /// - Parameter isRecording: whether a probe's own sight is taken too, since it is told again.
    init(tellsFaults: Bool = false, isRecording: Bool = false) {
        (self.tellsFaults, self.isRecording) = (tellsFaults, isRecording)
    }

    /// Counts lines from 1 again.
    mutating func beginFile() { lineNumber = 0 }

    /// Takes bytes, cut anywhere.
    mutating func received(_ bytes: some Collection<UInt8>, clock: EventClock) -> Actions {
        take(splitter.received(bytes), clock: clock)
    }

    /// The sender has ended: its last line, and the ends of all that it left open.
    mutating func ended(clock: EventClock) -> Actions {
        var last = lastLine(clock: clock)
        last.told += abandoned(clock: clock)
        return last
    }

    /// A last line that has no line feed.
    mutating func lastLine(clock: EventClock) -> Actions {
        take(splitter.ended().map { [$0] } ?? [], clock: clock)
    }

    /// We end before the sender: the ends of all that it has open. Half a line is none, and not counted as read.
    mutating func abandoned(clock: EventClock) -> [ProbeEvent] {
        open.abandon(clock: clock)
    }

    private mutating func take(_ pieces: [LineSplitter.Piece], clock: EventClock) -> Actions {
        let before = receipt
        var actions = Actions()
        for piece in pieces { take(piece, into: &actions, clock: clock) }
        let skipped = receipt.skipped - before.skipped
        if skipped > 0 {
            var stamp = EventStamp(source: .testerSocket, startNanoseconds: clock.monotonicNanoseconds, clock: clock)
            // A recording's times are not ours.
            if isRecording, let last {
                (stamp.startNanoseconds, stamp.wallNanoseconds) = (last.endNanoseconds, last.endWallNanoseconds)
            }
            actions.told.append(.eventsDropped(EventsDropped(stamp: stamp, reason: .malformed, count: skipped)))
        }
        actions.wantsReceipt = saidHello && receipt != before
        return actions
    }

    private mutating func take(_ piece: LineSplitter.Piece, into actions: inout Actions, clock: EventClock) {
        lineNumber += 1
        do throws(Refusal) {
            guard let line = try Self.words(of: piece) else { return }
            actions.told += try event(of: line, clock: clock)
            receipt.received += 1
        } catch {
            if hears(piece, &actions) { return }
            receipt.skipped += 1
            guard tellsFaults else { return }
            actions.faults.append(LineFault(line: lineNumber, error: error.explanation))
        }
    }

    /// The bytes of a line; nil for a blank one.
    private static func words(of piece: LineSplitter.Piece) throws(Refusal) -> [UInt8]? {
        guard case .line(let line) = piece else { throw .tooLong }
        return line.isEmpty || line == [0x0D] ? nil : line
    }

    /// What is to be told for a line.
    private mutating func event(of line: [UInt8], clock: EventClock) throws(Refusal) -> [ProbeEvent] {
        let event: ProbeEvent
        do throws(EventLineError) { event = try EventLine.decode(Data(line)) } catch { throw .noEvent(error) }
        guard isRecording || event.isToldOutside else { throw .ownSight }
        guard event.isWithinBounds else { throw .outOfBounds }
        last = event.stamp
        guard let told = open.admit(event, clock: clock) else {
            // A recording that goes on in another file tells there once more what is open.
            if isRecording, event.isOpening { return [] }
            throw .contradiction
        }
        return told
    }

    /// Whether it is a hello in its place, or a question, which are heeded.
    private mutating func hears(_ piece: LineSplitter.Piece, _ actions: inout Actions) -> Bool {
        guard case .line(let line) = piece else { return false }
        switch try? SocketLine(line) {
        case .hello(_, _, let wantsErrors) where lineNumber == 1:
            (saidHello, tellsFaults) = (true, tellsFaults || wantsErrors)
        case .question(let suite): actions.questions.append(suite)
        default: return false
        }
        return true
    }
}

extension ProbeEvent {
    /// Whether something begins with it that another event ends.
    fileprivate var isOpening: Bool {
        switch self {
        case .clientAttached, .sessionOpened, .bipOpened, .tls(.opened), .ota(.began), .test(.suiteBegan),
            .test(.began):
            true
        default: false
        }
    }
}

/// Why a line is not told as an event.
private enum Refusal: Error {
    case tooLong
    case noEvent(EventLineError)
    case ownSight
    case outOfBounds
    case contradiction

    var explanation: String {
        switch self {
        case .tooLong: "a line of more than \(EventLine.longestBytes) bytes"
        case .noEvent(let error): error.explanation
        case .ownSight: "not taken from outside: each probe watches readers and modems for itself"
        case .outOfBounds: "a name, time or count is larger than can be true, or an identity is no hash"
        case .contradiction:
            "contradicts the lines before it: what ends or goes on must have begun here, and begins once; or too much "
                + "is open at once"
        }
    }
}
