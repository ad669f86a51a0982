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
        /// The session of the command that failed; nil for other faults.
        package var session: SessionKey?
    }

    /// What comes so soon after a fault belongs to it; then its file is written.
    static let aftermath = Duration.seconds(1)
    /// Files of the same fault on one device are so far apart at least, nanoseconds.
    fileprivate static let pauseNanoseconds: UInt64 = 10_000_000_000
    /// Files in that time, of whatever faults.
    fileprivate static let pauseLimit = 64

    fileprivate struct Request: Sendable {
        var number: UInt64
        var header: FlightHeader
        var event: ProbeEvent
    }

    /// What was heard, and what became of it; shared with the thread that writes.
    private final class Memory: Sendable {
        let state = Mutex(State())
        /// Those whose aftermath is not over; as many at most as there are files in ten seconds. Held also while one goes
        /// from here to the writer, so that the end finds each in one of both.
        let waiting = Mutex<[Request]>([])
    }

    fileprivate struct State {
        var rings = FlightRings()
        var custom = FlightCustom()
        /// When each fault that got a file lately did.
        var last: [Fault: UInt64] = [:]
        var requests: UInt64 = 0
        var untold: UInt64 = 0
    }

    private let traces: @Sendable (_ client: UInt64, _ session: UInt64) -> String?
    private let usual: @Sendable (APDUExchange) -> FlightHeader.Usual?
    private let count: @Sendable (FlightFileResult) -> Void
    private let now: @Sendable () -> UInt64
    private let memory = Memory()
    private let writer: BoundedQueue<Request>

    /// A recorder into a folder.
    ///
    /// - Parameters:
    ///   - bench: the bench as it is: versions and names; asked for each file.
    ///   - traces: the trace of an open session, in hex.
    ///   - usual: how such a command went before on that card, where more is known than what was told here.
    ///   - count: counts what becomes of each fault's file.
    ///   - now: CLOCK_MONOTONIC, nanoseconds; stamps are of whoever told them, and those of a report are made up.
    ///   - onWritten: is told of each file, or why it could not be written.
    package init(
        _ folder: FlightFolder, bench: @escaping @Sendable () -> [String: String],
        traces: @escaping @Sendable (_ client: UInt64, _ session: UInt64) -> String? = { _, _ in nil },
        usual: @escaping @Sendable (APDUExchange) -> FlightHeader.Usual? = { _ in nil },
        count: @escaping @Sendable (FlightFileResult) -> Void = { _ in },
        now: @escaping @Sendable () -> UInt64 = { EventClock.monotonicNow },
        onWritten: @escaping @Sendable (Result<Flight, FlightFolder.Failure>) -> Void = { _ in }
    ) {
        (self.traces, self.usual, self.count, self.now) = (traces, usual, count, now)
        writer = BoundedQueue(
            name: "flights", capacity: Self.pauseLimit,
            onDrop: { [memory] _ in
                memory.state.withLock { $0.untold += 1 }
                count(.suppressed)
            },
            take: { [memory] request in
                // Copied under the lock, and put into their order outside: a source must not wait for that.
                let excerpt = memory.state.withLock { $0.rings.around(request.event) }
                var header = request.header
                header.bench = bench()
                let outcome = folder.write(FlightFile(header: header, events: excerpt.events)).map { name in
                    Flight(
                        name: name, header: request.header, wallNanoseconds: request.event.stamp.wallNanoseconds,
                        session: request.session)
                }
                count((try? outcome.get()) == nil ? .failed : .written)
                onWritten(outcome)
            })
    }

    /// Takes one event.
    package func receive(_ event: ProbeEvent) {
        let (request, isSuppressed) = memory.state.withLock { state -> (Request?, Bool) in
            // Before it is noted, so that a card that went was still in use.
            let fault = Fault(event, openSessions: state.rings.openSessions)
            defer { state.note(event) }
            guard let fault, fault.kind != .loss else { return (nil, false) }
            guard state.isDue(fault, now()) else { return (nil, true) }
            state.requests += 1
            let header = state.header(of: fault, event)
            return (Request(number: state.requests, header: header, event: event), false)
        }
        if isSuppressed { count(.suppressed) }
        guard var request else { return }
        if case .apdu(let exchange) = event {
            request.header.traceID = traces(exchange.client.id, exchange.session)
            request.header.usual = usual(exchange) ?? request.header.usual
        }
        let (number, held) = (request.number, request)
        memory.waiting.withLock { $0.append(held) }
        Task { [memory, writer] in
            try? await Task.sleep(for: Self.aftermath)
            memory.waiting.withLock { waiting in
                guard let place = waiting.firstIndex(where: { $0.number == number }) else { return }
                writer.append(waiting.remove(at: place))
            }
        }
    }

    /// Writes what waits, aftermath or not; bounded in time.
    package func finish(within limit: Duration) {
        memory.waiting.withLock { waiting in
            waiting.forEach(writer.append)
            waiting = []
        }
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
            untold += 1
            return false
        }
        last[fault] = now
        return true
    }

    mutating func header(of fault: Fault, _ event: ProbeEvent) -> FlightHeader {
        defer { untold = 0 }
        let stamp = event.stamp
        var usual: FlightHeader.Usual?
        if case .apdu(let exchange) = event { usual = custom.usual(exchange) }
        return FlightHeader(
            kind: fault.kind, device: fault.device, message: fault.message,
            time: RFC3339.text(wallNanoseconds: stamp.endWallNanoseconds),
            nanoseconds: stamp.endNanoseconds, bench: [:], usual: usual, suppressed: untold)
    }
}

extension FlightRecorder.Request {
    var session: SessionKey? {
        if case .apdu(let exchange) = event { SessionKey(exchange.client, exchange.session) } else { nil }
    }
}
