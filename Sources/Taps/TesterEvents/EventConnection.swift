internal import FoundationEssentials
internal import ProbeEvents

/// What one connection of the event socket has said so far, and what follows from it; knows no socket.
struct EventConnection {
    /// What is to be done for what was read.
    struct Actions: Equatable {
        /// Events for the sink, in order.
        var told: [ProbeEvent] = []
        /// Whether the sender wants to know how far we are.
        var wantsReceipt = false
    }

    /// How far the connection has been read.
    private(set) var receipt = Receipt()
    private var splitter = LineSplitter(longestBytes: EventLine.longestBytes)
    private var open = OpenWork()
    private var isFirstLine = true
    private var saidHello = false

    /// Takes bytes, cut anywhere.
    mutating func received(_ bytes: some Collection<UInt8>, clock: EventClock) -> Actions {
        take(splitter.received(bytes), clock: clock)
    }

    /// The sender has ended: its last line, and the ends of all that it left open.
    mutating func ended(clock: EventClock) -> [ProbeEvent] {
        let last = take(splitter.ended().map { [$0] } ?? [], clock: clock).told
        return last + abandoned(clock: clock)
    }

    /// We end before the sender: the ends of all that it has open. Half a line is none, and not counted as read.
    mutating func abandoned(clock: EventClock) -> [ProbeEvent] {
        open.abandon(clock: clock)
    }

    private mutating func take(_ pieces: [LineSplitter.Piece], clock: EventClock) -> Actions {
        let before = receipt
        var actions = Actions()
        for piece in pieces { actions.told += take(piece, clock: clock) }
        let skipped = receipt.skipped - before.skipped
        if skipped > 0 {
            let stamp = EventStamp(source: .testerSocket, startNanoseconds: clock.monotonicNanoseconds, clock: clock)
            actions.told.append(.eventsDropped(EventsDropped(stamp: stamp, reason: .malformed, count: skipped)))
        }
        actions.wantsReceipt = saidHello && receipt != before
        return actions
    }

    private mutating func take(_ piece: LineSplitter.Piece, clock: EventClock) -> [ProbeEvent] {
        defer { isFirstLine = false }
        guard case .line(let line) = piece else {
            receipt.skipped += 1
            return []
        }
        guard !line.isEmpty, line != [0x0D] else { return [] }
        if let event = try? EventLine.decode(Data(line)), event.isToldOutside, event.isWithinBounds,
            let told = open.admit(event, clock: clock)
        {
            receipt.received += 1
            return told
        }
        if isFirstLine, case .hello? = try? SocketLine(line) {
            saidHello = true
        } else {
            receipt.skipped += 1
        }
        return []
    }
}
