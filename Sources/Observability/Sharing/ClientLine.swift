internal import ProbeEvents

/// The events of one client process, in order, as far as they cannot be told yet.
struct ClientLine {
    private struct Held {
        var event: ProbeEvent
        var isSettled: Bool
    }

    /// Ends of calls that are remembered for one context.
    private static let rememberedEnds = 64

    /// Where a session belongs.
    struct Place {
        var reader: String
        var context: UInt32?
    }

    /// All that the client wrote down until then is here; nil for a client whose events come as they happen.
    var drainedNanoseconds: UInt64?
    /// Its sessions that are open.
    var sessions: [UInt64: Place] = [:]
    private var held: [Held] = []
    private var firstNumber: UInt64 = 0
    private var endsByContext: [UInt32: [UInt64]] = [:]

    var isEmpty: Bool { held.isEmpty }

    /// Adds an event; its number in this line.
    mutating func append(_ event: ProbeEvent, isSettled: Bool) -> UInt64 {
        held.append(Held(event: event, isSettled: isSettled))
        return firstNumber + UInt64(held.count) - 1
    }

    /// Changes a held event, which can be told from then on.
    mutating func settle(_ number: UInt64, _ change: (inout ProbeEvent) -> Void) {
        guard number >= firstNumber, number - firstNumber < UInt64(held.count) else { return }
        let index = Int(number - firstNumber)
        change(&held[index].event)
        held[index].isSettled = true
    }

    /// Takes the events that can be told.
    mutating func takeSettled() -> [ProbeEvent] {
        let ready = held.prefix { $0.isSettled }
        guard !ready.isEmpty else { return [] }
        let events = ready.map(\.event)
        held.removeFirst(events.count)
        firstNumber += UInt64(events.count)
        return events
    }

    /// Notes the end of a call on a context.
    mutating func note(end: UInt64, on context: UInt32?) {
        guard let context, context != 0 else { return }
        var ends = endsByContext[context] ?? []
        if ends.count == Self.rememberedEnds { ends.removeFirst() }
        ends.append(end)
        endsByContext[context] = ends
        // A client has a context or two; one that makes ever new ones needs no memory of the old.
        if endsByContext.count > 64 { endsByContext = [context: ends] }
    }

    /// When the last other call on this context that ended before `end` had ended; 0 for none.
    func lastEnd(on context: UInt32?, before end: UInt64) -> UInt64 {
        guard let context, let ends = endsByContext[context] else { return 0 }
        return ends.reduce(0) { $1 < end ? max($0, $1) : $0 }
    }
}
