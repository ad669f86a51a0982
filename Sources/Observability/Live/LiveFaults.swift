internal import ProbeEvents

/// What went wrong last; the same again is counted, and told once, at its latest time.
struct LiveFaults: Sendable {
    private static let limit = 50

    private struct Seen {
        var fault: Fault
        var wallNanoseconds: UInt64
        var traceID: String?
        var flight: String?

        func distance(to flight: FlightRecorder.Flight) -> UInt64 {
            let other = flight.wallNanoseconds
            return max(wallNanoseconds, other) - min(wallNanoseconds, other)
        }

        func isSame(as other: Seen) -> Bool {
            (fault.kind, fault.device, fault.message) == (other.fault.kind, other.fault.device, other.fault.message)
        }
    }

    /// The latest last.
    private var all: [Seen] = []

    var latestFirst: [BenchStatus.Fault] {
        all.reversed().map {
            BenchStatus.Fault(
                time: RFC3339.text(wallNanoseconds: $0.wallNanoseconds), kind: $0.fault.kind.rawValue,
                device: $0.fault.device, message: $0.fault.message, count: $0.fault.count, traceId: $0.traceID,
                flight: $0.flight)
        }
    }

    /// Notes which file was written of a fault: of those of its kind there the nearest in time, since the page has words of
    /// its own for it.
    mutating func note(_ flight: FlightRecorder.Flight) {
        let alike = all.indices.filter {
            (all[$0].fault.kind, all[$0].fault.device) == (flight.header.kind, flight.header.device)
        }
        let nearest = alike.min { all[$0].distance(to: flight) < all[$1].distance(to: flight) }
        if let nearest { all[nearest].flight = flight.name }
    }

    /// Notes an event that tells of a fault, after the others have; `last` is the exchange that came last.
    mutating func note(_ event: ProbeEvent, sessions: LiveSessions, last: LiveEntry?) {
        guard var fault = Fault(event, openSessions: { sessions.count(on: $0) }) else { return }
        var traceID: String?
        if case .apdu = event, let last {
            // The page knows more of it: which file, which application.
            (fault.message, traceID) = ("\(last.words): \(last.meaning)", last.traceID)
        }
        add(fault, event.stamp.wallNanoseconds, traceID: traceID)
    }

    private mutating func add(_ fault: Fault, _ wallNanoseconds: UInt64, traceID: String?) {
        var seen = Seen(fault: fault, wallNanoseconds: wallNanoseconds, traceID: traceID)
        // Faults alternate: what is told again mostly stands near the end.
        if let place = all.lastIndex(where: { $0.isSame(as: seen) }) {
            let before = all.remove(at: place)
            seen.fault.count.addSaturating(before.fault.count)
            seen.flight = before.flight
        } else if all.count >= Self.limit {
            all.removeFirst()
        }
        all.append(seen)
    }
}
