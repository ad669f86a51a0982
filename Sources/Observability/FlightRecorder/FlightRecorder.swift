package import ProbeEvents
internal import SmartCard
internal import Synchronization

/// Keeps the last events of each device and session in memory, and writes a file of those around a fault.
///
/// It reads an ``EventRing``, and writes on a thread of its own: whoever tells an event waits for neither.
package final class FlightRecorder: EventSink {
    /// A file that was written.
    package struct Flight: Sendable, Hashable {
        /// Its name in the folder.
        package var name: String
        package var header: FlightHeader
        /// When the event began that tells of the fault, nanoseconds since 1970 in UTC.
        package var wallNanoseconds: UInt64
    }

    /// How many were written, were one too many, could not be written.
    package struct Counts: Sendable, Hashable {
        package var written: UInt64 = 0
        package var suppressed: UInt64 = 0
        package var failed: UInt64 = 0
    }

    /// What comes so soon after a fault belongs to it; then its file is written.
    static let aftermath = Duration.seconds(1)
    /// Files of the same fault on one device are so far apart at least, nanoseconds.
    fileprivate static let pauseNanoseconds: UInt64 = 10_000_000_000
    /// Files in that time, of whatever faults.
    fileprivate static let pauseLimit = 64
    /// Flights that are shown.
    fileprivate static let shownFlights = 10

    fileprivate struct Request: Sendable {
        var number: UInt64
        var header: FlightHeader
        var event: ProbeEvent
    }

    /// What was heard, and what became of it; shared with the thread that writes.
    private final class Memory: Sendable {
        let state = Mutex(State())
    }

    fileprivate struct State {
        var rings = FlightRings()
        var custom = FlightCustom()
        /// When each fault that got a file lately did.
        var last: [Fault: UInt64] = [:]
        /// Those whose aftermath is not over; as many at most as there are files in ten seconds.
        var waiting: [Request] = []
        var requests: UInt64 = 0
        var untold: UInt64 = 0
        var counts = Counts()
        var latest: [Flight] = []
    }

    private let bench: [String: String]
    private let traces: @Sendable (_ client: UInt64, _ session: UInt64) -> String?
    private let memory = Memory()
    private let writer: BoundedQueue<Request>

    /// A recorder into a folder.
    ///
    /// - Parameters:
    ///   - bench: the bench as it is: versions and names.
    ///   - traces: the trace of an open session, in hex.
    ///   - onWritten: is told of each file, or why it could not be written.
    package init(
        _ folder: FlightFolder, bench: [String: String],
        traces: @escaping @Sendable (_ client: UInt64, _ session: UInt64) -> String? = { _, _ in nil },
        onWritten: @escaping @Sendable (Result<Flight, FlightFolder.Failure>) -> Void = { _ in }
    ) {
        (self.bench, self.traces) = (bench, traces)
        writer = BoundedQueue(
            name: "flights", capacity: Self.pauseLimit,
            onDrop: { [memory] _ in memory.state.withLock { $0.suppress() } },
            take: { [memory] request in
                let events = memory.state.withLock { $0.rings.around(request.event) }
                let outcome = folder.write(FlightFile(header: request.header, events: events)).map { name in
                    Flight(
                        name: name, header: request.header, wallNanoseconds: request.event.stamp.wallNanoseconds)
                }
                memory.state.withLock { $0.note(outcome) }
                onWritten(outcome)
            })
    }

    /// Takes one event.
    package func receive(_ event: ProbeEvent) {
        let request = memory.state.withLock { state -> Request? in
            // Before it is noted, so that a card that went was still in use.
            let fault = Fault(event, openSessions: state.rings.openSessions)
            defer { state.note(event) }
            guard let fault, fault.kind != .loss, state.isDue(fault, event.stamp.endNanoseconds) else { return nil }
            state.requests += 1
            return Request(
                number: state.requests, header: state.header(of: fault, event, bench: bench), event: event)
        }
        guard var request else { return }
        if case .apdu(let exchange) = event {
            request.header.traceID = traces(exchange.client.id, exchange.session)
        }
        let (number, held) = (request.number, request)
        memory.state.withLock { $0.waiting.append(held) }
        Task { [memory, writer] in
            try? await Task.sleep(for: Self.aftermath)
            let isWaiting = memory.state.withLock { state in
                let place = state.waiting.firstIndex { $0.number == number }
                if let place { state.waiting.remove(at: place) }
                return place != nil
            }
            if isWaiting { writer.append(held) }
        }
    }

    /// The files that were written last, the newest first.
    package var latest: [Flight] { memory.state.withLock { $0.latest.reversed() } }

    /// What became of the faults so far.
    package var counts: Counts { memory.state.withLock { $0.counts } }

    /// Writes what waits, aftermath or not; bounded in time.
    package func finish(within limit: Duration) {
        let waiting = memory.state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
        waiting.forEach(writer.append)
        writer.finish(within: limit)
    }
}

extension FlightRecorder.State {
    mutating func note(_ event: ProbeEvent) {
        rings.note(event)
        switch event {
        case .apdu(let exchange): custom.note(exchange)
        case .readerChanged(let change): custom.forget(change.reader)
        default: break
        }
    }

    /// Whether a fault gets a file: not when the same has just got one, nor when many others have.
    mutating func isDue(_ fault: Fault, _ now: UInt64) -> Bool {
        last = last.filter { now < $0.value &+ FlightRecorder.pauseNanoseconds }
        guard last[fault] == nil, last.count < FlightRecorder.pauseLimit else {
            suppress()
            return false
        }
        last[fault] = now
        return true
    }

    mutating func suppress() {
        untold += 1
        counts.suppressed += 1
    }

    mutating func header(of fault: Fault, _ event: ProbeEvent, bench: [String: String]) -> FlightHeader {
        defer { untold = 0 }
        let stamp = event.stamp
        var usual: FlightHeader.Usual?
        if case .apdu(let exchange) = event { usual = custom.usual(exchange) }
        return FlightHeader(
            kind: fault.kind, device: fault.device, message: fault.message,
            time: RFC3339.text(wallNanoseconds: stamp.wallNanoseconds &+ stamp.durationNanoseconds),
            nanoseconds: stamp.endNanoseconds, bench: bench, usual: usual, suppressed: untold)
    }

    mutating func note(_ outcome: Result<FlightRecorder.Flight, FlightFolder.Failure>) {
        guard case .success(let flight) = outcome else {
            counts.failed += 1
            return
        }
        counts.written += 1
        latest.append(flight)
        if latest.count > FlightRecorder.shownFlights { latest.removeFirst() }
    }
}
